//! The client of a run: a page for a URL, through redirects, retries and the rate limit.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED, RETRY_AFTER};
use reqwest::{ClientBuilder, Method, StatusCode};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use url::Url;

use super::body::{self, BodyError};
use super::cookies::Cookies;
use super::error::{FetchError, FetchErrorKind, Stage};
use super::guard::AddressGuard;
use super::media_type::ContentType;
use super::page::FetchedPage;
use super::redirect::redirected;
use super::request::{Request, Template};
use super::retry::{Decision, Retry, jitter, retry_after};
use super::settings::{FetchSettings, SettingsError};
use super::target::{Target, public};
use super::throttle::Throttle;
use super::transport;

/// Fetches a run's pages. Clones share connections, cookies and the rate limit.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    template: Template,
    cookies: Cookies,
    throttle: Throttle,
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
    /// The client of a run with these settings. Without a guard every address can be reached, and the environment's proxies
    /// (`HTTPS_PROXY` and its kin) are used.
    ///
    /// # Errors
    /// Settings of which no request can be made.
    pub fn new(settings: &FetchSettings, guard: Option<AddressGuard>) -> Result<Self, SettingsError> {
        Self::build(
            settings,
            transport::builder(settings.timeout, guard.as_ref()),
            Retry::new(settings.attempts),
            guard,
        )
    }

    fn build(
        settings: &FetchSettings,
        http: ClientBuilder,
        retry: Retry,
        guard: Option<AddressGuard>,
    ) -> Result<Self, SettingsError> {
        if settings.attempts == 0 {
            return Err(SettingsError::Attempts);
        }
        Ok(Self(Arc::new(Inner {
            template: Template::new(settings)?,
            http: http
                .build()
                .map_err(|error| SettingsError::Transport(transport::root_cause(&error)))?,
            cookies: Cookies::default(),
            throttle: Throttle::new(settings.rate),
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
        let error = |at: Option<&Url>, attempts: u32, kind| {
            let url = public(url);
            let at = at.filter(|at| **at != url).cloned();
            FetchError {
                url,
                at,
                attempts,
                kind,
            }
        };
        let target = Target::new(url).map_err(|kind| error(None, 0, kind))?;
        let mut fetching = Fetching {
            client: &self.0,
            request: self.0.template.on(target),
            attempts: 0,
            cookies_sent: None,
            visited: Vec::new(),
            stage: Stage::Waiting,
        };
        let fetched = cancel
            .run_until_cancelled(fetching.run())
            .await
            .unwrap_or(Err(FetchErrorKind::Cancelled));
        fetched.map_err(|kind| error(Some(fetching.request.target().url()), fetching.attempts, kind))
    }
}

/// What makes two requests the same to a server: a third visit would only repeat the second.
type Visit = (Method, Url, Option<HeaderValue>);

/// One page on its way.
struct Fetching<'a> {
    client: &'a Inner,
    /// The request at hand: the page's own, or that of its last redirect.
    request: Request,
    attempts: u32,
    /// The cookies that went with it, which its response may have changed since.
    cookies_sent: Option<HeaderValue>,
    /// The requests that were redirected.
    visited: Vec<Visit>,
    stage: Stage,
}

/// A failed attempt, and what its response's `Retry-After` asks for.
struct Failure {
    kind: FetchErrorKind,
    retry_after: Option<Duration>,
}

impl From<FetchErrorKind> for Failure {
    fn from(kind: FetchErrorKind) -> Self {
        Self {
            kind,
            retry_after: None,
        }
    }
}

/// What a request led to.
enum Outcome {
    Page {
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    },
    Redirect(Box<Request>),
}

impl Fetching<'_> {
    async fn run(&mut self) -> Result<FetchedPage, FetchErrorKind> {
        loop {
            self.attempts += 1;
            let Failure { kind, retry_after } = match self.attempt().await {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            match self.client.retry.decide(kind, self.attempts, retry_after, jitter()) {
                Decision::GiveUp(kind) => return Err(kind),
                Decision::After(wait) => {
                    info!(url = %self.request.target().url(), attempt = self.attempts, ?wait, "trying again later");
                    sleep(wait).await;
                }
            }
        }
    }

    /// Sends the request at hand and those that its redirects ask for.
    async fn attempt(&mut self) -> Result<FetchedPage, Failure> {
        loop {
            if let Some(guard) = &self.client.guard {
                guard
                    .check_url(self.request.target().url())
                    .map_err(FetchErrorKind::Blocked)?;
            }
            self.client.throttle.wait().await;
            let started = Instant::now();
            let limit = self.client.timeout;
            self.stage = Stage::Waiting;
            let outcome = match timeout(limit, self.exchange()).await {
                Ok(outcome) => outcome,
                Err(_) => Err(FetchErrorKind::Timeout {
                    limit,
                    stage: self.stage,
                }
                .into()),
            };
            let outcome = outcome.inspect_err(|failure| {
                let url = self.request.target().url();
                debug!(%url, attempt = self.attempts, code = %failure.kind.code(), error = %failure.kind, "request failed");
            })?;
            match outcome {
                Outcome::Page { status, headers, body } => return Ok(self.page(status, &headers, body, started)),
                Outcome::Redirect(next) => self.turn_to(*next)?,
            }
        }
    }

    /// One request and its response.
    async fn exchange(&mut self) -> Result<Outcome, Failure> {
        let Inner {
            http,
            cookies,
            timeout,
            max_body_bytes,
            ..
        } = self.client;
        self.cookies_sent = self.cookie_header(&self.request);
        let target = self.request.target();
        let response = transport::send(http, &self.request, self.cookies_sent.clone(), *timeout).await?;
        let status = response.status();
        debug!(url = %target.url(), attempt = self.attempts, status = status.as_u16(), "response");
        cookies.keep(response.headers(), target.url());
        if let Some(next) = redirected(&self.request, status, response.headers())? {
            return Ok(Outcome::Redirect(Box::new(next)));
        }
        if !status.is_success() {
            let asked = text(response.headers(), RETRY_AFTER);
            return Err(Failure {
                kind: FetchErrorKind::HttpStatus {
                    status: status.as_u16(),
                    retry_after: None,
                },
                retry_after: asked.and_then(|asked| retry_after(&asked, Timestamp::now())),
            });
        }
        self.stage = Stage::Reading;
        let headers = response.headers().clone();
        let body = body::read(
            &headers,
            response.content_length(),
            response.bytes_stream(),
            *max_body_bytes,
        )
        .await
        .map_err(|error| match error {
            BodyError::TooLarge => FetchErrorKind::BodyTooLarge { limit: *max_body_bytes },
            BodyError::Coding { coding, reason } => FetchErrorKind::BadEncoding { coding, reason },
            BodyError::Connection(error) => transport::failure(&error, target, Stage::Reading),
        })?;
        Ok(Outcome::Page { status, headers, body })
    }

    /// Takes up a redirect, unless there were too many or it goes in a circle.
    fn turn_to(&mut self, next: Request) -> Result<(), FetchErrorKind> {
        let limit = self.client.max_redirects;
        if self.visited.len() >= limit as usize {
            return Err(FetchErrorKind::TooManyRedirects { limit });
        }
        self.visited.push(visit(&self.request, self.cookies_sent.take()));
        // Coming back with a new cookie is how sites ask whether cookies are kept, and no circle.
        if self.visited.contains(&visit(&next, self.cookie_header(&next))) {
            return Err(FetchErrorKind::RedirectLoop);
        }
        debug!(from = %self.request.target().url(), to = %next.target().url(), "redirect");
        self.request = next;
        Ok(())
    }

    fn page(&self, status: StatusCode, headers: &HeaderMap, body: Bytes, started: Instant) -> FetchedPage {
        let ContentType { media_type, charset } = ContentType::of(headers, &body);
        FetchedPage {
            url: self.request.target().url().clone(),
            status: status.as_u16(),
            media_type,
            charset,
            etag: text(headers, ETAG),
            last_modified: text(headers, LAST_MODIFIED),
            body,
            attempts: self.attempts,
            redirects: self.visited.len() as u32,
            fetched_at: Timestamp::now(),
            elapsed: started.elapsed(),
        }
    }

    fn cookie_header(&self, request: &Request) -> Option<HeaderValue> {
        self.client.cookies.header(request.target().url(), request.cookies())
    }
}

fn visit(request: &Request, cookies: Option<HeaderValue>) -> Visit {
    (request.method().clone(), request.target().url().clone(), cookies)
}

/// A header as text.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
