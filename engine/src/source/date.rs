//! The date variables of a source: `{{date}}`, `{{date:%Y-%m-%d}}`, `{{date-1d:%Y/%m}}`, `{{date+2w:…}}`.

use jiff::ToSpan as _;
use jiff::civil::Date;
use jiff::fmt::strtime;

use super::SourceError;

/// A date variable: the run's date, moved and formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateVariable {
    /// How far the date is moved, in units; negative goes back.
    pub offset: i32,
    /// The unit of `offset`.
    pub unit: DateUnit,
    /// How the date is written, in strftime's letters.
    pub format: String,
}

/// What a date variable counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateUnit {
    /// `d`
    Days,
    /// `w`
    Weeks,
    /// `m`, cut to the last day of a month that is shorter.
    Months,
    /// `y`, where 29 February becomes 28 February.
    Years,
}

/// The format of a variable that gives none: an ISO 8601 date.
const DEFAULT_FORMAT: &str = "%Y-%m-%d";
/// Far enough for every archive, and near enough for arithmetic within jiff's years.
const MAX_OFFSET: i32 = 10_000;

impl DateVariable {
    /// Reads what stands between `{{` and `}}`; `None` if that is no date variable, so that the braces are literal.
    pub(super) fn parse(inner: &str) -> Option<Result<Self, SourceError>> {
        let inner = inner.trim();
        let rest = inner.strip_prefix("date")?;
        if rest.starts_with(|next: char| next.is_alphanumeric() || next == '_') {
            return None;
        }
        let fault = |reason: String| SourceError::Date {
            variable: format!("{{{{{inner}}}}}"),
            reason,
        };
        Some(Self::parse_rest(rest).map_err(fault))
    }

    fn parse_rest(rest: &str) -> Result<Self, String> {
        let (moved, format) = match rest.split_once(':') {
            Some((moved, format)) => (moved.trim(), format),
            None => (rest.trim(), DEFAULT_FORMAT),
        };
        let (offset, unit) = if moved.is_empty() {
            (0, DateUnit::Days)
        } else {
            parse_offset(moved)?
        };
        let variable = Self {
            offset,
            unit,
            format: format.to_owned(),
        };
        // A leap day, so that a format or an offset that only fails on some days is not found by luck.
        variable.text(Date::constant(2024, 2, 29))?;
        Ok(variable)
    }

    /// The variable's text in a run of the day `today`.
    pub(super) fn text(&self, today: Date) -> Result<String, String> {
        let span = match self.unit {
            DateUnit::Days => self.offset.days(),
            DateUnit::Weeks => self.offset.weeks(),
            DateUnit::Months => self.offset.months(),
            DateUnit::Years => self.offset.years(),
        };
        let date = today
            .checked_add(span)
            .map_err(|_| "leaves the years that a date can have".to_owned())?;
        strtime::format(&self.format, date).map_err(|error| format!("has a format that gives no date: {error}"))
    }
}

fn parse_offset(moved: &str) -> Result<(i32, DateUnit), String> {
    let wrong = || "must be moved by a sign, a whole number and d, w, m or y, as in `{{date-1d}}`".to_owned();
    let unit = match moved.chars().next_back() {
        Some('d') => DateUnit::Days,
        Some('w') => DateUnit::Weeks,
        Some('m') => DateUnit::Months,
        Some('y') => DateUnit::Years,
        _ => return Err(wrong()),
    };
    let number = &moved[..moved.len() - 1];
    let digits = number.strip_prefix(['+', '-']).ok_or_else(wrong)?;
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong());
    }
    match number.parse::<i32>() {
        Ok(offset) if offset.abs() <= MAX_OFFSET => Ok((offset, unit)),
        _ => Err(format!("may be moved by at most {MAX_OFFSET}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = Date::constant(2026, 3, 31);

    #[test]
    fn gives_the_date_moved_and_formatted() {
        fn check(inner: &str, expected: &str) {
            let variable = DateVariable::parse(inner)
                .expect("a date variable")
                .expect("a good one");
            assert_eq!(variable.text(TODAY).expect("a date"), expected, "{inner}");
        }
        check("date", "2026-03-31");
        check(" date ", "2026-03-31");
        check("date:%Y/%m", "2026/03");
        check("date:%d%b:x", "31Mar:x");
        check("date-1d", "2026-03-30");
        check("date+1d:%Y-%m-%d", "2026-04-01");
        check("date+2w:%Y-%m-%d", "2026-04-14");
        check("date-1m", "2026-02-28");
        check("date+10y:%Y", "2036");
        check("date-10000d", "1998-11-13");
        check("date:", "");
    }

    #[test]
    fn says_what_is_wrong() {
        fn check(inner: &str, part: &str) {
            let error = DateVariable::parse(inner)
                .expect("a date variable")
                .expect_err(inner)
                .to_string();
            assert!(error.contains(part), "{inner}: {error}");
        }
        check("date-d", "sign, a whole number");
        check("date-1", "sign, a whole number");
        check("date-1h", "sign, a whole number");
        check("date-+1d", "sign, a whole number");
        check("date-1é", "sign, a whole number");
        check("date-10001d", "at most 10000");
        check("date-99999999999d", "at most 10000");
        check("date+10000y", "leaves the years");
        check("date:%Q!", "gives no date");
        check("date:%H", "gives no date");
    }

    #[test]
    fn leaves_other_braces_alone() {
        for inner in ["", "x", "dates", "date_of", "Date"] {
            assert_eq!(DateVariable::parse(inner), None, "{inner}");
        }
    }
}
