//! The four types of value and the conversions between strings, numbers and booleans (XPath 1.0, section 4).

use std::borrow::Cow;

use crate::nodes::NodeSet;

/// What an expression evaluates to.
#[derive(Debug)]
pub(crate) enum Value<'a> {
    Nodes(NodeSet),
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
}

/// The type of an expression. Without variables every expression has one before it is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Nodes,
    Boolean,
    Number,
    Text,
}

impl Type {
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::Nodes => "a node-set",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::Text => "a string",
        }
    }
}

/// XML's white space (XML 1.0, production 3). A no-break space and a form feed are none.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

pub(crate) fn is_space_byte(c: u8) -> bool {
    matches!(c, b' ' | b'\t' | b'\n' | b'\r')
}

/// `number()` of a string (section 4.4): white space, a minus perhaps, digits with at most one point. All else,
/// exponents and a plus sign among it, is NaN.
pub(crate) fn number_of(text: &str) -> f64 {
    let text = text.trim_matches(is_space);
    let digits = text.strip_prefix('-').unwrap_or(text);
    let mut points = 0;
    let mut count = 0;
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => count += 1,
            b'.' => points += 1,
            _ => return f64::NAN,
        }
    }
    if count == 0 || points > 1 {
        return f64::NAN;
    }
    text.parse().unwrap_or(f64::NAN)
}

/// `string()` of a number (section 4.2): no exponent, as many digits as tell it from every other number, and no sign
/// for zero.
pub(crate) fn text_of(number: f64) -> Cow<'static, str> {
    if number.is_nan() {
        Cow::Borrowed("NaN")
    } else if number.is_infinite() {
        Cow::Borrowed(if number > 0.0 { "Infinity" } else { "-Infinity" })
    } else if number == 0.0 {
        Cow::Borrowed("0")
    } else {
        // Rust writes the shortest digits that read back as the same number, and never an exponent.
        Cow::Owned(number.to_string())
    }
}

pub(crate) fn number_of_boolean(boolean: bool) -> f64 {
    f64::from(u8::from(boolean))
}

/// `boolean()` of a number: neither zero nor NaN (section 4.3).
pub(crate) fn boolean_of_number(number: f64) -> bool {
    number != 0.0 && !number.is_nan()
}

pub(crate) fn text_of_boolean(boolean: bool) -> &'static str {
    if boolean { "true" } else { "false" }
}

/// `round()` (section 4.4): to the nearest integer, halves upwards, and what is rounded up to zero is minus zero.
pub(crate) fn round(number: f64) -> f64 {
    let below = number.floor();
    let rounded = if number - below >= 0.5 { below + 1.0 } else { below };
    if rounded == 0.0 {
        rounded.copysign(number)
    } else {
        rounded
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "the conversions are exact")]
mod tests {
    use super::{number_of, round, text_of};

    #[test]
    fn strings_become_numbers_by_the_grammar_only() {
        for (text, expected) in [
            ("12", 12.0),
            (" \t\r\n-1.5 ", -1.5),
            ("4.", 4.0),
            (".5", 0.5),
            ("-.5", -0.5),
            ("00012", 12.0),
            ("", f64::NAN),
            ("-", f64::NAN),
            (".", f64::NAN),
            ("+1", f64::NAN),
            ("1e3", f64::NAN),
            ("- 1", f64::NAN),
            ("--1", f64::NAN),
            ("1.2.3", f64::NAN),
            ("1,000", f64::NAN),
            ("inf", f64::NAN),
            ("NaN", f64::NAN),
            ("Infinity", f64::NAN),
            ("\u{a0}1", f64::NAN),
        ] {
            let number = number_of(text);
            assert!(
                number == expected || number.is_nan() && expected.is_nan(),
                "{text:?} gave {number}"
            );
        }
    }

    #[test]
    fn numbers_print_all_their_digits() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-12.5, "-12.5"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e21, "1000000000000000000000"),
            (1e-7, "0.0000001"),
            (123_456_789_012.0, "123456789012"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(text_of(number), expected);
        }
    }

    #[test]
    fn halves_round_upwards() {
        for (number, expected) in [
            (2.5, 3.0),
            (-2.5, -2.0),
            (0.499_999_999_999_999_94, 0.0),
            (-0.5, -0.0),
            (-0.2, -0.0),
            (1e300, 1e300),
            (4_503_599_627_370_497.0, 4_503_599_627_370_497.0),
        ] {
            let rounded = round(number);
            assert_eq!(rounded, expected);
            assert_eq!(rounded.is_sign_negative(), expected.is_sign_negative(), "{number}");
        }
        assert!(round(f64::NAN).is_nan());
        assert_eq!(round(f64::NEG_INFINITY), f64::NEG_INFINITY);
    }
}
