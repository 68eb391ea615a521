//! The string functions (XPath 1.0, section 4.2) that take more than one line.

use std::borrow::Cow;

use crate::value::{is_space, is_space_byte, round};

/// `normalize-space()`: white space at the ends is gone, inside it is one space.
pub(crate) fn normalize_space(text: Cow<'_, str>) -> Cow<'_, str> {
    if is_normal(&text) {
        return text;
    }
    let mut normal = String::with_capacity(text.len());
    for word in text.split(is_space).filter(|word| !word.is_empty()) {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    Cow::Owned(normal)
}

fn is_normal(text: &str) -> bool {
    let mut after_space = true;
    for byte in text.bytes() {
        let space = is_space_byte(byte);
        if space && (after_space || byte != b' ') {
            return false;
        }
        after_space = space;
    }
    !after_space || text.is_empty()
}

/// Whether `text` with its white space normalized is `expected`, looking no further than the first difference.
pub(crate) fn normalized_equals(text: &str, expected: &str) -> bool {
    let mut rest = text.as_bytes().trim_ascii_start_xml();
    let mut expected = expected.as_bytes();
    while let Some((&wanted, after)) = expected.split_first() {
        let Some((&found, mut following)) = rest.split_first() else {
            return false;
        };
        if is_space_byte(found) {
            following = following.trim_ascii_start_xml();
            // White space at the end is no space any more.
            if wanted != b' ' || following.is_empty() {
                return false;
            }
        } else if wanted != found {
            return false;
        }
        (rest, expected) = (following, after);
    }
    rest.trim_ascii_start_xml().is_empty()
}

trait TrimXml {
    fn trim_ascii_start_xml(&self) -> &Self;
}

impl TrimXml for [u8] {
    fn trim_ascii_start_xml(&self) -> &Self {
        let start = self.iter().position(|byte| !is_space_byte(*byte)).unwrap_or(self.len());
        &self[start..]
    }
}

/// `substring()`: the characters whose position, from 1, is at least the rounded start and less than the rounded start
/// plus the rounded length. A NaN anywhere makes every comparison false.
pub(crate) fn substring(text: Cow<'_, str>, start: f64, length: Option<f64>) -> Cow<'_, str> {
    let first = round(start);
    let end = length.map_or(f64::INFINITY, |length| first + round(length));
    // Positions are integers, so these bounds are exact; NaN gives an empty range.
    let skip = if first > 1.0 { first - 1.0 } else { 0.0 };
    let keep = end - 1.0 - skip;
    if first.is_nan() || keep.is_nan() || keep <= 0.0 {
        return Cow::Borrowed("");
    }
    let (skip, keep) = (
        skip as usize,
        if keep >= text.len() as f64 {
            usize::MAX
        } else {
            keep as usize
        },
    );
    let from = byte_of(&text, skip);
    let to = from + byte_of(&text[from..], keep);
    slice(text, from, to)
}

/// The byte at which the character of that number begins, or the end.
fn byte_of(text: &str, character: usize) -> usize {
    if character >= text.len() {
        return text.len();
    }
    text.char_indices().nth(character).map_or(text.len(), |(at, _)| at)
}

fn slice(text: Cow<'_, str>, from: usize, to: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

/// `substring-before()`.
pub(crate) fn substring_before<'t>(text: Cow<'t, str>, mark: &str) -> Cow<'t, str> {
    let end = text.find(mark).unwrap_or(0);
    slice(text, 0, end)
}

/// `substring-after()`.
pub(crate) fn substring_after<'t>(text: Cow<'t, str>, mark: &str) -> Cow<'t, str> {
    let end = text.len();
    let from = text.find(mark).map_or(end, |at| at + mark.len());
    slice(text, from, end)
}

/// `translate()`: characters of `from` become those at the same place in `to`, or vanish where there is none; the
/// first of a character that stands in `from` twice counts.
pub(crate) fn translate(text: &str, map: &[(char, Option<char>)]) -> String {
    text.chars()
        .filter_map(|c| map.iter().find(|(from, _)| *from == c).map_or(Some(c), |(_, to)| *to))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{normalize_space, normalized_equals, substring, substring_after, substring_before, translate};

    #[test]
    fn white_space_is_normalized() {
        for (text, expected) in [
            ("", ""),
            (" ", ""),
            ("a", "a"),
            (" a", "a"),
            ("a ", "a"),
            ("a\tb", "a b"),
            (" \r\n a \t b  c ", "a b c"),
            ("\u{a0}a\u{a0} b\u{c}", "\u{a0}a\u{a0} b\u{c}"),
        ] {
            assert_eq!(normalize_space(Cow::Borrowed(text)), expected, "{text:?}");
            assert!(normalized_equals(text, expected), "{text:?}");
            for other in ["x", "a  b", " a", "a ", "a b", "a b c d", ""] {
                assert_eq!(
                    normalized_equals(text, other),
                    expected == other,
                    "{text:?} and {other:?}"
                );
            }
        }
    }

    #[test]
    fn substring_follows_the_examples_of_the_specification() {
        let (nan, infinity) = (f64::NAN, f64::INFINITY);
        for (start, length, expected) in [
            (2.0, Some(3.0), "234"),
            (2.0, None, "2345"),
            (1.5, Some(2.6), "234"),
            (0.0, Some(3.0), "12"),
            (nan, Some(3.0), ""),
            (nan, None, ""),
            (1.0, Some(nan), ""),
            (-42.0, Some(infinity), "12345"),
            (-infinity, Some(infinity), ""),
            (-infinity, None, "12345"),
            (infinity, None, ""),
            (0.5, Some(1.0), "1"),
            (6.0, None, ""),
            (5.0, Some(1.0), "5"),
        ] {
            assert_eq!(
                substring(Cow::Borrowed("12345"), start, length),
                expected,
                "{start} {length:?}"
            );
        }
        assert_eq!(substring(Cow::Borrowed("äöü€x"), 2.0, Some(3.0)), "öü€");
    }

    #[test]
    fn substrings_by_a_mark() {
        assert_eq!(substring_before(Cow::Borrowed("1999/04/01"), "/"), "1999");
        assert_eq!(substring_after(Cow::Borrowed("1999/04/01"), "/"), "04/01");
        assert_eq!(substring_before(Cow::Borrowed("abc"), "x"), "");
        assert_eq!(substring_after(Cow::Borrowed("abc"), "x"), "");
        assert_eq!(substring_before(Cow::Borrowed("abc"), ""), "");
        assert_eq!(substring_after(Cow::Borrowed("abc"), ""), "abc");
    }

    #[test]
    fn characters_are_translated_or_vanish() {
        assert_eq!(
            translate("--aaa--", &[('a', Some('A')), ('-', None), ('a', Some('B'))]),
            "AAA"
        );
    }
}
