//! What stands before every operation: who is asking, how often they may, and that every answer has our form.

use std::sync::Arc;

use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use poem::web::RemoteAddr;
use poem::{Addr, Endpoint, IntoResponse as _, Request, Response};
use poem_openapi::error::ContentTypeError;
use serde_json::Value;

use crate::auth::{Authenticator, SignedIn};
use crate::error::ApiError;
use crate::head_only::HeadOnly;
use crate::limiter::{Allowance, Limiter};
use crate::metrics::Metrics;

/// The methods of each path, as templates of segments: `{id}` stands for any one.
#[derive(Clone, Debug)]
pub(super) struct Methods(Vec<(Vec<String>, String)>);

/// Stands before the operations.
pub(super) struct Front<E> {
    pub(super) operations: E,
    pub(super) authenticator: Authenticator,
    /// Counts what each key asks for.
    pub(super) keys: Arc<dyn Limiter>,
    /// Counts the wrong keys of each address.
    pub(super) strangers: Arc<dyn Limiter>,
    pub(super) methods: Methods,
    /// Paths that need no key.
    pub(super) open: Vec<&'static str>,
    pub(super) metrics: Arc<Metrics>,
}

impl<E: Endpoint> Endpoint for Front<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let began = std::time::Instant::now();
        let response = self.answer(request, &method, &path).await;
        let status = response.status().as_u16();
        self.metrics.count(&method, status);
        tracing::info!(%method, path, status, elapsed_ms = began.elapsed().as_millis() as u64, "answered");
        Ok(response)
    }
}

impl<E: Endpoint> Front<E> {
    async fn answer(&self, mut request: Request, method: &Method, path: &str) -> Response {
        if method == Method::HEAD {
            request.extensions_mut().insert(HeadOnly);
        }
        let mut allowance = None;
        if !self.open.contains(&path) {
            match self.admit(&request).await {
                Err(error) => return error.response(),
                Ok((signed_in, left)) => {
                    request.extensions_mut().insert(signed_in);
                    allowance = Some(left);
                }
            }
        }
        let mut response = match allowance {
            Some(Allowance {
                allowed: false, reset, ..
            }) => ApiError::RateLimited { retry_after: reset }.response(),
            _ => match self.operations.call(request).await {
                Ok(response) => response.into_response(),
                Err(error) => self.shape(&error, method, path),
            },
        };
        if let Some(allowance) = allowance {
            tell(&mut response, allowance);
        }
        response
    }

    /// Who is asking, and what is left of what they may ask for.
    async fn admit(&self, request: &Request) -> Result<(SignedIn, Allowance), ApiError> {
        let signed_in = match bearer(request) {
            Some(key) => self.authenticator.recognise(key).await?,
            None => None,
        };
        let Some(signed_in) = signed_in else {
            // Only wrong keys count for an address: whoever has a right one is not kept out by a neighbour.
            let allowance = self.strangers.count(&address(request.remote_addr()));
            return Err(if allowance.allowed {
                ApiError::Unauthorized
            } else {
                ApiError::RateLimited {
                    retry_after: allowance.reset,
                }
            });
        };
        let allowance = self.keys.count(signed_in.key.as_str());
        Ok((signed_in, allowance))
    }

    /// An error as our answer: whatever words the framework has for it do not leave the house.
    fn shape(&self, error: &poem::Error, method: &Method, path: &str) -> Response {
        if let Some(ours) = error.downcast_ref::<ApiError>() {
            return ours.response();
        }
        let ours = if error.is::<NotFoundError>() {
            ApiError::NotFound("Address")
        } else if error.is::<MethodNotAllowedError>() {
            match self.methods.of(path) {
                Some(allow) => ApiError::MethodNotAllowed { allow },
                None => ApiError::NotFound("Address"),
            }
        } else if error.is::<ContentTypeError>() {
            ApiError::UnsupportedMediaType
        } else {
            match error.status() {
                StatusCode::UNAUTHORIZED => ApiError::Unauthorized,
                status if status.is_client_error() => ApiError::BadRequest(status),
                _ => {
                    tracing::error!(%method, path, %error, "an operation failed");
                    ApiError::Internal
                }
            }
        };
        ours.response()
    }
}

impl Methods {
    /// Those of a document, and of the pages beside it.
    pub(super) fn of_document(document: &Value, pages: &[&str]) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.map(|(path, operations)| {
            let methods = operations
                .as_object()
                .into_iter()
                .flat_map(|operations| operations.keys());
            let mut methods: Vec<String> = methods.map(|method| method.to_uppercase()).collect();
            if methods.iter().any(|method| method == "GET") {
                methods.push("HEAD".to_owned());
            }
            methods.sort();
            (segments(path).map(str::to_owned).collect(), methods.join(", "))
        });
        let pages = pages
            .iter()
            .map(|path| (segments(path).map(str::to_owned).collect(), "GET, HEAD".to_owned()));
        Self(pages.chain(operations).collect())
    }

    /// Those of a path; a template without a placeholder comes first.
    fn of(&self, path: &str) -> Option<String> {
        let fits = |template: &[String]| {
            let same = |(part, given): (&String, &str)| part == given || part.starts_with('{');
            template.len() == segments(path).count() && template.iter().zip(segments(path)).all(same)
        };
        let found = self.0.iter().filter(|(template, _)| fits(template));
        let placeholders = |template: &[String]| template.iter().filter(|part| part.starts_with('{')).count();
        found
            .min_by_key(|(template, _)| placeholders(template))
            .map(|(_, methods)| methods.clone())
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim_matches('/').split('/')
}

fn bearer(request: &Request) -> Option<&str> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The address without its port, which is another for each connection.
fn address(address: &RemoteAddr) -> String {
    match &address.0 {
        Addr::SocketAddr(address) => address.ip().to_string(),
        other => other.to_string(),
    }
}

fn tell(response: &mut Response, allowance: Allowance) {
    const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
    const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
    const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
    let headers = response.headers_mut();
    headers.insert(LIMIT, HeaderValue::from(allowance.limit));
    headers.insert(REMAINING, HeaderValue::from(allowance.remaining));
    headers.insert(RESET, HeaderValue::from(allowance.reset));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_has_its_methods() {
        let document = json!({"paths": {
            "/jobs/{id}": {"get": {}, "put": {}, "delete": {}},
            "/jobs/status": {"get": {}},
            "/jobs": {"post": {}},
        }});
        let methods = Methods::of_document(&document, &["/docs"]);
        let check = |path: &str, expected: Option<&str>| assert_eq!(methods.of(path).as_deref(), expected, "{path}");
        check("/jobs", Some("POST"));
        check("/jobs/status", Some("GET, HEAD"));
        check("/jobs/job_1", Some("DELETE, GET, HEAD, PUT"));
        check("/docs", Some("GET, HEAD"));
        check("/jobs/job_1/none", None);
    }
}
