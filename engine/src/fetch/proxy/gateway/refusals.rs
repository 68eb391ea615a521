//! The last refusals of a gateway.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{GatewayError, parse_host};

/// Why which targets were refused: the last of each, of the last few targets.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    count: u64,
    last: VecDeque<(String, u16, GatewayError)>,
}

impl Refusals {
    /// The targets whose refusals are kept.
    const MOST: usize = 64;

    pub(super) fn keep(&self, host: &str, port: u16, error: GatewayError) {
        let host = spelling(host);
        let mut kept = self.kept();
        kept.count += 1;
        kept.last
            .retain(|(known, at, _)| (known.as_str(), *at) != (&host, port));
        if kept.last.len() == Self::MOST {
            kept.last.pop_front();
        }
        kept.last.push_back((host, port, error));
    }

    pub(super) fn forget(&self, host: &str, port: u16) {
        let host = spelling(host);
        self.kept()
            .last
            .retain(|(known, at, _)| (known.as_str(), *at) != (&host, port));
    }

    pub(super) fn find(&self, host: &str, port: u16) -> Option<GatewayError> {
        let host = spelling(host);
        let kept = self.kept();
        let found = kept
            .last
            .iter()
            .find(|(known, at, _)| (known.as_str(), *at) == (&host, port));
        found.map(|(.., error)| error.clone())
    }

    pub(super) fn count(&self) -> u64 {
        self.kept().count
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One spelling for all of a host's: as a URL has it.
fn spelling(host: &str) -> String {
    parse_host(host).map_or_else(|_| host.to_owned(), |host| host.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(host: &str) -> GatewayError {
        GatewayError::Host { host: host.to_owned() }
    }

    #[test]
    fn the_last_of_each_target_is_kept() {
        let refusals = Refusals::default();
        refusals.keep("a.example", 80, error("first"));
        refusals.keep("A.example", 80, error("second"));
        refusals.keep("[::1]", 443, error("third"));
        let check = |host: &str, port: u16, expected: Option<&str>| {
            assert_eq!(refusals.find(host, port), expected.map(error), "{host}:{port}");
        };
        check("a.example", 80, Some("second"));
        check("a.example", 81, None);
        check("b.example", 80, None);
        check("[0:0::1]", 443, Some("third"));
        check("::1", 443, Some("third"));
        refusals.forget("a.EXAMPLE", 80);
        check("a.example", 80, None);
        assert_eq!(refusals.count(), 3);
    }

    #[test]
    fn only_so_many_are_kept() {
        let refusals = Refusals::default();
        for port in 1..=65 {
            refusals.keep("a.example", port, error("a.example"));
        }
        assert_eq!(refusals.find("a.example", 1), None);
        assert!(refusals.find("a.example", 2).is_some());
        assert!(refusals.find("a.example", 65).is_some());
        assert_eq!(refusals.count(), 65);
    }
}
