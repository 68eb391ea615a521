//! Points in time as pages write them.

use jiff::civil::DateTime;
use jiff::fmt::temporal::Pieces;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, Unit};

/// Reads RFC 3339, an ISO 8601 date or date-time, or RFC 2822; or what `format` says, in strftime's letters. A text
/// without an offset or time zone is in UTC, a date without a time is its midnight. Digits beyond the microsecond are cut off:
/// no format of a file holds more, and a row says the same wherever it is read.
pub(super) fn datetime(text: &str, format: Option<&str>) -> Option<Timestamp> {
    let time = match format {
        Some(format) => formatted(text, format),
        None => iso_8601(text).or_else(|| rfc2822::DateTimeParser::new().parse_timestamp(text).ok()),
    };
    let microseconds = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Floor);
    time?.round(microseconds).ok()
}

fn iso_8601(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    let datetime = DateTime::from_parts(pieces.date(), pieces.time().unwrap_or_default());
    if let Some(offset) = pieces.to_numeric_offset() {
        return offset.to_timestamp(datetime).ok();
    }
    let zone = pieces.to_time_zone().ok()?.unwrap_or(TimeZone::UTC);
    zone.to_timestamp(datetime).ok()
}

fn formatted(text: &str, format: &str) -> Option<Timestamp> {
    let time = strtime::parse(format, text).ok()?;
    if let Some(timestamp) = time.timestamp() {
        return Some(timestamp);
    }
    let datetime = time.to_datetime().ok()?;
    if let Some(offset) = time.offset() {
        return offset.to_timestamp(datetime).ok();
    }
    let zone = time.iana_time_zone().map_or(Ok(TimeZone::UTC), TimeZone::get).ok()?;
    zone.to_timestamp(datetime).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, format: Option<&str>, expected: &str) {
        let found = datetime(text, format).map_or("none".to_owned(), |time| time.to_string());
        assert_eq!(found, expected, "{text} by {format:?}");
    }

    #[test]
    fn the_standard_forms() {
        let check = |text: &str, expected: &str| check(text, None, expected);
        check("2024-01-15T10:00:00Z", "2024-01-15T10:00:00Z");
        check("2024-01-15T10:00:00.25+02:00", "2024-01-15T08:00:00.25Z");
        check("2024-01-15t10:00:00z", "2024-01-15T10:00:00Z");
        check("2024-01-15T10:00:00.123456Z", "2024-01-15T10:00:00.123456Z");
        check("2024-01-15T10:00:00.1234569Z", "2024-01-15T10:00:00.123456Z");
        check("1969-12-31T23:59:59.9999999Z", "1969-12-31T23:59:59.999999Z");
        check("2024-01-15", "2024-01-15T00:00:00Z");
        check("2024-01-15T10:00", "2024-01-15T10:00:00Z");
        check("2024-01-15 10:00:05", "2024-01-15T10:00:05Z");
        check("20240115T100000Z", "2024-01-15T10:00:00Z");
        check("2024-07-15T10:00[Europe/Paris]", "2024-07-15T08:00:00Z");
        check("Tue, 15 Nov 1994 08:12:31 GMT", "1994-11-15T08:12:31Z");
        check("Tue, 15 Nov 1994 08:12:31 -0500", "1994-11-15T13:12:31Z");
        check("15 Nov 1994 08:12 +0000", "1994-11-15T08:12:00Z");
        check("2024-02-30", "none");
        check("15.01.2024", "none");
        check("yesterday", "none");
        check("1705312800", "none");
        check("10:00", "none");
        check("", "none");
        check("Mon, 15 Nov 1994 08:12:31 GMT", "none");
        check("2024-07-15T10:00[Nowhere/City]", "none");
    }

    #[test]
    fn a_form_of_ones_own() {
        let check = |text: &str, format: &str, expected: &str| check(text, Some(format), expected);
        check("15.01.2024", "%d.%m.%Y", "2024-01-15T00:00:00Z");
        check("15 January 2024, 9:05 PM", "%d %B %Y, %I:%M %p", "2024-01-15T21:05:00Z");
        check("2024-01-15 10:00 +0200", "%Y-%m-%d %H:%M %z", "2024-01-15T08:00:00Z");
        check(
            "2024-07-15 10:00 Europe/Paris",
            "%Y-%m-%d %H:%M %Q",
            "2024-07-15T08:00:00Z",
        );
        check("1705312800", "%s", "2024-01-15T10:00:00Z");
        check("15.01.2024", "%Y-%m-%d", "none");
        check("15.01.2024 x", "%d.%m.%Y", "none");
        check("31.02.2024", "%d.%m.%Y", "none");
    }
}
