//! What is a proxy's own fault, and what is that of the target behind it.

use std::error::Error;
use std::iter;

use url::Url;

use super::server::ProxyServer;
use crate::fetch::transport::{causes, root_cause};

/// Why a request did not get through a proxy. The sentence goes on after the proxy's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProxyFault {
    /// No connection to the proxy itself.
    #[error("cannot be reached: {reason}; check that it runs and that its host and port are right")]
    Unreachable {
        /// The innermost cause.
        reason: String,
    },
    /// The user name or the password is wrong or missing.
    #[error("does not accept the credentials that it was given, or wants some; correct them in its URL")]
    Credentials,
    /// It answers, but not in the protocol of its URL's scheme.
    #[error("does not speak the protocol of its URL: {reason}; check the scheme, and the certificate of an https one")]
    Protocol {
        /// What is wrong with the answer.
        reason: String,
    },
    /// It opened no connection to the target. That may be the target's fault as well: proxies do not tell it apart.
    #[error("opened no connection to the target: {reason}; check that it may connect to that host and port")]
    NoTunnel {
        /// What it said.
        reason: String,
    },
}

impl ProxyFault {
    /// Whether the target may be to blame as well.
    pub(super) fn may_be_the_targets(&self) -> bool {
        matches!(self, Self::NoTunnel { .. })
    }
}

/// What a proxy is to blame for, by the error that a request through it to `target` came to; `None` if it is the target's
/// or nobody's.
pub fn proxy_fault(error: &reqwest::Error, server: &ProxyServer, target: &Url) -> Option<ProxyFault> {
    match blame_in_handshake(error) {
        Some(Blame::Proxy(fault)) => return Some(fault),
        Some(Blame::Other) => return None,
        None => {}
    }
    let reason = root_cause(error);
    if error.is_connect() && (server.forwards(target) || causes(error).any(is_dialling)) {
        // What was dialled is the proxy, and where it forwards, the only handshake is its own.
        return Some(ProxyFault::Unreachable { reason });
    }
    let unanswered = if server.forwards(target) {
        error.is_request() && !error.is_timeout()
    } else {
        error.is_connect() && error.is_timeout()
    };
    unanswered.then_some(ProxyFault::NoTunnel { reason })
}

/// Who is to blame for a handshake that failed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Blame {
    /// The proxy.
    Proxy(ProxyFault),
    /// The target, by the proxy's word, or what was asked for.
    Other,
}

/// Who is to blame, where the error or one of its causes is that of a handshake with a proxy. Their types are private to
/// the library, so they are known by their words, which the tests get from the library itself.
pub(super) fn blame_in_handshake(error: &(dyn Error + 'static)) -> Option<Blame> {
    iter::once(error).chain(causes(error)).find_map(|cause| {
        let text = cause.to_string();
        let fault = if let Some(said) = text.strip_prefix("tunnel error: ") {
            said_by_tunnel(said, cause)
        } else {
            said_by_socks(text.strip_prefix("SOCKS error: ")?)
        };
        Some(fault.map_or(Blame::Other, Blame::Proxy))
    })
}

fn said_by_tunnel(said: &str, error: &(dyn Error + 'static)) -> Option<ProxyFault> {
    match said {
        "proxy authorization required" => Some(ProxyFault::Credentials),
        "failed to create underlying connection" => Some(ProxyFault::Unreachable {
            reason: root_cause(error),
        }),
        "proxy response headers too long" => Some(ProxyFault::Protocol {
            reason: said.to_owned(),
        }),
        "unsuccessful" => Some(ProxyFault::NoTunnel {
            reason: "it refused the request".to_owned(),
        }),
        "io error establishing tunnel" | "unexpected end of file" => Some(ProxyFault::NoTunnel {
            reason: "it closed the connection".to_owned(),
        }),
        _ => None,
    }
}

fn said_by_socks(said: &str) -> Option<ProxyFault> {
    match said {
        "failed to create underlying connection" => Some(ProxyFault::Unreachable {
            reason: "no connection to it".to_owned(),
        }),
        "server does not support user/pass authentication" | "credentials not accepted" => {
            Some(ProxyFault::Credentials)
        }
        "failed parsing server response" | "server implements authentication incorrectly" => {
            Some(ProxyFault::Protocol {
                reason: said.to_owned(),
            })
        }
        "io error during SOCKS handshake" => Some(ProxyFault::NoTunnel {
            reason: "it closed the connection".to_owned(),
        }),
        "general server failure"
        | "connection not allowed"
        | "network unreachable"
        | "command not supported"
        | "address type not supported" => Some(ProxyFault::NoTunnel {
            reason: said.to_owned(),
        }),
        // That the target's host is unreachable, or refuses, is the proxy's honest answer.
        _ => None,
    }
}

fn is_dialling(error: &(dyn Error + 'static)) -> bool {
    let text = error.to_string();
    ["tcp connect error", "dns error"]
        .iter()
        .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::super::server::ProxyScheme;
    use super::super::test_proxies::{Conduct, TestProxy, closed, get, page, server};
    use super::*;

    /// The kind of fault that a real request comes to.
    async fn fault(server: &ProxyServer, target: &str) -> Option<&'static str> {
        let error = get(server.as_reqwest().unwrap(), target).await.unwrap_err();
        let fault = proxy_fault(&error, server, &Url::parse(target).unwrap());
        fault.map(|fault| match fault {
            ProxyFault::Unreachable { .. } => "unreachable",
            ProxyFault::Credentials => "credentials",
            ProxyFault::Protocol { .. } => "protocol",
            ProxyFault::NoTunnel { .. } => "no tunnel",
        })
    }

    const IN_THE_CLEAR: &str = "http://shop.example/";
    const WITHIN_TLS: &str = "https://shop.example/";

    #[tokio::test]
    async fn a_page_comes_through_each_kind() {
        for scheme in [ProxyScheme::Http, ProxyScheme::Https, ProxyScheme::Socks5] {
            for credentials in [false, true] {
                let proxy = TestProxy::start(scheme, page().await, credentials).await;
                let page = get(proxy.server().as_reqwest().unwrap(), IN_THE_CLEAR).await;
                assert_eq!(page.unwrap(), "snow", "{scheme:?}");
                assert_eq!(proxy.asked().len(), 1, "{scheme:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_proxy_that_is_not_there() {
        for scheme in [ProxyScheme::Http, ProxyScheme::Https, ProxyScheme::Socks5] {
            let dead = server(scheme, "", closed().await);
            for target in [IN_THE_CLEAR, WITHIN_TLS] {
                assert_eq!(fault(&dead, target).await, Some("unreachable"), "{scheme:?} {target}");
            }
        }
    }

    #[tokio::test]
    async fn a_proxy_that_wants_other_credentials() {
        let check = async |scheme: ProxyScheme, target: &str, expected: Option<&str>| {
            let proxy = TestProxy::start(scheme, page().await, true).await;
            for userinfo in ["", "user:wrong@"] {
                let found = fault(&proxy.server_with(userinfo), target).await;
                assert_eq!(found, expected, "{scheme:?} {target} {userinfo}");
            }
        };
        check(ProxyScheme::Http, WITHIN_TLS, Some("credentials")).await;
        check(ProxyScheme::Https, WITHIN_TLS, Some("credentials")).await;
        check(ProxyScheme::Socks5, WITHIN_TLS, Some("credentials")).await;
        check(ProxyScheme::Socks5, IN_THE_CLEAR, Some("credentials")).await;
        // That is a response, see `ProxyServer::fault_in_response`.
        check(ProxyScheme::Http, IN_THE_CLEAR, None).await;
    }

    #[tokio::test]
    async fn a_proxy_that_opens_no_connection() {
        let check = async |scheme: ProxyScheme, conduct: Conduct, expected: Option<&str>| {
            let proxy = TestProxy::start(scheme, page().await, false).await;
            proxy.conduct(conduct);
            let found = fault(&proxy.server(), WITHIN_TLS).await;
            assert_eq!(found, expected, "{scheme:?} {conduct:?}");
        };
        for scheme in [ProxyScheme::Http, ProxyScheme::Https] {
            check(scheme, Conduct::Refuses(502), Some("no tunnel")).await;
            check(scheme, Conduct::Refuses(504), Some("no tunnel")).await;
            check(scheme, Conduct::HangsUp, Some("no tunnel")).await;
        }
        check(ProxyScheme::Http, Conduct::Hangs, Some("no tunnel")).await;
        check(ProxyScheme::Socks5, Conduct::Hangs, Some("no tunnel")).await;
        check(ProxyScheme::Socks5, Conduct::Refuses(500), Some("no tunnel")).await;
        check(ProxyScheme::Socks5, Conduct::HangsUp, Some("no tunnel")).await;
        check(ProxyScheme::Socks5, Conduct::Refuses(404), None).await;
    }

    #[tokio::test]
    async fn a_proxy_that_forwards_nothing() {
        let check = async |scheme: ProxyScheme, conduct: Conduct, expected: Option<&str>| {
            let proxy = TestProxy::start(scheme, page().await, false).await;
            proxy.conduct(conduct);
            let found = fault(&proxy.server(), IN_THE_CLEAR).await;
            assert_eq!(found, expected, "{scheme:?} {conduct:?}");
        };
        check(ProxyScheme::Http, Conduct::HangsUp, Some("no tunnel")).await;
        check(ProxyScheme::Https, Conduct::HangsUp, Some("no tunnel")).await;
        // A response is the target's, for all that one can tell.
        check(ProxyScheme::Http, Conduct::Refuses(502), None).await;
    }

    #[tokio::test]
    async fn a_proxy_that_speaks_another_protocol() {
        let other = TestProxy::start(ProxyScheme::Http, page().await, false).await;
        let address = other.server().address().parse().unwrap();
        let found = fault(&server(ProxyScheme::Https, "", address), WITHIN_TLS).await;
        assert_eq!(found, Some("unreachable"));
    }

    #[tokio::test]
    async fn what_is_the_targets() {
        // The page speaks no TLS.
        for scheme in [ProxyScheme::Http, ProxyScheme::Https, ProxyScheme::Socks5] {
            let proxy = TestProxy::start(scheme, page().await, false).await;
            assert_eq!(fault(&proxy.server(), WITHIN_TLS).await, None, "{scheme:?}");
        }
        let proxy = TestProxy::start(ProxyScheme::Http, page().await, false).await;
        proxy.conduct(Conduct::Refuses(500));
        assert_eq!(fault(&proxy.server(), IN_THE_CLEAR).await, None);
    }
}
