//! The whole way of a request: cross-origin rules, the front, the operations.

use std::any::Any;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderValue, Method, header};
use poem::middleware::{AddData, CatchPanic, Cors};
use poem::web::Html;
use poem::{EndpointExt as _, IntoResponse as _, Response, Route, endpoint::make_sync};
use snowscrape_engine::plugin::PluginRegistry;

use super::front::{Front, Methods};
use super::settings::Settings;
use crate::app::App;
use crate::auth::Authenticator;
use crate::document::{Operations, document, service, to_text};
use crate::error::ApiError;
use crate::limiter::InMemory;
use crate::metrics::Metrics;
use crate::params::MaxBody;
use crate::routes::{DownloadApi, EventsApi, ExtractApi, JobsApi, ResultsApi, RunsApi, ServerApi, tell_varying};

/// The page that shows the document may run what is in it, and load nothing from elsewhere.
const DOCS_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; \
                           font-src data:; connect-src 'self'; frame-ancestors 'none'";

pub(super) fn operations(app: &App, metrics: &Arc<Metrics>) -> Operations {
    (
        JobsApi(app.clone()),
        RunsApi(app.clone()),
        EventsApi(app.clone()),
        ResultsApi(app.clone()),
        DownloadApi(app.clone()),
        ExtractApi(app.clone()),
        ServerApi {
            app: app.clone(),
            metrics: Arc::clone(metrics),
        },
    )
}

/// The endpoint of the server.
pub(super) fn endpoint(app: &App, settings: &Settings, registry: &PluginRegistry) -> BoxEndpoint<'static> {
    let metrics = Arc::new(Metrics::new());
    let service = service(operations(app, &metrics));
    let document = document(&service, registry);
    let docs = service
        .swagger_ui_html()
        .replacen(&service.spec(), &document.to_string(), 1);
    let text = to_text(&document);
    let routes = Route::new()
        .nest("/", service)
        .at(
            "/docs",
            poem::get(make_sync(move |_| {
                Html(docs.clone()).with_header(header::CONTENT_SECURITY_POLICY, DOCS_POLICY)
            })),
        )
        .at(
            "/openapi.json",
            poem::get(make_sync(move |_| {
                Response::builder()
                    .content_type("application/json; charset=utf-8")
                    .body(text.clone())
            })),
        );
    let mut open = vec!["/health", "/docs", "/openapi.json"];
    if settings.open_metrics {
        open.push("/metrics");
    }
    let front = Front {
        operations: routes
            .with(AddData::new(MaxBody(settings.max_body_bytes)))
            .with(CatchPanic::new().with_handler(panicked)),
        authenticator: Authenticator::new(app.store.clone()),
        keys: Arc::new(InMemory::per_minute(settings.rate_limit)),
        strangers: Arc::new(InMemory::per_minute(settings.rate_limit)),
        methods: Methods::of_document(&document, &["/docs", "/openapi.json"]),
        open,
        metrics,
    };
    let by_origin = !settings.cors_origins.is_empty();
    let answering = if by_origin {
        front.with(cors(&settings.cors_origins)).boxed()
    } else {
        front.boxed()
    };
    answering
        .after(move |answer: poem::Result<Response>| async move {
            answer.map(|mut response| {
                tell_varying(&mut response, by_origin);
                response
            })
        })
        .boxed()
}

fn cors(origins: &[String]) -> Cors {
    let cors = Cors::new()
        .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([
            header::AUTHORIZATION.as_str(),
            header::CONTENT_TYPE.as_str(),
            "idempotency-key",
            "if-none-match",
            "last-event-id",
        ])
        .expose_headers([
            "content-disposition",
            "etag",
            "location",
            "retry-after",
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
        ])
        .allow_credentials(false);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_origin_regex("*");
    }
    origins
        .iter()
        .filter(|origin| HeaderValue::from_str(origin).is_ok())
        .fold(cors, |cors, origin| cors.allow_origin(origin.as_str()))
}

/// A fault of ours is told as one, and its words go to the log only.
#[expect(
    clippy::needless_pass_by_value,
    reason = "poem's handlers are given the panic itself"
)]
fn panicked(error: Box<dyn Any + Send + 'static>) -> Response {
    let words = error
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| error.downcast_ref::<&str>().copied())
        .unwrap_or("no words");
    tracing::error!(panic = words, "an operation panicked");
    ApiError::Internal.response()
}
