//! Numbers as pages write them.
//!
//! A number is a sign (`+`, `-` or U+2212), digits, a decimal sign with digits, and an exponent; between groups of
//! three digits may stand the other one of `.` and `,`, or a space, always the same. Anything else is no number.

use std::borrow::Cow;

use crate::model::Decimal;

/// Reads a finite number of 64 bits.
pub(super) fn number(text: &str, decimal: Decimal) -> Option<f64> {
    let parts = Parts::of(text, decimal)?;
    let number: f64 = match (&parts.whole, decimal) {
        // As it stands, it is a number of Rust.
        (Cow::Borrowed(_), Decimal::Point) => parts.unsigned.parse().ok()?,
        _ => format!("{}.{}e{}", parts.whole, parts.fraction, parts.exponent.unwrap_or("0"))
            .parse()
            .ok()?,
    };
    let number = if parts.negative { -number } else { number };
    number.is_finite().then_some(number)
}

/// Reads a whole number of 64 bits. A fraction of zeros (`5.0`) and an exponent (`1e3`, `1.5e1`) are taken where the
/// value is whole all the same; nothing is rounded.
pub(super) fn integer(text: &str, decimal: Decimal) -> Option<i64> {
    let parts = Parts::of(text, decimal)?;
    let fraction = parts.fraction.trim_end_matches('0');
    let magnitude = if fraction.is_empty() && parts.exponent.is_none() {
        significant(&parts.whole)?
    } else {
        let digits = format!("{}{fraction}", parts.whole);
        let significant_digits = digits.trim_end_matches('0');
        if significant_digits.is_empty() {
            return Some(0);
        }
        let exponent: i64 = parts.exponent.map_or(Some(0), |exponent| exponent.parse().ok())?;
        let zeros = i64::try_from(digits.len() - significant_digits.len()).ok()?;
        let zeros = exponent
            .checked_add(zeros)?
            .checked_sub(i64::try_from(fraction.len()).ok()?)?;
        // 64 bits hold 19 digits at most.
        let zeros = usize::try_from(zeros).ok().filter(|zeros| *zeros < 19)?;
        significant(&format!("{significant_digits}{:0<zeros$}", ""))?
    };
    i64::try_from(if parts.negative { -magnitude } else { magnitude }).ok()
}

/// The value of digits that may begin with zeros; `None` if it is beyond any integer.
fn significant(digits: &str) -> Option<i128> {
    match digits.trim_start_matches('0') {
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

/// A number, cut up and checked.
struct Parts<'a> {
    negative: bool,
    /// All of it but the sign.
    unsigned: &'a str,
    /// The digits before the decimal sign, without what stands between groups; may be empty if `fraction` is not.
    whole: Cow<'a, str>,
    fraction: &'a str,
    /// With its sign.
    exponent: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(text: &'a str, decimal: Decimal) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix(['-', '\u{2212}']) {
            Some(unsigned) => (true, unsigned),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
            None => (unsigned, None),
        };
        if let Some(exponent) = exponent {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.is_empty() || !is_digits(digits) {
                return None;
            }
        }
        let (point, group) = match decimal {
            Decimal::Point => ('.', ','),
            Decimal::Comma => (',', '.'),
        };
        let (whole, fraction) = mantissa.split_once(point).unwrap_or((mantissa, ""));
        if !is_digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
            return None;
        }
        let whole = if is_digits(whole) {
            Cow::Borrowed(whole)
        } else {
            Cow::Owned(ungrouped(whole, group)?)
        };
        Some(Self {
            negative,
            unsigned,
            whole,
            fraction,
            exponent,
        })
    }
}

/// `1,234,567` without what stands between its groups.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let separator = whole.chars().find(|character| !character.is_ascii_digit())?;
    if separator != group && !separator.is_whitespace() {
        return None;
    }
    let mut groups = whole.split(separator);
    let first = groups
        .next()
        .filter(|first| (1..=3).contains(&first.len()) && is_digits(first))?;
    let mut digits = String::with_capacity(whole.len());
    digits.push_str(first);
    for next in groups {
        if next.len() != 3 || !is_digits(next) {
            return None;
        }
        digits.push_str(next);
    }
    Some(digits)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(number(text, Decimal::Point), expected, "{text}");
        }
        check("0", Some(0.0));
        check("51.77", Some(51.77));
        check("-51.77", Some(-51.77));
        check("+5", Some(5.0));
        check("\u{2212}5", Some(-5.0));
        check(".5", Some(0.5));
        check("5.", Some(5.0));
        check("007", Some(7.0));
        check("1e3", Some(1000.0));
        check("1.5E-3", Some(0.0015));
        check("1e+3", Some(1000.0));
        check("1,234", Some(1234.0));
        check("1,234,567.89", Some(1_234_567.89));
        check("1 234 567.89", Some(1_234_567.89));
        check("1\u{202f}234", Some(1234.0));
        check("-1,234.5e2", Some(-123_450.0));
        check("123,456", Some(123_456.0));
        check("1e308", Some(1e308));
        check("1e-400", Some(0.0));
        check("1e400", None);
        check("-1e400", None);
        check("1e99999999999999999999", None);
        for text in [
            "",
            "-",
            "+",
            ".",
            "-.",
            "e5",
            "1e",
            "1e+",
            "1e1.5",
            "--5",
            "+-5",
            "- 5",
            "5-",
            "£51.77",
            "51.77 EUR",
            "1.2.3",
            "1,23",
            "12,34,567",
            "1,2345",
            "1234,567",
            ",123",
            "1,",
            "1,,234",
            "1,234 567",
            "1 234,567",
            "1  234",
            "1.5,000",
            "1'234",
            "0x10",
            "inf",
            "NaN",
            "infinity",
            "1_000",
            "٣",
            "½",
            "5%",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn with_a_decimal_comma() {
        fn check(text: &str, expected: Option<f64>) {
            assert_eq!(number(text, Decimal::Comma), expected, "{text}");
        }
        check("51,77", Some(51.77));
        check("1.234,5", Some(1234.5));
        check("1.234", Some(1234.0));
        check("1 234,5", Some(1234.5));
        check("-,5e1", Some(-5.0));
        check("7", Some(7.0));
        check("51.77", None);
        check("1,234,567", None);
        check("1.234.5", None);
    }

    #[test]
    fn integers() {
        fn check(text: &str, expected: Option<i64>) {
            assert_eq!(integer(text, Decimal::Point), expected, "{text}");
        }
        check("0", Some(0));
        check("-0", Some(0));
        check("42", Some(42));
        check("1,234", Some(1234));
        check("5.0", Some(5));
        check("5.", Some(5));
        check("500.00", Some(500));
        check(".0", Some(0));
        check("0.0e5", Some(0));
        check("5.5", None);
        check("0.1", None);
        check("1e3", Some(1000));
        check("1.5e1", Some(15));
        check("1.50e1", Some(15));
        check("1.25e1", None);
        check("1500e-2", Some(15));
        check("150e-2", None);
        check("0e99999999999999999999", Some(0));
        check("1e99999999999999999999", None);
        check("1e18", Some(1_000_000_000_000_000_000));
        check("1e19", None);
        check("9223372036854775807", Some(i64::MAX));
        check("9223372036854775808", None);
        check("-9223372036854775808", Some(i64::MIN));
        check("-9223372036854775809", None);
        check("9,223,372,036,854,775,807.0", Some(i64::MAX));
        check("9223372036854775807000e-3", Some(i64::MAX));
        check("0000000000000000000000000000000000000000000000001", Some(1));
        check(&"9".repeat(50), None);
        check(&format!("1.{}1", "0".repeat(50)), None);
        check("x", None);
        assert_eq!(integer("1.234,0", Decimal::Comma), Some(1234));
    }
}
