//! Times as text: RFC 3339, and as PostgreSQL and MySQL write them. All are in UTC.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use snowscrape_plugin_sdk::{ExportError, timestamp};

/// The first year of PostgreSQL's, which is 4714 BC and begins on its 24 November.
const POSTGRES_FIRST: (i16, i8, i8) = (-4713, 11, 24);

/// The time of so many microseconds since 1970.
pub(crate) fn time_of(micros: i64) -> Result<DateTime, ExportError> {
    timestamp(micros).map(|time| Offset::UTC.to_datetime(time))
}

/// Writes a time as RFC 3339 does, and a year outside its four digits as ISO 8601 does.
pub(crate) fn write_rfc_3339(time: DateTime, out: &mut Vec<u8>) {
    if time.year() < 0 {
        out.extend_from_slice(b"-00");
    }
    write_fields(time, time.year().unsigned_abs(), b'T', out);
    out.push(b'Z');
}

/// Writes a time as a literal of PostgreSQL's. Answers whether it can hold that one; else nothing was written.
pub(crate) fn write_postgres(time: DateTime, out: &mut Vec<u8>) -> bool {
    if (time.year(), time.month(), time.day()) < POSTGRES_FIRST {
        return false;
    }
    out.push(b'\'');
    // There is no year 0: the one before the year 1 is 1 BC.
    let before = time.year() <= 0;
    let year = if before { 1 - time.year() } else { time.year() };
    write_fields(time, year.unsigned_abs(), b' ', out);
    out.extend_from_slice(if before { b"+00 BC'" } else { b"+00'" });
    true
}

/// Writes a time as a literal of MySQL's. Answers whether it can hold that one; else nothing was written.
pub(crate) fn write_mysql(time: DateTime, out: &mut Vec<u8>) -> bool {
    if time.year() < 0 {
        return false;
    }
    out.push(b'\'');
    write_fields(time, time.year().unsigned_abs(), b' ', out);
    out.push(b'\'');
    true
}

fn write_fields(time: DateTime, year: u16, separator: u8, out: &mut Vec<u8>) {
    let pair = |value: u16| [b'0' + (value / 10) as u8, b'0' + (value % 10) as u8];
    let of = |field: i8| pair(u16::from(field.unsigned_abs()));
    let [y1, y2] = pair(year / 100);
    let [y3, y4] = pair(year % 100);
    let [m1, m2] = of(time.month());
    let [d1, d2] = of(time.day());
    let [h1, h2] = of(time.hour());
    let [n1, n2] = of(time.minute());
    let [s1, s2] = of(time.second());
    out.extend_from_slice(&[
        y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2, separator, h1, h2, b':', n1, n2, b':', s1, s2,
    ]);
    let mut micros = time.subsec_nanosecond().unsigned_abs() / 1_000;
    if micros > 0 {
        let mut fraction = *b".000000";
        for digit in fraction[1..].iter_mut().rev() {
            *digit = b'0' + (micros % 10) as u8;
            micros /= 10;
        }
        let end = fraction
            .iter()
            .rposition(|digit| *digit != b'0')
            .map_or(0, |last| last + 1);
        out.extend_from_slice(&fraction[..end]);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{time_of, write_mysql, write_postgres, write_rfc_3339};

    #[test]
    fn each_form_has_its_ends() {
        for (given, postgres, mysql) in [
            (
                "1970-01-01T00:00:00Z",
                Some("'1970-01-01 00:00:00+00'"),
                Some("'1970-01-01 00:00:00'"),
            ),
            (
                "2026-11-25T09:08:07.123456Z",
                Some("'2026-11-25 09:08:07.123456+00'"),
                Some("'2026-11-25 09:08:07.123456'"),
            ),
            (
                "1969-12-31T23:59:59.5Z",
                Some("'1969-12-31 23:59:59.5+00'"),
                Some("'1969-12-31 23:59:59.5'"),
            ),
            (
                "2000-02-29T00:00:00.00001Z",
                Some("'2000-02-29 00:00:00.00001+00'"),
                Some("'2000-02-29 00:00:00.00001'"),
            ),
            (
                "0000-01-01T00:00:00Z",
                Some("'0001-01-01 00:00:00+00 BC'"),
                Some("'0000-01-01 00:00:00'"),
            ),
            (
                "-000001-12-31T23:59:59.999999Z",
                Some("'0002-12-31 23:59:59.999999+00 BC'"),
                None,
            ),
            ("-004713-11-24T00:00:00Z", Some("'4714-11-24 00:00:00+00 BC'"), None),
            ("-004713-11-23T23:59:59.999999Z", None, None),
            ("-009999-01-02T01:59:59Z", None, None),
            (
                "9999-12-30T22:00:00.999999Z",
                Some("'9999-12-30 22:00:00.999999+00'"),
                Some("'9999-12-30 22:00:00.999999'"),
            ),
        ] {
            let timestamp: Timestamp = given.parse().unwrap();
            let time = time_of(timestamp.as_microsecond()).unwrap();
            let mut out = Vec::new();
            write_rfc_3339(time, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), given);
            assert_eq!(timestamp.to_string(), given, "the other exporters write it alike");
            for (write, expected) in [(write_postgres as fn(_, &mut _) -> _, postgres), (write_mysql, mysql)] {
                let mut out = Vec::new();
                assert_eq!(write(time, &mut out), expected.is_some(), "{given}");
                assert_eq!(String::from_utf8(out).unwrap(), expected.unwrap_or(""));
            }
        }
    }

    #[test]
    fn a_time_outside_the_calendar_is_an_error() {
        assert!(time_of(i64::MAX).is_err());
    }
}
