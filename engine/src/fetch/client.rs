//! The client of a run: a page for a URL, through redirects, retries and every limit.

mod fetching;
mod robots;
mod ways;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::ClientBuilder;
use reqwest::header::{HeaderMap, HeaderName, RETRY_AFTER};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::cookies::Cookies;
use super::environment::FetchEnvironment;
use super::error::{FetchError, FetchErrorKind};
use super::guard::AddressGuard;
use super::hosts::{HostLimits, HostPermit};
use super::page::{Fetched, FetchedPage, Validators};
use super::proxy::{NoProxy, ProxyRoute};
use super::request::Template;
use super::retry::{Decision, Retry, jitter, retry_after};
use super::settings::{FetchSettings, SettingsError};
use super::target::Target;
use super::throttle::Throttle;
use super::transport;
use crate::model::public;
use fetching::Fetching;
use robots::Manners;
use ways::Ways;

/// Fetches a run's pages. Clones share connections, cookies and the rate limit.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    ways: Ways,
    template: Template,
    /// That of other origins than the run's own.
    plain_template: Template,
    settings: FetchSettings,
    cookies: Cookies,
    /// The pace at which requests set out.
    throttle: Throttle,
    /// The same pace at which they leave, so that those which a host has held up do not go together.
    leaving: Throttle,
    hosts: HostLimits,
    manners: Option<Manners>,
    retry: Retry,
    guard: Option<AddressGuard>,
    timeout: Duration,
    max_redirects: u32,
    max_body_bytes: u64,
}

impl fmt::Debug for Client {
    /// Settings and cookies may hold secrets and are left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// The client of a run with these settings.
    ///
    /// # Errors
    /// Settings of which no request can be made.
    pub fn new(settings: &FetchSettings, environment: FetchEnvironment) -> Result<Self, SettingsError> {
        Self::build(
            settings,
            transport::builder(settings.timeout, environment.guard.as_ref()),
            Retry::new(settings.attempts),
            environment,
        )
    }

    fn build(
        settings: &FetchSettings,
        http: ClientBuilder,
        retry: Retry,
        environment: FetchEnvironment,
    ) -> Result<Self, SettingsError> {
        if settings.attempts == 0 {
            return Err(SettingsError::Attempts);
        }
        let FetchEnvironment {
            guard,
            hosts,
            robots,
            proxies,
        } = environment;
        let route = match (&settings.proxies, proxies) {
            (Some(wanted), Some(pool)) => ProxyRoute::new(&wanted.config, pool, &wanted.job),
            (Some(wanted), None) if wanted.config.enabled => {
                return Err(SettingsError::Proxies(NoProxy::NoneConfigured));
            }
            _ => None,
        };
        let template = Template::new(settings)?;
        let robots = robots.filter(|_| settings.robots);
        Ok(Self(Arc::new(Inner {
            manners: robots.map(|cache| Manners::new(cache, &template)),
            template,
            plain_template: Template::new(&settings.without_credentials())?,
            settings: settings.clone(),
            ways: Ways::new(http, route, guard.clone(), settings.timeout)?,
            cookies: Cookies::default(),
            throttle: Throttle::new(settings.rate),
            leaving: Throttle::new(settings.rate),
            hosts,
            retry,
            guard,
            timeout: settings.timeout,
            max_redirects: settings.max_redirects,
            max_body_bytes: settings.max_body_bytes,
        })))
    }

    /// Fetches a page: follows its redirects, and tries again what may pass.
    ///
    /// A retry repeats the request that failed, not the redirects that led to it, so that what a redirect had
    /// turned into a GET is not posted twice.
    ///
    /// # Errors
    /// The page's error, or that it was cancelled; requests under way are dropped then.
    pub async fn fetch(&self, url: &Url, cancel: &CancellationToken) -> Result<FetchedPage, FetchError> {
        match self.fetch_if_changed(url, &Validators::default(), cancel).await? {
            Fetched::Page(page) => Ok(page),
            // Nobody asked for it.
            Fetched::NotModified(answer) => Err(FetchError {
                url: answer.url,
                at: None,
                attempts: answer.attempts,
                kind: FetchErrorKind::HttpStatus {
                    status: 304,
                    retry_after: None,
                },
            }),
        }
    }

    /// Fetches a page as [`fetch`](Self::fetch) does, unless it is as it was when its server gave these validators
    /// (RFC 9110, 13.1).
    ///
    /// # Errors
    /// As [`fetch`](Self::fetch).
    pub async fn fetch_if_changed(
        &self,
        url: &Url,
        validators: &Validators,
        cancel: &CancellationToken,
    ) -> Result<Fetched, FetchError> {
        let target = Target::new(url).map_err(|kind| failed(url, None, 0, kind))?;
        let template = if self.0.settings.owns(url) {
            &self.0.template
        } else {
            &self.0.plain_template
        };
        let request = template.on(target).if_changed(validators);
        let mut fetching = Fetching::new(&self.0, request);
        let fetched = cancel
            .run_until_cancelled(fetching.run())
            .await
            .unwrap_or(Err(FetchErrorKind::Cancelled));
        fetched.map_err(|kind| failed(url, Some(fetching.request().target().url()), fetching.attempts(), kind))
    }

    /// Asks whether a page may be fetched at all, by other means too: its scheme, the address guard as far as a URL says
    /// what is dialled, and robots.txt, which is fetched if it is not known.
    ///
    /// # Errors
    /// Why it may not, or that it was cancelled.
    pub async fn may_fetch(&self, url: &Url, cancel: &CancellationToken) -> Result<(), FetchError> {
        let asked = async {
            let target = Target::new(url)?;
            self.0.may_fetch(&target).await.map(drop)
        };
        until_cancelled(url, cancel, asked).await
    }

    /// How long it is waited after an attempt at a page by other means that may fare better later; `None` if there were as many
    /// attempts as there may be. Attempts are counted from 1.
    pub fn wait_before_next(&self, attempt: u32) -> Option<Duration> {
        self.0.retry.after(attempt, jitter())
    }

    /// How long it is waited after an attempt at a page by other means that its server answered with an error, where it may
    /// fare better later; `asked` is the answer's `Retry-After`. Attempts are counted from 1.
    ///
    /// # Errors
    /// The page's error, where it is not tried again.
    pub fn wait_after_status(
        &self,
        status: u16,
        asked: Option<Duration>,
        attempt: u32,
    ) -> Result<Duration, FetchErrorKind> {
        let failure = FetchErrorKind::HttpStatus {
            status,
            retry_after: None,
        };
        match self.0.retry.decide(failure, attempt, asked, jitter()) {
            Decision::After(wait) => Ok(wait),
            Decision::GiveUp(failure) => Err(failure),
        }
    }

    /// The proxies of the run, if it wants some.
    pub fn route(&self) -> Option<&ProxyRoute> {
        self.0.ways.route()
    }

    /// What the run may reach.
    pub fn guard(&self) -> Option<&AddressGuard> {
        self.0.guard.as_ref()
    }

    /// Waits until a page may be fetched by other means, as a browser does: it must be allowed as
    /// [`may_fetch`](Self::may_fetch) has it, and counts as one of the run's requests and of its host's.
    ///
    /// The permit is held while the page is under way, and told how the server answered.
    ///
    /// # Errors
    /// Why it may not be fetched, or that it was cancelled.
    pub async fn admit(&self, url: &Url, cancel: &CancellationToken) -> Result<HostPermit, FetchError> {
        let asked = async {
            let target = Target::new(url)?;
            self.0.admit(&target).await
        };
        until_cancelled(url, cancel, asked).await
    }
}

impl Inner {
    /// Whether the target may be fetched, and the interval that its host's robots.txt asks for.
    async fn may_fetch(&self, target: &Target) -> Result<Duration, FetchErrorKind> {
        if let Some(guard) = &self.guard {
            guard.check_url(target.url())?;
        }
        self.crawl_delay(target).await
    }

    /// Waits for everything that a request to the target has to wait for.
    async fn admit(&self, target: &Target) -> Result<HostPermit, FetchErrorKind> {
        let crawl_delay = self.may_fetch(target).await?;
        self.throttle.wait().await;
        let permit = self.hosts.acquire(target.url(), crawl_delay).await;
        self.leaving.wait().await;
        permit.goes();
        Ok(permit)
    }
}

async fn until_cancelled<T>(
    url: &Url,
    cancel: &CancellationToken,
    asked: impl Future<Output = Result<T, FetchErrorKind>>,
) -> Result<T, FetchError> {
    let answer = cancel.run_until_cancelled(asked).await;
    answer
        .unwrap_or(Err(FetchErrorKind::Cancelled))
        .map_err(|kind| failed(url, None, 0, kind))
}

/// The error of the page that was asked for by `url`, where `at` is where its redirects have led.
fn failed(url: &Url, at: Option<&Url>, attempts: u32, kind: FetchErrorKind) -> FetchError {
    let url = public(url);
    let at = at.filter(|at| **at != url).cloned();
    FetchError {
        url,
        at,
        attempts,
        kind,
    }
}

/// A header as text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// The wait that a response's `Retry-After` asks for.
fn asked_to_wait(headers: &HeaderMap) -> Option<Duration> {
    text(headers, RETRY_AFTER).and_then(|asked| retry_after(&asked, Timestamp::now()))
}

#[cfg(test)]
mod tests;
