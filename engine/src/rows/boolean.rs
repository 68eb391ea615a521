//! Words that are true or false.

/// Reads `true false yes no on off 1 0`, without regard to case.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let is_one_of = |words: [&str; 4]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is_one_of(["true", "yes", "on", "1"]) {
        Some(true)
    } else {
        is_one_of(["false", "no", "off", "0"]).then_some(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        fn check(words: &[&str], expected: Option<bool>) {
            for word in words {
                assert_eq!(boolean(word), expected, "{word}");
            }
        }
        check(&["true", "yes", "on", "1", "TRUE", "Yes", "oN"], Some(true));
        check(&["false", "no", "off", "0", "FALSE", "No", "oFf"], Some(false));
        check(&["", "y", "t", "2", "01", "true.", "in stock"], None);
    }
}
