//! Numbers as literals, which are JSON's too.

use std::io::Write;

/// Below this, and from `PLAIN_END` on, digits and an exponent are shorter than all digits.
const PLAIN_START: f64 = 1e-5;
const PLAIN_END: f64 = 1e16;

/// Writes a whole number.
pub(crate) fn write_integer(value: i64, out: &mut Vec<u8>) {
    write!(out, "{value}").expect("writing to a vector does not fail");
}

/// Writes a finite number as the fewest digits that are read back as the same one.
pub(crate) fn write_number(value: f64, out: &mut Vec<u8>) {
    let size = value.abs();
    if size == 0.0 || (PLAIN_START..PLAIN_END).contains(&size) {
        write!(out, "{value}")
    } else {
        write!(out, "{value:e}")
    }
    .expect("writing to a vector does not fail");
}

/// Writes a finite number as a literal of SQL.
pub(crate) fn write_number_literal(value: f64, out: &mut Vec<u8>) {
    if value == 0.0 && value.is_sign_negative() {
        // As a number it would be PostgreSQL's numeric first, which has no negative zero.
        out.extend_from_slice(b"'-0.0'");
    } else {
        write_number(value, out);
    }
}

#[cfg(test)]
mod tests {
    use super::{write_integer, write_number, write_number_literal};

    #[test]
    fn numbers_are_short_and_whole() {
        for (value, json, literal) in [
            (0.0, "0", "0"),
            (-0.0, "-0", "'-0.0'"),
            (5.0, "5", "5"),
            (0.1, "0.1", "0.1"),
            (-19.99, "-19.99", "-19.99"),
            (1e-5, "0.00001", "0.00001"),
            (9.9e-6, "9.9e-6", "9.9e-6"),
            (9_999_999_999_999_998.0, "9999999999999998", "9999999999999998"),
            (1e16, "1e16", "1e16"),
            (-1.5e300, "-1.5e300", "-1.5e300"),
            (5e-324, "5e-324", "5e-324"),
            (f64::MAX, "1.7976931348623157e308", "1.7976931348623157e308"),
        ] {
            let [mut as_json, mut as_literal] = [Vec::new(), Vec::new()];
            write_number(value, &mut as_json);
            write_number_literal(value, &mut as_literal);
            assert_eq!(String::from_utf8(as_json).unwrap(), json);
            assert_eq!(String::from_utf8(as_literal).unwrap(), literal);
            assert_eq!(json.parse::<f64>().unwrap().to_bits(), value.to_bits());
        }
        let mut out = Vec::new();
        write_integer(i64::MIN, &mut out);
        assert_eq!(out, b"-9223372036854775808");
    }
}
