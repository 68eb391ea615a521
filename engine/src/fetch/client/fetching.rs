//! One page on its way: its requests, one after another, until there is a page or an error.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{ETAG, HeaderMap, HeaderValue, LAST_MODIFIED};
use reqwest::{Method, StatusCode};
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, info};
use url::Url;

use super::ways::Tries;
use super::{Inner, asked_to_wait, text};
use crate::fetch::body::{self, BodyError};
use crate::fetch::error::{FetchErrorKind, Stage};
use crate::fetch::hosts::HostPermit;
use crate::fetch::media_type::ContentType;
use crate::fetch::page::{Fetched, FetchedPage, NotModified, Validators};
use crate::fetch::redirect::redirected;
use crate::fetch::request::Request;
use crate::fetch::retry::{Decision, jitter};
use crate::fetch::transport;

/// What makes two requests the same to a server: a third visit would only repeat the second.
type Visit = (Method, Url, Option<HeaderValue>);

/// One page on its way.
pub(super) struct Fetching<'a> {
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
    /// A proxy was at fault, and there is another way to try.
    AnotherWay,
    NotModified {
        headers: HeaderMap,
        asked: Validators,
    },
}

impl<'a> Fetching<'a> {
    /// A page of which nothing has been asked yet.
    pub(super) fn new(client: &'a Inner, request: Request) -> Self {
        Self {
            client,
            request,
            attempts: 0,
            cookies_sent: None,
            visited: Vec::new(),
            stage: Stage::Waiting,
        }
    }

    /// The request at hand.
    pub(super) fn request(&self) -> &Request {
        &self.request
    }

    /// The attempts begun so far.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Fetches it.
    pub(super) async fn run(&mut self) -> Result<Fetched, FetchErrorKind> {
        loop {
            self.attempts += 1;
            let Failure { kind, retry_after } = match self.attempt().await {
                Ok(fetched) => return Ok(fetched),
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
    async fn attempt(&mut self) -> Result<Fetched, Failure> {
        let ways = &self.client.ways;
        let mut tries = ways.tries(&self.request);
        loop {
            // It ends with this round, since a redirect may need the same host's next.
            let permit = self.client.admit(self.request.target()).await?;
            let started = Instant::now();
            let limit = self.client.timeout;
            self.stage = Stage::Waiting;
            let outcome = match timeout(limit, self.exchange(&mut tries, &permit)).await {
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
                Outcome::Page { status, headers, body } => {
                    return Ok(Fetched::Page(self.page(status, &headers, body, started)));
                }
                Outcome::NotModified { headers, asked } => {
                    return Ok(Fetched::NotModified(self.not_modified(&headers, asked, started)));
                }
                Outcome::AnotherWay => {}
                Outcome::Redirect(next) => {
                    self.turn_to(*next)?;
                    tries = ways.tries(&self.request);
                }
            }
        }
    }

    /// One request and its response.
    async fn exchange(&mut self, tries: &mut Tries<'_>, permit: &HostPermit) -> Result<Outcome, Failure> {
        let Inner {
            cookies,
            max_body_bytes,
            ..
        } = self.client;
        self.cookies_sent = self.cookie_header(&self.request);
        let target = self.request.target();
        let Some(response) = tries.send(&self.request, self.cookies_sent.as_ref()).await? else {
            return Ok(Outcome::AnotherWay);
        };
        let status = response.status();
        debug!(url = %target.url(), attempt = self.attempts, status = status.as_u16(), "response");
        let asked_to_wait = asked_to_wait(response.headers());
        permit.answered(status.as_u16(), asked_to_wait);
        cookies.keep(response.headers(), target.url());
        if let Some(next) = redirected(&self.request, status, response.headers())? {
            return Ok(Outcome::Redirect(Box::new(next)));
        }
        if let Some(asked) = self.request.validators().filter(|_| status == StatusCode::NOT_MODIFIED) {
            return Ok(Outcome::NotModified {
                headers: response.headers().clone(),
                asked: asked.clone(),
            });
        }
        if !status.is_success() {
            return Err(Failure {
                kind: FetchErrorKind::HttpStatus {
                    status: status.as_u16(),
                    retry_after: None,
                },
                retry_after: asked_to_wait,
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

    fn not_modified(&self, headers: &HeaderMap, asked: Validators, started: Instant) -> NotModified {
        NotModified {
            url: self.request.target().url().clone(),
            validators: Validators {
                etag: text(headers, ETAG).or(asked.etag),
                last_modified: text(headers, LAST_MODIFIED).or(asked.last_modified),
            },
            attempts: self.attempts,
            checked_at: Timestamp::now(),
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
