//! The ways out of a client: straight, or through the proxies of its run.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONNECTION, HeaderValue};
use tokio::time::Instant;
use tracing::debug;

use crate::fetch::error::FetchErrorKind;
use crate::fetch::guard::AddressGuard;
use crate::fetch::proxy::{self, ProxyFault, ProxyId, ProxyRoute, ProxyServer, Via, proxy_fault};
use crate::fetch::request::Request;
use crate::fetch::settings::SettingsError;
use crate::fetch::transport;

/// How the requests of a client go out.
pub(super) struct Ways {
    direct: reqwest::Client,
    route: Option<ProxyRoute>,
    /// The HTTP library sets a proxy for a client as a whole, so there is one for each that was used.
    by_proxy: Mutex<HashMap<ProxyId, reqwest::Client>>,
    guard: Option<AddressGuard>,
    timeout: Duration,
}

impl Ways {
    pub(super) fn new(
        direct: reqwest::ClientBuilder,
        route: Option<ProxyRoute>,
        guard: Option<AddressGuard>,
        timeout: Duration,
    ) -> Result<Self, SettingsError> {
        Ok(Self {
            direct: direct
                .build()
                .map_err(|error| SettingsError::Transport(transport::root_cause(&error)))?,
            route,
            by_proxy: Mutex::default(),
            guard,
            timeout,
        })
    }

    pub(super) fn route(&self) -> Option<&ProxyRoute> {
        self.route.as_ref()
    }

    /// The tries of a request, each another way.
    pub(super) fn tries(&self, request: &Request) -> Tries<'_> {
        let host = request.target().url().host_str().unwrap_or_default();
        Tries {
            ways: self,
            by_proxy: self.route.as_ref().map(|route| (route, route.tries(host))),
            failure: None,
        }
    }

    /// The HTTP library's client for a proxy. Each of several tries gets a part of the page's time to connect, so that one proxy
    /// after the other that does not answer takes no longer than a server that does not.
    fn through(&self, server: &Arc<ProxyServer>, route: &ProxyRoute) -> Result<reqwest::Client, FetchErrorKind> {
        let mut clients = self.by_proxy.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&server.id()) {
            return Ok(client.clone());
        }
        let unusable = |reason: String| FetchErrorKind::Proxy {
            proxy: server.address(),
            fault: ProxyFault::Unreachable { reason },
        };
        if let Some(guard) = &self.guard {
            server.check(guard)?;
        }
        let proxy = server
            .as_reqwest()
            .map_err(|error| unusable(transport::root_cause(&error)))?;
        let client = transport::builder(self.timeout / route.most_tries(), self.guard.as_ref())
            // Those of the environment are left out, whether there is a guard or not.
            .no_proxy()
            .proxy(proxy)
            .build()
            .map_err(|error| unusable(transport::root_cause(&error)))?;
        clients.insert(server.id(), client.clone());
        Ok(client)
    }
}

/// The tries of one request: one where the run has no proxies, else a proxy after another while they are at fault.
pub(super) struct Tries<'a> {
    ways: &'a Ways,
    by_proxy: Option<(&'a ProxyRoute, proxy::Tries<'a>)>,
    /// What became of the last one.
    failure: Option<FetchErrorKind>,
}

impl Tries<'_> {
    /// Sends the request one way and waits for its response's head; `None` where a proxy was at fault and there is another way
    /// to try, which is a request like any other to the run's pace.
    ///
    /// What the request says was judged by the guard. Behind a proxy names are resolved there, and what they mean there is
    /// the proxy's business.
    pub(super) async fn send(
        &mut self,
        request: &Request,
        cookies: Option<&HeaderValue>,
    ) -> Result<Option<Response>, FetchErrorKind> {
        let ways = self.ways;
        let directly = async || {
            let sent = transport::send(&ways.direct, request, cookies.cloned(), ways.timeout).await;
            sent.map(Some)
        };
        let Some((route, tries)) = &mut self.by_proxy else {
            return directly().await;
        };
        let server = match tries.next_way() {
            Ok(Via::Proxy(server)) => server,
            Ok(Via::Direct) => return directly().await,
            Err(none) => return Err(self.failure.take().unwrap_or(FetchErrorKind::NoProxy(none))),
        };
        let url = request.target().url();
        let host = url.host_str().unwrap_or_default();
        let http = ways.through(&server, route)?;
        let unanswered = Unanswered {
            route,
            server: &server,
            host,
            // Through a tunnel it is the target that does not answer.
            is_blamed: server.forwards(url),
            since: Instant::now(),
        };
        let since = unanswered.since;
        let sent = match request.build(&http, cookies.cloned()) {
            Ok(mut built) => {
                if server.forwards(url) {
                    // Such proxies may close a connection after its answer without a word, and the next request on it
                    // would be lost. To the target this header says nothing.
                    built
                        .headers_mut()
                        .insert(CONNECTION, HeaderValue::from_static("close"));
                }
                http.execute(built).await
            }
            Err(error) => Err(error),
        };
        unanswered.answered();
        let fault = match &sent {
            Ok(response) => server.fault_in_response(url, response.status().as_u16()),
            Err(error) => proxy_fault(error, &server, url),
        };
        // A job that gives proxies next to no time does not take them down for all others.
        let was_hasty =
            sent.as_ref().is_err_and(reqwest::Error::is_timeout) && since.elapsed() < route.pool().patience();
        match &fault {
            Some(_) if was_hasty => route.pool().doubt(&server),
            fault => route.report(&server, host, fault.as_ref().map_or(Ok(()), Err)),
        }
        let Some(fault) = fault else {
            let sent = sent.map_err(|error| transport::unsent(&error, request.target(), ways.timeout));
            return sent.map(Some);
        };
        debug!(%url, proxy = server.address(), %fault, "a proxy failed");
        let failure = FetchErrorKind::Proxy {
            proxy: server.address(),
            fault,
        };
        if tries.has_another() {
            self.failure = Some(failure);
            return Ok(None);
        }
        Err(failure)
    }
}

/// A request on its way through a proxy. Where it ends before an answer is there, since its time is over or its run is, the proxy
/// may be to blame: it is if it had as much time as a check of it has.
struct Unanswered<'a> {
    route: &'a ProxyRoute,
    server: &'a ProxyServer,
    host: &'a str,
    is_blamed: bool,
    since: Instant,
}

impl Unanswered<'_> {
    fn answered(mut self) {
        self.is_blamed = false;
    }
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        if !self.is_blamed {
            return;
        }
        if self.since.elapsed() < self.route.pool().patience() {
            self.route.pool().doubt(self.server);
        } else {
            let reason = "it gave no answer in time".to_owned();
            let fault = ProxyFault::NoTunnel { reason };
            self.route.report(self.server, self.host, Err(&fault));
        }
    }
}

impl fmt::Debug for Ways {
    /// Proxies may have credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ways").finish_non_exhaustive()
    }
}
