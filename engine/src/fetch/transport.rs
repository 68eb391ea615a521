//! The HTTP library: how its client is made, and what its errors mean.

use std::error::Error;
use std::io;
use std::iter;
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::{ClientBuilder, Response, redirect, retry};

use super::error::{FetchErrorKind, Stage};
use super::guard::{AddressGuard, Blocked};
use super::request::Request;
use super::resolver::GuardedResolver;
use super::target::Target;

/// The one place where an HTTP client gets its options. Redirects, retries, cookies and content codings are ours.
pub(super) fn builder(timeout: Duration, guard: Option<&AddressGuard>) -> ClientBuilder {
    install_provider();
    let builder = match guard {
        // The environment's proxies would dial for us, and what they dial is not judged.
        Some(guard) => reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(GuardedResolver::new(guard.clone())),
        None => reqwest::Client::builder(),
    };
    builder
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false)
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        // This is divided among a host's addresses, so that one that does not answer leaves time for the next.
        .connect_timeout(timeout)
        // What browsers let pass, and sites therefore send.
        .http1_allow_obsolete_multiline_headers_in_responses(true)
        .http1_allow_spaces_after_header_name_in_responses(true)
        .http1_ignore_invalid_headers_in_responses(true)
}

/// Makes ring the process's TLS provider unless there is one: reqwest takes it from there when a client is built.
pub(super) fn install_provider() {
    // An error means that another was installed first, by an earlier client or by the program.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Sends a request and waits for its response's head.
pub(super) async fn send(
    http: &reqwest::Client,
    request: &Request,
    cookies: Option<HeaderValue>,
    timeout: Duration,
) -> Result<Response, FetchErrorKind> {
    let sent = match request.build(http, cookies) {
        Ok(built) => http.execute(built).await,
        Err(error) => Err(error),
    };
    sent.map_err(|error| unsent(&error, request.target(), timeout))
}

/// What an error means for a request of which no response has come.
pub(super) fn unsent(error: &reqwest::Error, target: &Target, timeout: Duration) -> FetchErrorKind {
    if error.is_connect() && error.is_timeout() {
        return FetchErrorKind::Timeout {
            limit: timeout,
            stage: Stage::Connecting,
        };
    }
    let stage = if error.is_connect() {
        Stage::Connecting
    } else {
        Stage::Waiting
    };
    failure(error, target, stage)
}

/// What an error of the HTTP library means for a request that had come to `stage`.
pub(super) fn failure(error: &reqwest::Error, target: &Target, stage: Stage) -> FetchErrorKind {
    let reason = root_cause(error);
    let blocked = causes(error).find_map(|cause| cause.downcast_ref::<Blocked>());
    let tls = causes(error).find_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(blocked) = blocked {
        FetchErrorKind::Blocked(blocked.clone())
    } else if error.is_builder() {
        FetchErrorKind::Unrequestable { reason }
    } else if error.is_dns() {
        FetchErrorKind::Dns {
            host: target.url().host_str().unwrap_or_default().to_owned(),
            reason,
        }
    } else if let Some(tls) = tls.filter(|_| stage != Stage::Reading) {
        FetchErrorKind::Tls {
            host: target.host(),
            reason: tls.to_string(),
        }
    } else {
        FetchErrorKind::Connect {
            host: target.host(),
            stage,
            reason,
        }
    }
}

/// What an error comes from in the end, in its own words.
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    causes(error).last().unwrap_or(error).to_string()
}

/// The causes of an error, outermost first, without the error itself: a request's own message would show its URL.
pub(super) fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(cause(error), |error| cause(*error))
}

/// The next cause. An I/O error that wraps another gives that one's source for its own, and so passes it over.
fn cause<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(inner) => Some(inner),
        None => error.source(),
    }
}
