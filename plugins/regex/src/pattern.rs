//! A compiled pattern and what it finds.

use regex::{Regex, RegexBuilder};
use snowscrape_plugin_sdk::{ExpressionError, Match, QueryFailure};

use crate::error::{at, explain};

/// The longest pattern, in bytes.
pub const MAX_SIZE: usize = 64 * 1024;

/// The most matches that one call gives. A pattern that matches the empty text does so at every character.
pub const MAX_MATCHES: usize = 1_000_000;

/// How much memory a compiled pattern may take, in bytes: the default of the `regex` crate.
const MAX_COMPILED: usize = 10 * 1024 * 1024;

/// Which text a pattern runs on: the option `on`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum On {
    /// The page as it came: no parse is needed.
    #[default]
    Source,
    /// What a reader sees of it, `Document::visible_text`.
    Text,
}

impl On {
    /// The names by which the option chooses, in the order of the variants.
    pub const NAMES: [&str; 2] = ["source", "text"];

    /// The text of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "source" => Some(Self::Source),
            "text" => Some(Self::Text),
            _ => None,
        }
    }
}

/// A regular expression, compiled once for any number of pages.
#[derive(Clone, Debug)]
pub struct Pattern {
    regex: Regex,
    on: On,
    /// What is given of each match: the group of that number, 0 being the whole match.
    group: usize,
}

impl Pattern {
    /// Compiles a pattern. The error says where in it it is, in bytes.
    pub fn compile(expression: &str, on: On) -> Result<Self, ExpressionError> {
        if expression.len() > MAX_SIZE {
            return Err(at(
                MAX_SIZE,
                0,
                format!(
                    "the pattern is {} bytes long, and at most {MAX_SIZE} are taken: split it into several queries",
                    expression.len()
                ),
            ));
        }
        if let Err(error) = regex_syntax::parse(expression) {
            return Err(explain(expression, &error));
        }
        let regex = RegexBuilder::new(expression).size_limit(MAX_COMPILED).build().map_err(|error| {
            let message = match error {
                regex::Error::CompiledTooBig(limit) => format!(
                    "the pattern takes more than {} MB compiled: make counted repetitions such as {{1000}} smaller, \
                     or write [0-9] for \\d and [a-z] for \\w",
                    limit >> 20
                ),
                other => other.to_string(),
            };
            at(0, expression.len(), message)
        })?;
        let named = regex.capture_names().position(|name| name == Some("value"));
        let group = named.unwrap_or(usize::from(regex.captures_len() > 1));
        Ok(Self { regex, on, group })
    }

    /// Which text to hand to [`Pattern::matches`].
    pub fn on(&self) -> On {
        self.on
    }

    /// All matches in the text, from left to right and not overlapping: of each the group `value`, or else the first
    /// group, or else all of it. A match in which that group took no part is left out.
    pub fn matches(&self, text: &str, out: &mut Vec<Match>) -> Result<(), QueryFailure> {
        let before = out.len();
        let mut push = |found: &str| {
            if out.len() - before == MAX_MATCHES {
                return Err(QueryFailure::TooCostly(format!(
                    "the pattern matches more than {MAX_MATCHES} times on this page: make it match more than nothing, as \
                     with + for *"
                )));
            }
            out.push(Match::Text(found.to_owned()));
            Ok(())
        };
        if self.group == 0 {
            self.regex.find_iter(text).try_for_each(|found| push(found.as_str()))
        } else {
            let mut groups = self.regex.captures_iter(text).filter_map(|found| found.get(self.group));
            groups.try_for_each(|found| push(found.as_str()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Vec<String> {
        let mut out = Vec::new();
        Pattern::compile(pattern, On::Source)
            .unwrap()
            .matches(text, &mut out)
            .unwrap();
        out.into_iter()
            .map(|found| match found {
                Match::Text(text) => text,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn the_group_or_the_whole() {
        for (pattern, text, expected) in [
            (r"\d+", "a1b22", &["1", "22"][..]),
            (r"(\d)(\d)", "12 34", &["1", "3"]),
            (r"(\d)(?<value>\d)", "12 34", &["2", "4"]),
            (r"(?P<value>\d)(\d)", "12 34", &["1", "3"]),
            // A match whose group took no part is dropped; one whose group is empty is not.
            (r"a(\d)?", "a1 a a2", &["1", "2"]),
            (r"a(\d*)", "a1 a a2", &["1", "", "2"]),
            (r"(?:a)(?:b)", "ab", &["ab"]),
            (r"x*", "axb", &["", "x", ""]),
            (r"é+", "caféé", &["éé"]),
            (r"(?i)price: (\S+)", "PRICE: £5\nprice: £6", &["£5", "£6"]),
            (r"(?s)<p>(.*?)</p>", "<p>a\nb</p><p>c</p>", &["a\nb", "c"]),
            (r"nothing", "", &[]),
            (r"^$", "", &[""]),
        ] {
            assert_eq!(found(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn errors_say_where_and_how_to_mend() {
        for (pattern, offset, length, message) in [
            ("a(b", 1, 1, "this group is not closed"),
            ("é)", 2, 1, "this closes no group"),
            ("x[a-", 1, 1, "this class is not closed"),
            ("a**", 2, 1, ""),
            ("*", 0, 1, "there is nothing to repeat"),
            (r"(a)\1", 3, 2, "back-references are not supported"),
            (r"(?<q>a)\k<q>", 7, 2, "back-references are not supported"),
            ("a(?=b)", 1, 3, "look-around"),
            ("(?<!a)b", 0, 4, "look-around"),
            (r"a\Z", 1, 2, r"\Z is not supported"),
            (r"\p{Nope}", 0, 8, "unicode property not found"),
            ("a{3,1}", 1, 5, "invalid repetition count range"),
        ] {
            match Pattern::compile(pattern, On::Source) {
                // Repeating a repetition is allowed in this dialect.
                Ok(_) => assert_eq!(pattern, "a**"),
                Err(error) => {
                    assert_eq!(
                        (error.offset, error.length),
                        (offset, length),
                        "{pattern}: {}",
                        error.message
                    );
                    assert!(error.message.starts_with(message), "{pattern}: {}", error.message);
                }
            }
        }
    }

    #[test]
    fn sizes_are_bounded() {
        assert!(Pattern::compile(&"a".repeat(MAX_SIZE), On::Source).is_ok());
        let error = Pattern::compile(&"a".repeat(MAX_SIZE + 1), On::Source).unwrap_err();
        assert_eq!(error.offset as usize, MAX_SIZE);
        assert!(Pattern::compile(r"\w{10}", On::Source).is_ok());
        let error = Pattern::compile(r"\w{1000}{1000}", On::Source).unwrap_err();
        assert!(error.message.contains("more than 10 MB"), "{}", error.message);
        let deep =
            |levels: usize| Pattern::compile(&format!("{}a{}", "(".repeat(levels), ")".repeat(levels)), On::Source);
        assert!(deep(200).is_ok());
        let error = deep(30_000).unwrap_err();
        assert!(error.message.starts_with("groups nest too deep"), "{}", error.message);
    }

    #[test]
    fn matches_are_bounded() {
        let pattern = Pattern::compile("", On::Source).unwrap();
        let mut out = Vec::new();
        assert!(pattern.matches(&"a".repeat(MAX_MATCHES - 1), &mut out).is_ok());
        assert_eq!(out.len(), MAX_MATCHES);
        let failure = pattern.matches(&"a".repeat(MAX_MATCHES), &mut Vec::new());
        assert!(matches!(failure, Err(QueryFailure::TooCostly(_))));
    }

    #[test]
    fn the_option_has_names() {
        for (name, on) in On::NAMES.into_iter().zip([On::Source, On::Text]) {
            assert_eq!(On::from_name(name), Some(on));
            assert_eq!(Pattern::compile("a", on).unwrap().on(), on);
        }
        assert_eq!(On::from_name("Source"), None);
    }
}
