//! Whether one proxy works: failures in a row, cool-down, and the one request that may try it after.
//!
//! It knows no clock, no lock and no network: the pool gives it the time and tells it what happened.

use std::time::Duration;

use tokio::time::Instant;

use super::fault::ProxyFault;

/// When a proxy goes down, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthSettings {
    /// The failures in a row that take a proxy down, at least 1.
    pub failures: u32,
    /// How long it stays down at first; it doubles each time that the request that tries it then fails.
    pub cool_down: Duration,
    /// The longest time that it stays down at once.
    pub longest_cool_down: Duration,
    /// How often a proxy that is down is checked.
    pub check_every: Duration,
    /// How long a connection to a proxy, and a check of it, may take.
    pub timeout: Duration,
}

impl Default for HealthSettings {
    fn default() -> Self {
        Self {
            failures: 3,
            cool_down: Duration::from_secs(30),
            longest_cool_down: Duration::from_mins(10),
            check_every: Duration::from_secs(10),
            timeout: Duration::from_secs(10),
        }
    }
}

/// What is known of one proxy.
#[derive(Debug, Default)]
pub(super) struct Health {
    /// Failures since the last success.
    failures: u32,
    /// The targets that no connection was opened to since then: a target counts once, because it may be the one to blame.
    targets: Vec<String>,
    /// How often in a row it went down without a request getting through in between.
    rounds: u32,
    /// Whether a fault that did not count makes it worth a check.
    suspect: bool,
    down: Option<Down>,
}

/// Of a proxy that is down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Down {
    /// Since when.
    pub(super) since: Instant,
    /// What took it down.
    pub(super) fault: ProxyFault,
    /// From when on a request may try it.
    until: Instant,
    /// Until when another request is trying it, which then is taken for lost.
    trial: Option<Instant>,
}

/// Whether a proxy may get a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It works, as far as is known.
    Up,
    /// It is down, and one request may try it.
    Trial,
    /// It is down.
    Down,
}

/// A change of standing, which is worth a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It went down, and for how long.
    WentDown(Duration),
    /// It is back.
    CameBack,
}

impl Health {
    /// After what time a request that tries a proxy is taken for lost, so that the next may try.
    const TRIAL: Duration = Duration::from_mins(1);

    pub(super) fn standing(&self, now: Instant) -> Standing {
        match &self.down {
            None => Standing::Up,
            Some(down) if now >= down.until && down.trial.is_none_or(|lost| now >= lost) => Standing::Trial,
            Some(_) => Standing::Down,
        }
    }

    pub(super) fn down(&self) -> Option<&Down> {
        self.down.as_ref()
    }

    /// Whether the health check should look at it.
    pub(super) fn wants_check(&self) -> bool {
        self.suspect || self.down.is_some()
    }

    /// A request is sent through it.
    pub(super) fn take(&mut self, now: Instant) {
        if let Some(down) = &mut self.down {
            down.trial = Some(now + Self::TRIAL);
        }
    }

    /// A request got through it.
    pub(super) fn succeeded(&mut self) -> Option<Change> {
        let was_down = self.down.is_some();
        *self = Self::default();
        was_down.then_some(Change::CameBack)
    }

    /// A request to `target` did not.
    pub(super) fn failed(
        &mut self,
        target: &str,
        fault: &ProxyFault,
        settings: &HealthSettings,
        now: Instant,
    ) -> Option<Change> {
        if let Some(down) = &self.down {
            // Others may still come back from before it went down; only the one that tries it tells news.
            return down.trial.is_some().then(|| self.go_down(fault, settings, now));
        }
        if fault.may_be_the_targets() {
            self.suspect = true;
            if self.targets.iter().any(|known| known == target) {
                return None;
            }
            self.targets.push(target.to_owned());
        }
        self.failures += 1;
        (self.failures >= settings.failures).then(|| self.go_down(fault, settings, now))
    }

    /// Something happened that says too little to count, and makes it worth a check.
    pub(super) fn doubt(&mut self) {
        self.suspect = true;
    }

    /// The health check got its answer. What the check can see is mended by it; where the proxy only opened no connections,
    /// the answer proves little, and a request tries it at once the first time, after the cool-down the next ones.
    pub(super) fn answered(&mut self, now: Instant) -> Option<Change> {
        self.suspect = false;
        let down = self.down.as_mut()?;
        if down.fault.may_be_the_targets() {
            if self.rounds == 1 {
                down.until = down.until.min(now);
            }
            return None;
        }
        self.down = None;
        self.failures = 0;
        self.targets.clear();
        Some(Change::CameBack)
    }

    /// The health check got none.
    pub(super) fn did_not_answer(
        &mut self,
        fault: &ProxyFault,
        settings: &HealthSettings,
        now: Instant,
    ) -> Option<Change> {
        self.suspect = false;
        match &mut self.down {
            None => Some(self.go_down(fault, settings, now)),
            Some(down) => {
                down.fault = fault.clone();
                None
            }
        }
    }

    fn go_down(&mut self, fault: &ProxyFault, settings: &HealthSettings, now: Instant) -> Change {
        let doubled = 2u32
            .checked_pow(self.rounds)
            .and_then(|factor| settings.cool_down.checked_mul(factor));
        let cool_down = doubled.map_or(settings.longest_cool_down, |it| it.min(settings.longest_cool_down));
        self.rounds = self.rounds.saturating_add(1);
        self.down = Some(Down {
            since: self.down.as_ref().map_or(now, |down| down.since),
            fault: fault.clone(),
            until: now + cool_down,
            trial: None,
        });
        Change::WentDown(cool_down)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    struct Proxy {
        health: Health,
        settings: HealthSettings,
        now: Instant,
    }

    impl Proxy {
        fn new() -> Self {
            Self {
                health: Health::default(),
                settings: HealthSettings::default(),
                now: Instant::now(),
            }
        }

        fn fail(&mut self, fault: &ProxyFault, target: &str) -> Option<Change> {
            self.health.failed(target, fault, &self.settings, self.now)
        }

        fn standing(&self) -> Standing {
            self.health.standing(self.now)
        }

        /// Waits for the end of the cool-down, which has this length, and takes it for a request.
        fn try_after(&mut self, cool_down: Duration) {
            self.now += cool_down.saturating_sub(SECOND);
            assert_eq!(self.standing(), Standing::Down);
            self.now += SECOND;
            assert_eq!(self.standing(), Standing::Trial);
            self.health.take(self.now);
            assert_eq!(self.standing(), Standing::Down);
        }
    }

    fn unreachable() -> ProxyFault {
        ProxyFault::Unreachable {
            reason: "refused".to_owned(),
        }
    }

    fn no_tunnel() -> ProxyFault {
        ProxyFault::NoTunnel {
            reason: "unsuccessful".to_owned(),
        }
    }

    #[test]
    fn failures_in_a_row_take_it_down() {
        let mut proxy = Proxy::new();
        for _ in 0..2 {
            assert_eq!(proxy.fail(&unreachable(), "a"), None);
        }
        assert_eq!(proxy.health.succeeded(), None);
        for _ in 0..2 {
            assert_eq!(proxy.fail(&ProxyFault::Credentials, "a"), None);
            assert_eq!(proxy.standing(), Standing::Up);
        }
        assert_eq!(proxy.fail(&unreachable(), "a"), Some(Change::WentDown(SECOND * 30)));
        assert_eq!(proxy.standing(), Standing::Down);
    }

    #[test]
    fn the_cool_down_doubles_until_a_request_gets_through() {
        let mut proxy = Proxy::new();
        for _ in 0..3 {
            proxy.fail(&unreachable(), "a");
        }
        let since = proxy.now;
        for (cool_down, next) in [(30, 60), (60, 120), (120, 240), (240, 480), (480, 600), (600, 600)] {
            proxy.try_after(SECOND * cool_down);
            assert_eq!(proxy.fail(&unreachable(), "a"), Some(Change::WentDown(SECOND * next)));
        }
        assert_eq!(proxy.health.down().unwrap().since, since);
        proxy.try_after(SECOND * 600);
        assert_eq!(proxy.health.succeeded(), Some(Change::CameBack));
        assert_eq!(proxy.standing(), Standing::Up);
        for _ in 0..2 {
            assert_eq!(proxy.fail(&unreachable(), "a"), None);
        }
        assert_eq!(proxy.fail(&unreachable(), "a"), Some(Change::WentDown(SECOND * 30)));
    }

    #[test]
    fn a_failure_from_before_it_went_down_tells_nothing() {
        let mut proxy = Proxy::new();
        for _ in 0..3 {
            proxy.fail(&unreachable(), "a");
        }
        assert_eq!(proxy.fail(&unreachable(), "a"), None);
        proxy.try_after(SECOND * 30);
    }

    #[test]
    fn a_request_that_never_comes_back_makes_room_for_another() {
        let mut proxy = Proxy::new();
        for _ in 0..3 {
            proxy.fail(&unreachable(), "a");
        }
        proxy.try_after(SECOND * 30);
        proxy.now += SECOND * 59;
        assert_eq!(proxy.standing(), Standing::Down);
        proxy.now += SECOND;
        assert_eq!(proxy.standing(), Standing::Trial);
    }

    #[test]
    fn a_target_that_may_be_to_blame_counts_once() {
        let mut proxy = Proxy::new();
        for _ in 0..100 {
            assert_eq!(proxy.fail(&no_tunnel(), "dead.example"), None);
        }
        assert!(proxy.health.wants_check());
        assert_eq!(proxy.fail(&no_tunnel(), "b.example"), None);
        assert_eq!(
            proxy.fail(&no_tunnel(), "c.example"),
            Some(Change::WentDown(SECOND * 30))
        );
    }

    #[test]
    fn an_answer_takes_it_back_where_it_proves_something() {
        let mut proxy = Proxy::new();
        for _ in 0..3 {
            proxy.fail(&unreachable(), "a");
        }
        assert!(proxy.health.wants_check());
        assert_eq!(proxy.health.answered(proxy.now), Some(Change::CameBack));
        assert_eq!(proxy.standing(), Standing::Up);
        // No request has got through, so the next cool-down is longer.
        for _ in 0..2 {
            assert_eq!(proxy.fail(&unreachable(), "a"), None);
        }
        assert_eq!(proxy.fail(&unreachable(), "a"), Some(Change::WentDown(SECOND * 60)));
    }

    #[test]
    fn an_answer_lets_a_request_try_where_only_connections_failed() {
        let mut proxy = Proxy::new();
        for target in ["a", "b", "c"] {
            proxy.fail(&no_tunnel(), target);
        }
        assert_eq!(proxy.health.answered(proxy.now), None);
        assert_eq!(proxy.standing(), Standing::Trial);
        proxy.health.take(proxy.now);
        assert_eq!(proxy.fail(&no_tunnel(), "a"), Some(Change::WentDown(SECOND * 60)));
        assert_eq!(proxy.health.answered(proxy.now), None);
        assert_eq!(proxy.standing(), Standing::Down);
        proxy.try_after(SECOND * 60);
    }

    #[test]
    fn a_suspect_that_does_not_answer_goes_down() {
        let mut proxy = Proxy::new();
        proxy.fail(&no_tunnel(), "a");
        let change = proxy.health.did_not_answer(&unreachable(), &proxy.settings, proxy.now);
        assert_eq!(change, Some(Change::WentDown(SECOND * 30)));
        assert_eq!(proxy.health.answered(proxy.now), Some(Change::CameBack));
        assert!(!proxy.health.wants_check());
    }
}
