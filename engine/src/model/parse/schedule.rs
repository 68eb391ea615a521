//! Reads `scheduling`.

use jiff::tz::TimeZone;

use serde_json::Value;

use super::reader::{Faults, Node};
use crate::model::{Missed, Overlap, Schedule, Slots};

impl Schedule {
    /// The schedule of a definition that was checked as a whole before; `None` if it has none.
    pub fn of_definition(definition: &Value) -> Option<Self> {
        let faults = Faults::default();
        let node = Node {
            path: "scheduling".to_owned(),
            value: definition.get("scheduling")?,
            faults: &faults,
        };
        schedule(&node).filter(|_| faults.into_vec().is_empty())
    }
}

/// `scheduling`. No days or hours mean every one, no minutes mean minute 0.
pub(super) fn schedule(node: &Node<'_>) -> Option<Schedule> {
    let mut object = node.object()?;
    let schedule = Schedule {
        days: object.read_or("days", Slots::ALL, slots),
        hours: object.read_or("hours", Slots::ALL, slots),
        minutes: object.read("minutes", slots).or_else(|| Slots::new([0]))?,
        timezone: object.read_or("timezone", TimeZone::UTC, timezone),
        overlap: object.read_or("overlap", Overlap::default(), Node::choice),
        missed: object.read_or("missed", Missed::default(), Node::choice),
        enabled: object.read_or("enabled", true, Node::boolean),
    };
    object.finish();
    Some(schedule)
}

/// The numbers of a list; `None` for an empty one, which is as absent.
fn slots<const MAX: u8>(node: &Node<'_>) -> Option<Slots<MAX>> {
    Slots::new(node.list(|node| node.whole(0..=u64::from(MAX)).map(|number| number as u8)))
}

fn timezone(node: &Node<'_>) -> Option<TimeZone> {
    let name = node.some_text()?;
    match TimeZone::get(name) {
        Ok(zone) if zone.iana_name().is_some() => Some(zone),
        _ => node.fault(format!(
            "must be a time zone of the IANA database like `Europe/Paris`, found `{name}`"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse};
    use crate::model::{Missed, Overlap};

    #[test]
    fn each_fault_has_its_place() {
        let check = |schedule: serde_json::Value, expected: &[&str]| check_field("scheduling", schedule, expected);
        check(json!({}), &[]);
        check(json!({"days": [0, 6], "hours": [0, 23], "minutes": [0, 59]}), &[]);
        check(
            json!({"days": [7], "hours": [24], "minutes": [0, 60, -1]}),
            &[
                "scheduling.days[0]: Must be a whole number from 0 to 6, found 7",
                "scheduling.hours[0]: Must be a whole number from 0 to 23, found 24",
                "scheduling.minutes[1]: Must be a whole number from 0 to 59, found 60",
                "scheduling.minutes[2]: Must be a whole number from 0 to 59, found -1",
            ],
        );
        check(json!({"days": 1}), &["scheduling.days: Must be a list, found a number"]);
        check(
            json!({"days": ["Mon"]}),
            &["scheduling.days[0]: Must be a whole number from 0 to 6, found text"],
        );
        check(json!({"timezone": "Europe/Paris"}), &[]);
        check(
            json!({"timezone": "Europe/Pari"}),
            &["scheduling.timezone: Must be a time zone of the IANA database like `Europe/Paris`, found `Europe/Pari`"],
        );
        check(
            json!({"timezone": "+01:00"}),
            &["scheduling.timezone: Must be a time zone of the IANA database like `Europe/Paris`, found `+01:00`"],
        );
        check(
            json!({"overlap": "run", "missed": "all"}),
            &[
                "scheduling.overlap: Must be one of: skip, queue",
                "scheduling.missed: Must be one of: once, skip",
            ],
        );
        check(
            json!({"enabled": 1}),
            &["scheduling.enabled: Must be true or false, found a number"],
        );
        check(
            json!({"day": [1]}),
            &["scheduling.day: Unknown field, did you mean `days`?"],
        );
        check(json!([]), &["scheduling: Must be an object, found a list"]);
    }

    #[test]
    fn none_means_every_day_and_hour_and_minute_0() {
        for schedule in [json!({}), json!({"days": [], "hours": [], "minutes": []})] {
            let schedule = parse(&json!({"scheduling": schedule}))
                .expect("a job")
                .scheduling
                .expect("a schedule");
            assert_eq!(schedule.days.iter().count(), 7);
            assert_eq!(schedule.hours.iter().count(), 24);
            assert_eq!(schedule.minutes.iter().collect::<Vec<_>>(), [0]);
            assert_eq!(schedule.timezone.iana_name(), Some("UTC"));
            assert_eq!(
                (schedule.overlap, schedule.missed, schedule.enabled),
                (Overlap::Skip, Missed::Once, true)
            );
        }
        assert_eq!(parse(&json!({"scheduling": null})).expect("a job").scheduling, None);
    }
}
