//! One fault of a definition.

use std::fmt;

use serde::Serialize;

use super::parse::unknown_name;

/// What is wrong with one field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FieldError {
    /// Where: `queries[0].type`, `scheduling.days[0]`; `body` for the definition as a whole.
    pub path: String,
    /// What and how to mend it: a sentence without a full stop.
    pub message: String,
}

impl FieldError {
    /// A fault at `path`. The message's first letter is made a capital, since some come from errors of our own.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some(first) = message.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Self {
            path: path.into(),
            message,
        }
    }

    /// A field that is not known, at the top of what was given: with the nearest known one where it is close.
    pub fn unknown_field<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Self {
        Self::new(name, unknown_name("field", name, known))
    }

    /// One of the names at `path` is none of the `what`s that are known: with the nearest of them where it is close.
    pub fn unknown_name<'a>(
        path: impl Into<String>,
        what: &str,
        name: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        Self::new(path, format!("`{name}`: {}", unknown_name(what, name, known)))
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_begin_with_a_capital() {
        let check = |message: &str, expected: &str| assert_eq!(FieldError::new("a", message).message, expected);
        check("must be text", "Must be text");
        check("Must be text", "Must be text");
        check("é", "é");
        check("", "");
        assert_eq!(
            FieldError::new("a[0].b", "is required").to_string(),
            "a[0].b: Is required"
        );
    }
}
