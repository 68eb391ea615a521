//! Times as they cross the boundary.

use jiff::Timestamp;

use crate::ExportError;

/// The time of so many microseconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// A time outside the years -9999 to 9999, which the host does not hand over.
pub fn timestamp(micros: i64) -> Result<Timestamp, ExportError> {
    // `Timestamp::from_microsecond` refuses the last second's fractions.
    let nanos = micros.rem_euclid(1_000_000) as i32 * 1_000;
    Timestamp::new(micros.div_euclid(1_000_000), nanos).map_err(|error| ExportError::Other(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::timestamp;

    #[test]
    fn times_of_the_whole_calendar_are_read() {
        let check = |micros, expected: &str| assert_eq!(timestamp(micros).unwrap().to_string(), expected);
        check(0, "1970-01-01T00:00:00Z");
        check(-1, "1969-12-31T23:59:59.999999Z");
        check(253_402_207_200_999_999, "9999-12-30T22:00:00.999999Z");
        assert!(timestamp(i64::MAX).is_err());
    }
}
