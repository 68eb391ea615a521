//! The server and its parts.

use poem_openapi::payload::{Json, PlainText};
use poem_openapi::{ApiResponse, OpenApi};
use snowscrape_engine::model::{OptionKind, OptionSpec};
use snowscrape_engine::plugin::Plugin as Component;

use super::Tag;
use super::auth::Auth;
use crate::app::App;
use crate::metrics::Metrics;
use crate::refusal::{OPEN, Refusal};
use crate::types::{self, Health, PluginList};
use std::sync::Arc;

pub(crate) struct ServerApi {
    pub(crate) app: App,
    pub(crate) metrics: Arc<Metrics>,
}

#[derive(ApiResponse)]
enum Healthy {
    /// The server does its work.
    #[oai(status = 200)]
    Healthy(Json<Health>),
    /// The server answers, and what is to be written waits.
    #[oai(status = 503)]
    Waiting(Json<Health>),
}

#[derive(ApiResponse)]
enum Listed {
    /// The components.
    #[oai(status = 200)]
    Listed(Json<PluginList>),
}

#[derive(ApiResponse)]
enum Measured {
    /// The figures, in the text format of Prometheus.
    #[oai(status = 200)]
    Measured(PlainText<String>),
}

#[expect(clippy::unused_async, reason = "poem-openapi's operations are asynchronous")]
#[OpenApi(tag = "Tag::Server")]
impl ServerApi {
    /// List plugins
    ///
    /// Lists the components: which query types and formats there are, and their options.
    #[oai(path = "/plugins", method = "get", operation_id = "listPlugins")]
    async fn plugins(&self, _auth: Auth) -> Result<Listed, Refusal<0>> {
        let plugins: Vec<_> = self
            .app
            .registry
            .plugins()
            .iter()
            .map(|plugin| component(plugin))
            .collect();
        Ok(Listed::Listed(Json(PluginList {
            count: plugins.len() as u64,
            plugins,
        })))
    }

    /// Ask whether the server is well
    ///
    /// Needs no key.
    #[oai(path = "/health", method = "get", operation_id = "getHealth")]
    async fn health(&self) -> Result<Healthy, Refusal<OPEN>> {
        let full = self.app.queue.is_storage_full();
        let health = Json(Health {
            status: if full { "storage_full" } else { "ok" }.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            runs: self.app.queue.going() as u64,
        });
        Ok(if full {
            Healthy::Waiting(health)
        } else {
            Healthy::Healthy(health)
        })
    }

    /// Get figures for Prometheus
    ///
    /// Needs a key, unless the server's settings say otherwise.
    #[oai(path = "/metrics", method = "get", operation_id = "getMetrics")]
    async fn metrics(&self) -> Result<Measured, Refusal<0>> {
        Ok(Measured::Measured(PlainText(
            self.metrics.encode(self.app.queue.going()),
        )))
    }
}

fn component(plugin: &Component) -> types::Plugin {
    let used = plugin.as_used();
    types::Plugin {
        name: used.name,
        version: used.version,
        hash: used.hash,
        query_types: plugin
            .extractor_info()
            .into_iter()
            .flat_map(|info| &info.query_types)
            .map(|served| types::QueryType {
                name: served.name.clone(),
                description: served.description.clone(),
                item: served.item,
                options: served.options.iter().map(option).collect(),
            })
            .collect(),
        format: plugin
            .exporter_info()
            .map(|info| types::Format {
                name: info.format.clone(),
                media_type: info.media_type.clone(),
                file_extension: info.file_extension.clone(),
                options: info.options.iter().map(option).collect(),
            })
            .into(),
    }
}

fn option(spec: &OptionSpec) -> types::PluginOption {
    let kind = match &spec.kind {
        OptionKind::Text => "text".to_owned(),
        OptionKind::Boolean => "boolean".to_owned(),
        OptionKind::Integer => "integer".to_owned(),
        OptionKind::Number => "number".to_owned(),
        OptionKind::Choice(choices) => choices.join(" | "),
    };
    types::PluginOption {
        name: spec.name.clone(),
        kind,
        description: spec.description.clone(),
    }
}
