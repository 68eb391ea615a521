//! A regular expression of a definition.

use std::ops::Deref;

use regex::Regex;
use serde::{Serialize, Serializer};

/// A compiled regular expression, equal to another of the same text.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

impl Pattern {
    /// Compiles `text`; an error says what is wrong and at which byte, counted from 0.
    pub fn parse(text: &str) -> Result<Self, String> {
        // The regex crate's own message is a drawing over several lines; its parser has the same fault as data.
        if let Err(error) = regex_syntax::parse(text) {
            let (kind, span) = match &error {
                regex_syntax::Error::Parse(error) => (error.kind().to_string(), error.span()),
                regex_syntax::Error::Translate(error) => (error.kind().to_string(), error.span()),
                _ => return Err(format!("is not a regular expression: {error}")),
            };
            return Err(format!(
                "is not a regular expression: {kind} (at byte {})",
                span.start.offset
            ));
        }
        Regex::new(text).map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(limit) => {
                format!("is a regular expression of more than {limit} bytes when compiled: repeat or list less")
            }
            error => format!("is not a regular expression: {error}"),
        })
    }
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.0
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Pattern {}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_says_what_and_where() {
        fn check(text: &str, expected: &str) {
            assert_eq!(Pattern::parse(text).expect_err(text), expected);
        }
        check("é(a", "is not a regular expression: unclosed group (at byte 2)");
        check(
            "a\n(?=b)",
            "is not a regular expression: look-around, including look-ahead and look-behind, is not supported (at byte 2)",
        );
        check(
            r"(a)\1",
            "is not a regular expression: backreferences are not supported (at byte 3)",
        );
        check(
            r"\p{Nope}",
            "is not a regular expression: Unicode property not found (at byte 0)",
        );
        check(
            "(a{1000}){1000}",
            "is a regular expression of more than 10485760 bytes when compiled: repeat or list less",
        );
    }

    #[test]
    fn equal_by_text() {
        assert_eq!(Pattern::parse("a+"), Pattern::parse("a+"));
        assert_ne!(Pattern::parse("a+"), Pattern::parse("a*"));
    }
}
