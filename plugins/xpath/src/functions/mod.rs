//! The function library: XPath 1.0's core functions (section 4), and those that parsel adds.

mod call;
mod matching;
mod strings;
mod table;

pub(crate) use matching::{Flags, MatchMode, compile_regex, regex_matches, regex_replace, regex_replacement};
pub(crate) use strings::{normalize_space, normalized_equals, substring, substring_after, substring_before, translate};
pub(crate) use table::{Callee, Function, Signature};
