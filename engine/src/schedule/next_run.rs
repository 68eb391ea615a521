//! The next times of a schedule.

use chrono::{DateTime, Utc};
use croner::Cron;
use jiff::civil;
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::model::{Schedule, Slots};

/// How far before the present the search begins, on the wall clock: clocks were never put forward or back by more than a
/// day (Samoa, 2011).
const LARGEST_SHIFT: SignedDuration = SignedDuration::from_hours(25);

/// The times of a schedule after `after`, soonest first, whether or not the schedule is enabled.
///
/// Days and hours are those of the schedule's time zone. Where its clocks are put forward, a time that does not exist runs
/// at the moment of the change; where they are put back, a time that exists twice runs the first time. So each time of the
/// wall clock runs once, and times that fall together run once.
pub fn next_runs(schedule: &Schedule, after: Timestamp) -> impl Iterator<Item = Timestamp> + use<> {
    let zone = schedule.timezone.clone();
    let wall_clock = after.saturating_sub(LARGEST_SHIFT);
    let wall_clock = wall_clock.map_or(civil::DateTime::MIN, |time| zone.to_datetime(time));
    let mut last = after;
    wall_times(schedule, wall_clock).filter_map(move |time| {
        let time = instant(&zone, time)?;
        // In the order of the wall clock the instants never go back, so what was there already is the last one.
        (time > last).then(|| {
            last = time;
            time
        })
    })
}

/// The times of a schedule on a wall clock, from `from` on.
fn wall_times(schedule: &Schedule, from: civil::DateTime) -> impl Iterator<Item = civil::DateTime> + use<> {
    let pattern = format!(
        "{} {} * * {}",
        field(schedule.minutes),
        field(schedule.hours),
        field(schedule.days)
    );
    let cron: Cron = pattern
        .parse()
        .expect("lists of numbers within their bounds are a pattern");
    // Croner takes the wall clock's time as if it were UTC, where there are neither gaps nor overlaps.
    let seconds = TimeZone::UTC.to_timestamp(from).map_or(0, Timestamp::as_second);
    let from = DateTime::<Utc>::from_timestamp(seconds, 0).unwrap_or(DateTime::UNIX_EPOCH);
    std::iter::successors(cron.find_next_occurrence(&from, true).ok(), move |last| {
        cron.find_next_occurrence(last, false).ok()
    })
    .map_while(|time| Timestamp::from_second(time.timestamp()).ok())
    .map(|time| TimeZone::UTC.to_datetime(time))
}

fn field<const MAX: u8>(slots: Slots<MAX>) -> String {
    let numbers: Vec<String> = slots.iter().map(|number| number.to_string()).collect();
    numbers.join(",")
}

/// When a wall clock shows a time; `None` at the ends of the calendar.
fn instant(zone: &TimeZone, time: civil::DateTime) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(time).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            offset.to_timestamp(time).ok()
        }
        AmbiguousOffset::Gap { before, .. } => {
            // By the offset of before the change the time lies after the change, and no other change lies between.
            let later = before.to_timestamp(time).ok()?;
            let after_later = later.checked_add(SignedDuration::from_secs(1)).ok()?;
            zone.preceding(after_later).next().map(|change| change.timestamp())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Missed, Overlap};

    fn schedule(days: &[u8], hours: &[u8], minutes: &[u8], zone: &str) -> Schedule {
        let all = |numbers: &[u8]| numbers.is_empty();
        Schedule {
            days: if all(days) {
                Slots::ALL
            } else {
                Slots::new(days.iter().copied()).unwrap()
            },
            hours: if all(hours) {
                Slots::ALL
            } else {
                Slots::new(hours.iter().copied()).unwrap()
            },
            minutes: Slots::new(minutes.iter().copied()).unwrap(),
            timezone: TimeZone::get(zone).unwrap(),
            overlap: Overlap::default(),
            missed: Missed::default(),
            enabled: true,
        }
    }

    #[track_caller]
    fn check(schedule: &Schedule, after: &str, expected: &[&str]) {
        let found: Vec<String> = next_runs(schedule, after.parse().unwrap())
            .take(expected.len())
            .map(|time| time.to_string())
            .collect();
        assert_eq!(found, expected, "{}", json!(schedule));
    }

    #[test]
    fn days_hours_and_minutes_multiply() {
        // 2026-11-25 is a Wednesday, the third day.
        let weekdays = schedule(&[1, 2, 3, 4, 5], &[9], &[0], "UTC");
        check(
            &weekdays,
            "2026-11-25T09:00:00Z",
            &["2026-11-26T09:00:00Z", "2026-11-27T09:00:00Z", "2026-11-30T09:00:00Z"],
        );
        check(&weekdays, "2026-11-25T08:59:59Z", &["2026-11-25T09:00:00Z"]);
        check(&weekdays, "2026-11-25T08:59:59.5Z", &["2026-11-25T09:00:00Z"]);
        check(
            &schedule(&[0], &[23, 5], &[59, 30], "UTC"),
            "2026-11-25T00:00:00Z",
            &[
                "2026-11-29T05:30:00Z",
                "2026-11-29T05:59:00Z",
                "2026-11-29T23:30:00Z",
                "2026-11-29T23:59:00Z",
            ],
        );
        check(
            &schedule(&[], &[], &[0], "UTC"),
            "2026-12-31T22:30:00Z",
            &["2026-12-31T23:00:00Z", "2027-01-01T00:00:00Z"],
        );
    }

    #[test]
    fn days_and_hours_are_the_zones() {
        check(
            &schedule(&[1], &[0], &[15], "Asia/Tokyo"),
            "2026-11-25T00:00:00Z",
            &["2026-11-29T15:15:00Z"],
        );
        check(
            &schedule(&[], &[9], &[0], "Europe/Paris"),
            "2026-10-24T00:00:00Z",
            &["2026-10-24T07:00:00Z", "2026-10-25T08:00:00Z"],
        );
    }

    #[test]
    fn what_a_clock_skips_runs_right_after() {
        // Paris goes from 02:00 to 03:00 at 01:00 UTC on 29 March 2026.
        check(
            &schedule(&[], &[2], &[30], "Europe/Paris"),
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
        );
        check(
            &schedule(&[], &[2, 3], &[0, 30], "Europe/Paris"),
            "2026-03-28T12:00:00Z",
            &["2026-03-29T01:00:00Z", "2026-03-29T01:30:00Z", "2026-03-30T00:00:00Z"],
        );
        // Cairo skips the first hour of Friday, 24 April 2026.
        check(
            &schedule(&[5], &[0], &[30], "Africa/Cairo"),
            "2026-04-20T00:00:00Z",
            &["2026-04-23T22:00:00Z", "2026-04-30T21:30:00Z"],
        );
        // Samoa skipped the whole of Friday, 30 December 2011.
        check(
            &schedule(&[5], &[12], &[0], "Pacific/Apia"),
            "2011-12-29T00:00:00Z",
            &["2011-12-30T10:00:00Z", "2012-01-05T22:00:00Z"],
        );
        check(
            &schedule(&[5], &[12], &[0], "Pacific/Apia"),
            "2011-12-30T10:00:00Z",
            &["2012-01-05T22:00:00Z"],
        );
    }

    #[test]
    fn what_a_clock_shows_twice_runs_once() {
        // Paris goes from 03:00 back to 02:00 at 01:00 UTC on 25 October 2026.
        let half_past_two = schedule(&[], &[2], &[30], "Europe/Paris");
        check(
            &half_past_two,
            "2026-10-24T12:00:00Z",
            &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        );
        // Between the two the second one does not count.
        check(&half_past_two, "2026-10-25T00:45:00Z", &["2026-10-26T01:30:00Z"]);
        check(&half_past_two, "2026-10-25T01:15:00Z", &["2026-10-26T01:30:00Z"]);
        check(
            &schedule(&[], &[], &[0], "Europe/Paris"),
            "2026-10-24T23:30:00Z",
            &["2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"],
        );
        // Lord Howe Island moves by half an hour only: from 02:00 back to 01:30 on 5 April 2026.
        check(
            &schedule(&[], &[1], &[45], "Australia/Lord_Howe"),
            "2026-04-04T00:00:00Z",
            &["2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        );
    }

    #[test]
    fn the_calendar_ends() {
        let never = schedule(&[], &[9], &[0], "UTC");
        assert_eq!(next_runs(&never, Timestamp::MAX).next(), None);
        check(&never, "9999-12-30T09:00:00Z", &[]);
    }
}
