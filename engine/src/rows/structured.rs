//! Structured matches: JSON that a plugin made.

use serde_json::Value as Json;

/// How deep arrays and objects may stand in each other. Readers of JSON have limits of their own (`serde_json`'s is 128), and
/// what is in a row stands deeper still where the row is kept, listed or exported.
pub(super) const DEEPEST: usize = 100;

/// A structured match as a value; `None` where it is no JSON, or nested too deep.
pub(super) fn structured(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok().filter(|json| depth(json) <= DEEPEST)
}

fn depth(json: &Json) -> usize {
    match json {
        Json::Array(values) => 1 + values.iter().map(depth).max().unwrap_or(0),
        Json::Object(values) => 1 + values.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_has_an_end() {
        let check = |open: &str, close: &str, times: usize, expected: bool| {
            let text = format!("{}1{}", open.repeat(times), close.repeat(times));
            assert_eq!(structured(&text).is_some(), expected, "{times} times {open}");
        };
        check("[", "]", 0, true);
        for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[0,", ",0]")] {
            check(open, close, DEEPEST, true);
            check(open, close, DEEPEST + 1, false);
            check(open, close, 100_000, false);
        }
        check("[", "", 1, false);
    }
}
