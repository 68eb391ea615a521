//! What the server counts, for Prometheus.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// The server's figures.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Answer, Counter>,
    runs: Gauge,
}

/// How a request was answered.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answer {
    method: String,
    status: u16,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::default();
        let requests = Family::<Answer, Counter>::default();
        registry.register(
            "snowscrape_requests",
            "Requests that were answered, by method and status",
            requests.clone(),
        );
        let runs = Gauge::default();
        registry.register(
            "snowscrape_runs_going",
            "Runs that are going in this process",
            runs.clone(),
        );
        Self {
            registry,
            requests,
            runs,
        }
    }

    /// Counts an answer.
    pub(crate) fn count(&self, method: &poem::http::Method, status: u16) {
        // Methods are the client's to choose, and each would be a figure of its own.
        let known = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
        let method = known
            .into_iter()
            .find(|known| method.as_str() == *known)
            .unwrap_or("other");
        let answer = Answer {
            method: method.to_owned(),
            status,
        };
        self.requests.get_or_create(&answer).inc();
    }

    /// The figures in the text format.
    pub(crate) fn encode(&self, runs: usize) -> String {
        self.runs.set(runs as i64);
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}
