//! When a failed request is tried again, and after what wait.
//!
//! Only arithmetic: who waits is the client.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use rand::RngExt;

use super::error::FetchErrorKind;
use super::proxy::ProxyFault;

/// The longest `Retry-After` that is obeyed; a page whose server asks for more fails.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_mins(2);

/// The attempts at a page and the waits between them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retry {
    attempts: u32,
    shortest: Duration,
    longest: Duration,
}

/// What to do about a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// Try again after this wait.
    After(Duration),
    /// This is the page's error.
    GiveUp(FetchErrorKind),
}

impl Retry {
    /// So many attempts in all, with waits from half a second to half a minute.
    pub(super) fn new(attempts: u32) -> Self {
        Self {
            attempts,
            shortest: Duration::from_millis(500),
            longest: Duration::from_secs(30),
        }
    }

    /// Waits that a test can afford.
    #[cfg(test)]
    pub(super) fn with_waits(mut self, shortest: Duration, longest: Duration) -> Self {
        (self.shortest, self.longest) = (shortest, longest);
        self
    }

    /// Decides about the failure of the `attempt`-th attempt, counted from 1. `asked` is the response's
    /// `Retry-After`, `random` a number in 0..1.
    pub(super) fn decide(
        &self,
        failure: FetchErrorKind,
        attempt: u32,
        asked: Option<Duration>,
        random: f64,
    ) -> Decision {
        if !is_transient(&failure) {
            return Decision::GiveUp(failure);
        }
        match (failure, asked) {
            (FetchErrorKind::HttpStatus { status, .. }, Some(asked)) if asked > LONGEST_RETRY_AFTER => {
                Decision::GiveUp(FetchErrorKind::HttpStatus {
                    status,
                    retry_after: Some(asked),
                })
            }
            (failure, asked) => match self.after(attempt, random) {
                Some(wait) => Decision::After(wait.max(asked.unwrap_or_default())),
                None => Decision::GiveUp(failure),
            },
        }
    }

    /// The wait after the `attempt`-th attempt, counted from 1, if there may be another one.
    pub(super) fn after(&self, attempt: u32, random: f64) -> Option<Duration> {
        (attempt < self.attempts).then(|| self.back_off(attempt, random))
    }

    /// Between one and two times `shortest · 2^(attempt − 1)`, never above `longest`: the jitter keeps pages that
    /// failed together from coming back together.
    fn back_off(&self, attempt: u32, random: f64) -> Duration {
        let base = self
            .shortest
            .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
            .min(self.longest);
        base.saturating_add(base.mul_f64(random)).min(self.longest)
    }
}

/// A number in 0..1 for [`Retry::decide`].
pub(super) fn jitter() -> f64 {
    rand::rng().random()
}

/// Whether the same request may fare better later.
pub(super) fn is_transient(failure: &FetchErrorKind) -> bool {
    match failure {
        FetchErrorKind::Dns { .. } | FetchErrorKind::Connect { .. } | FetchErrorKind::Timeout { .. } => true,
        FetchErrorKind::HttpStatus { status, .. } => matches!(status, 408 | 429 | 500..=599),
        // A proxy that opened no connection may have said what the connection would have said without it.
        FetchErrorKind::Proxy { fault, .. } => matches!(fault, ProxyFault::NoTunnel { .. }),
        FetchErrorKind::Scheme { .. }
        | FetchErrorKind::Blocked(_)
        | FetchErrorKind::Robots(_)
        | FetchErrorKind::Unrequestable { .. }
        | FetchErrorKind::Location { .. }
        | FetchErrorKind::Tls { .. }
        | FetchErrorKind::TooManyRedirects { .. }
        | FetchErrorKind::RedirectLoop
        | FetchErrorKind::BodyTooLarge { .. }
        | FetchErrorKind::BadEncoding { .. }
        | FetchErrorKind::NoProxy(_)
        | FetchErrorKind::Cancelled => false,
    }
}

/// The wait that a `Retry-After` header asks for (RFC 9110, 10.2.3): seconds, or a date in one of the three forms
/// of 5.6.7. A date gone by asks for none; a value of neither kind is as if it were absent.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = http_date(value)?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

fn http_date(value: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(value).ok().or_else(|| {
        ["%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"]
            .iter()
            .find_map(|format| {
                let civil = strtime::parse(format, value).ok()?.to_datetime().ok()?;
                TimeZone::UTC.to_timestamp(civil).ok()
            })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Stage;

    fn status(status: u16) -> FetchErrorKind {
        FetchErrorKind::HttpStatus {
            status,
            retry_after: None,
        }
    }

    fn connect() -> FetchErrorKind {
        FetchErrorKind::Connect {
            host: "h".into(),
            stage: Stage::Connecting,
            reason: "refused".into(),
        }
    }

    #[test]
    fn waits_grow_from_half_a_second_to_half_a_minute() {
        let check = |attempt: u32, random: f64, millis: u64| {
            let decision = Retry::new(u32::MAX).decide(connect(), attempt, None, random);
            assert_eq!(
                decision,
                Decision::After(Duration::from_millis(millis)),
                "{attempt}, {random}"
            );
        };
        check(1, 0.0, 500);
        check(1, 0.5, 750);
        check(2, 0.0, 1000);
        check(2, 1.0, 2000);
        check(6, 0.0, 16_000);
        check(6, 0.999, 30_000);
        check(7, 0.0, 30_000);
        check(1_000_000, 0.5, 30_000);
    }

    #[test]
    fn what_may_pass_is_tried_again() {
        let again = |failure: FetchErrorKind| matches!(Retry::new(2).decide(failure, 1, None, 0.0), Decision::After(_));
        for code in [408, 429, 500, 502, 503, 504, 599] {
            assert!(again(status(code)), "{code}");
        }
        for code in [304, 400, 401, 403, 404, 407, 410, 428, 430, 499] {
            assert!(!again(status(code)), "{code}");
        }
        assert!(again(connect()));
        assert!(again(FetchErrorKind::Timeout {
            limit: Duration::ZERO,
            stage: Stage::Reading
        }));
        assert!(again(FetchErrorKind::Dns {
            host: "h".into(),
            reason: "none".into()
        }));
        assert!(!again(FetchErrorKind::Tls {
            host: "h".into(),
            reason: "expired".into()
        }));
        assert!(!again(FetchErrorKind::BodyTooLarge { limit: 1 }));
        assert!(!again(FetchErrorKind::BadEncoding {
            coding: "gzip".into(),
            reason: "cut".into()
        }));
        assert!(!again(FetchErrorKind::RedirectLoop));
    }

    #[test]
    fn attempts_are_counted_in_all() {
        let decide = |attempts, attempt| Retry::new(attempts).decide(connect(), attempt, None, 0.0);
        assert_eq!(decide(1, 1), Decision::GiveUp(connect()));
        assert_eq!(decide(4, 3), Decision::After(Duration::from_secs(2)));
        assert_eq!(decide(4, 4), Decision::GiveUp(connect()));
    }

    #[test]
    fn retry_after_is_obeyed_up_to_two_minutes() {
        let decide = |asked| Retry::new(2).decide(status(503), 1, Some(Duration::from_secs(asked)), 0.0);
        assert_eq!(
            decide(0),
            Decision::After(Duration::from_millis(500)),
            "never sooner than the back-off"
        );
        assert_eq!(decide(7), Decision::After(Duration::from_secs(7)));
        assert_eq!(decide(120), Decision::After(Duration::from_mins(2)));
        let too_long = FetchErrorKind::HttpStatus {
            status: 503,
            retry_after: Some(Duration::from_secs(121)),
        };
        assert_eq!(decide(121), Decision::GiveUp(too_long));
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "1994-11-06T08:49:00Z".parse().unwrap();
        let check = |value: &str, seconds: Option<u64>| {
            assert_eq!(retry_after(value, now), seconds.map(Duration::from_secs), "{value}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("99999999999999999999999", Some(u64::MAX));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(37));
        check("Sunday, 06-Nov-94 08:49:37 GMT", Some(37));
        check("Sun Nov  6 08:49:37 1994", Some(37));
        check("Sun, 06 Nov 1994 08:48:00 GMT", Some(0));
        check("-1", None);
        check("1.5", None);
        check("soon", None);
        check("", None);
    }
}
