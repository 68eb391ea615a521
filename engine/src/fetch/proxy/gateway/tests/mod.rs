//! The gateway over real sockets, without proxies and through real ones.

mod direct;
mod through;

use std::collections::VecDeque;
use std::sync::Mutex;

use futures::future::BoxFuture;

use super::super::health::HealthSettings;
use super::super::pool::ProxyPool;
use super::super::server::ProxyServer;
use super::super::test_proxies::{client_tls, get};
use super::*;
use crate::model::ProxyConfig;

/// Answers by a list, and then no more.
#[derive(Debug, Default)]
struct ListedResolver(Mutex<VecDeque<Vec<IpAddr>>>);

impl ListedResolver {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let parse = |answer: &&[&str]| answer.iter().map(|address| address.parse().unwrap()).collect();
        Arc::new(Self(Mutex::new(answers.iter().map(parse).collect())))
    }

    fn left(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

impl Resolve for ListedResolver {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let answer = self.0.lock().unwrap().pop_front();
        Box::pin(async move { answer.ok_or_else(|| io::Error::other(format!("{name} is asked for too often"))) })
    }
}

/// The ports of the tests, and one network.
fn guard(network: &str) -> AddressGuard {
    AddressGuard::default().allowing([network.parse().unwrap()], ["1024-65535".parse().unwrap()])
}

async fn start(guard: AddressGuard, route: Option<ProxyRoute>, resolver: Arc<dyn Resolve>) -> Gateway {
    let settings = GatewaySettings {
        guard: Some(guard),
        route,
        resolver,
        connect_timeout: Duration::from_secs(2),
        ..GatewaySettings::default()
    };
    Gateway::start(settings).await.unwrap()
}

/// A gateway without proxies that may reach 127.0.0.2 alone.
async fn direct(resolver: Arc<dyn Resolve>) -> Gateway {
    start(guard("127.0.0.2/32"), None, resolver).await
}

/// A gateway through these proxies. It resolves nothing itself.
async fn through(servers: impl IntoIterator<Item = ProxyServer>, config: ProxyConfig) -> Gateway {
    let servers = servers.into_iter().collect();
    let resolver = ListedResolver::new(&[]);
    let health = HealthSettings {
        timeout: Duration::from_secs(2),
        ..HealthSettings::default()
    };
    let pool = ProxyPool::with(servers, None, health, resolver.clone(), Some(client_tls())).unwrap();
    start(guard("127.0.0.2/32"), ProxyRoute::new(&config, pool, "job"), resolver).await
}

/// The page at this host and port, by a client that leaves the name to the gateway.
async fn page_by(gateway: &Gateway, host: &str, port: u16) -> Result<String, reqwest::Error> {
    let proxy = reqwest::Proxy::all(gateway.url().replace("socks5:", "socks5h:")).unwrap();
    get(proxy, &format!("http://{host}:{port}/")).await
}

/// That there is no page there, and why.
async fn refused(gateway: &Gateway, host: &str, port: u16) -> GatewayError {
    let before = gateway.refusals();
    assert!(page_by(gateway, host, port).await.is_err(), "{host}:{port}");
    assert_eq!(gateway.refusals(), before + 1);
    gateway.refusal(host, port).unwrap()
}
