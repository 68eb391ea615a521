//! Reads `rate_limit`, `concurrency`, `budget` and `retention`.

use super::reader::{MAX_WHOLE, Node};
use crate::model::{Budget, Concurrency, RateLimit, Retention};

/// `rate_limit`.
pub(super) fn rate_limit(node: &Node<'_>) -> Option<RateLimit> {
    let what = format!("a number above 0, at most {}", RateLimit::MAX);
    let serde_json::Value::Number(number) = node.value else {
        return node.expected(what);
    };
    let rate = number.as_f64().and_then(RateLimit::new);
    rate.map_or_else(|| node.fault(format!("must be {what}, found {number}")), Some)
}

/// `concurrency`.
pub(super) fn concurrency(node: &Node<'_>) -> Option<Concurrency> {
    Concurrency::new(node.whole(1..=u64::from(Concurrency::MAX))?)
}

/// `budget`.
pub(super) fn budget(node: &Node<'_>) -> Option<Budget> {
    let mut object = node.object()?;
    let mut limit = |name| object.read(name, |node| node.whole(1..=MAX_WHOLE));
    let budget = Budget {
        pages: limit("pages"),
        seconds: limit("seconds"),
        bytes: limit("bytes"),
        rows: limit("rows"),
    };
    object.finish();
    Some(budget)
}

/// `retention`.
pub(super) fn retention(node: &Node<'_>) -> Option<Retention> {
    let mut object = node.object()?;
    let runs = object.read_or("runs", Retention::default().runs, |node| node.whole32(1..=100_000));
    let days = object.read("days", |node| node.whole32(1..=36_500));
    object.finish();
    Some(Retention { runs, days })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse};

    #[test]
    fn bounds_hold_on_both_sides() {
        let rate = "rate_limit: Must be a number above 0, at most 600000, found";
        check_field("rate_limit", json!(0.001), &[]);
        check_field("rate_limit", json!(600_000), &[]);
        check_field("rate_limit", json!(600_000.5), &[&format!("{rate} 600000.5")]);
        check_field("rate_limit", json!(0), &[&format!("{rate} 0")]);
        check_field("rate_limit", json!(-1), &[&format!("{rate} -1")]);
        check_field("rate_limit", json!("10"), &[&format!("{rate} text")]);

        let concurrency = "concurrency: Must be a whole number from 1 to 64, found";
        check_field("concurrency", json!(1), &[]);
        check_field("concurrency", json!(64), &[]);
        check_field("concurrency", json!(64.0), &[]);
        check_field("concurrency", json!(0), &[&format!("{concurrency} 0")]);
        check_field("concurrency", json!(65), &[&format!("{concurrency} 65")]);
        check_field("concurrency", json!(1.5), &[&format!("{concurrency} 1.5")]);
        check_field("concurrency", json!(-1), &[&format!("{concurrency} -1")]);
        check_field("concurrency", json!(true), &[&format!("{concurrency} true")]);

        check_field(
            "budget",
            json!({"pages": 1, "seconds": 1, "bytes": 9_007_199_254_740_991_u64, "rows": 1}),
            &[],
        );
        check_field(
            "budget",
            json!({"pages": 0, "bytes": 9_007_199_254_740_992_u64}),
            &[
                "budget.pages: Must be a whole number from 1 to 9007199254740991, found 0",
                "budget.bytes: Must be a whole number from 1 to 9007199254740991, found 9007199254740992",
            ],
        );
        check_field(
            "budget",
            json!({"page": 1}),
            &["budget.page: Unknown field, did you mean `pages`?"],
        );
        check_field("budget", json!(5), &["budget: Must be an object, found a number"]);

        check_field("retention", json!({"runs": 100_000, "days": 36_500}), &[]);
        check_field(
            "retention",
            json!({"runs": 0, "days": 36_501}),
            &[
                "retention.runs: Must be a whole number from 1 to 100000, found 0",
                "retention.days: Must be a whole number from 1 to 36500, found 36501",
            ],
        );
    }

    #[test]
    fn defaults() {
        let job = parse(&json!({})).expect("a job");
        assert_eq!((job.rate_limit.per_minute(), job.concurrency.get()), (10.0, 4));
        assert_eq!(job.budget, crate::model::Budget::default());
        assert_eq!((job.retention.runs, job.retention.days), (20, None));
    }
}
