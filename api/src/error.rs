//! What a client is told when something does not go as asked: always `{"error", "message"}`, and never more of the inside
//! than the client can use.

use std::fmt;

use poem::error::ResponseError;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse as _, Response};
use serde_json::{Map, Value as Json, json};
use snowscrape_engine::model::FieldError;
use snowscrape_engine::store::StoreError;

/// Why a request was not answered as asked.
#[derive(Clone, Debug)]
pub(crate) enum ApiError {
    /// Something in the request is wrong: a message for its kind, and what is wrong with each field.
    Validation {
        /// One fixed sentence.
        message: &'static str,
        /// What is wrong, by field.
        details: Vec<FieldError>,
    },
    /// There is no valid key.
    Unauthorized,
    /// What was asked for is not there, or is another user's.
    NotFound(&'static str),
    /// The address does not take the method.
    MethodNotAllowed {
        /// The methods that it takes.
        allow: String,
    },
    /// The state that something is in does not allow it.
    Conflict(String),
    /// The body is too large.
    BodyTooLarge {
        /// The largest body that is taken, in bytes.
        limit: usize,
    },
    /// The body is not JSON by its media type.
    UnsupportedMediaType,
    /// There were too many requests.
    RateLimited {
        /// When to try again, in seconds.
        retry_after: u64,
    },
    /// As many files are being written for the user, or for all, as may be.
    TooManyDownloads {
        /// When to try again, in seconds.
        retry_after: u64,
    },
    /// A page that was to be fetched at once could not be.
    FetchFailed {
        /// The kind of error.
        code: String,
        /// What went wrong.
        message: String,
    },
    /// No room is left for the user, or on the disk.
    StorageFull,
    /// The request was not understood as HTTP, with this status.
    BadRequest(StatusCode),
    /// A fault of the server itself. What it was is in the server's log.
    Internal,
}

/// The message of a definition with faults.
const INVALID_JOB: &str = "Invalid job configuration";
/// The message of a definition with faults in its queries only, as the reference has it.
const INVALID_QUERIES: &str = "Invalid query configuration";
/// The message of a request whose parameters or body are wrong.
const INVALID_REQUEST: &str = "Invalid request";

impl ApiError {
    /// The faults of a definition.
    pub(crate) fn definition(details: Vec<FieldError>) -> Self {
        let in_queries = details.iter().all(|fault| fault.path.starts_with("queries"));
        Self::Validation {
            message: if in_queries { INVALID_QUERIES } else { INVALID_JOB },
            details,
        }
    }

    /// The faults of a request that is not about a definition.
    pub(crate) fn request(details: Vec<FieldError>) -> Self {
        Self::Validation {
            message: INVALID_REQUEST,
            details,
        }
    }

    /// One fault of a parameter.
    pub(crate) fn parameter(name: &str, message: impl Into<String>) -> Self {
        Self::request(vec![FieldError::new(name, message)])
    }

    /// A cursor that no answer gave.
    pub(crate) fn cursor() -> Self {
        Self::parameter("cursor", "must be the next_cursor of an answer")
    }

    /// A fault of the server itself: its words go to the log.
    pub(crate) fn internal(error: &dyn fmt::Display) -> Self {
        tracing::error!(%error, "a request failed");
        Self::Internal
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Validation { .. } => "validation_error",
            Self::Unauthorized => "unauthorized",
            Self::NotFound(_) => "not_found",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::Conflict(_) => "conflict",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::RateLimited { .. } => "rate_limited",
            Self::TooManyDownloads { .. } => "too_many_downloads",
            Self::FetchFailed { .. } => "fetch_failed",
            Self::StorageFull => "storage_full",
            Self::BadRequest(_) => "bad_request",
            Self::Internal => "internal",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Validation { message, .. } => (*message).to_owned(),
            Self::Unauthorized => {
                "A valid API key is required: send it as `Authorization: Bearer sk_live_…`".to_owned()
            }
            Self::NotFound(what) => format!("{what} not found"),
            Self::MethodNotAllowed { allow } => format!("This address takes {allow}"),
            Self::Conflict(message) => message.clone(),
            Self::BodyTooLarge { limit } => format!("The body is larger than the {limit} bytes that are taken"),
            Self::UnsupportedMediaType => {
                "The body must be JSON: send it with `Content-Type: application/json`".to_owned()
            }
            Self::RateLimited { .. } => "API rate limit exceeded".to_owned(),
            Self::TooManyDownloads { .. } => {
                "As many downloads are going as may go at once; try again when one has ended".to_owned()
            }
            Self::FetchFailed { code, message } => format!("The page could not be fetched: {code}: {message}"),
            Self::StorageFull => "No room is left to store this; delete jobs, or try again later".to_owned(),
            Self::BadRequest(status) => format!(
                "The request was not understood: {}",
                status.canonical_reason().unwrap_or("it is no valid HTTP")
            ),
            Self::Internal => "Something went wrong in the server; its log says what".to_owned(),
        }
    }

    /// The answer.
    pub(crate) fn response(&self) -> Response {
        let mut body = Map::new();
        body.insert("error".to_owned(), self.word().into());
        body.insert("message".to_owned(), self.message().into());
        match self {
            Self::Validation { details, .. } => {
                body.insert("details".to_owned(), by_field(details));
            }
            Self::RateLimited { retry_after } | Self::TooManyDownloads { retry_after } => {
                body.insert("retry_after".to_owned(), json!(retry_after));
            }
            _ => {}
        }
        let mut response = poem::web::Json(Json::Object(body))
            .with_status(self.status())
            .into_response();
        let mut set = |name, value: &str| {
            if let Ok(value) = HeaderValue::from_str(value) {
                response.headers_mut().insert(name, value);
            }
        };
        match self {
            Self::Unauthorized => set(header::WWW_AUTHENTICATE, "Bearer"),
            Self::MethodNotAllowed { allow } => set(header::ALLOW, allow),
            Self::RateLimited { retry_after } | Self::TooManyDownloads { retry_after } => {
                set(header::RETRY_AFTER, &retry_after.to_string());
            }
            _ => {}
        }
        response
    }
}

/// Several faults of one field stand in one text.
fn by_field(details: &[FieldError]) -> Json {
    let mut fields = Map::new();
    for fault in details {
        match fields.get_mut(&fault.path) {
            Some(Json::String(text)) => {
                text.push_str("; ");
                text.push_str(&fault.message);
            }
            _ => {
                fields.insert(fault.path.clone(), fault.message.clone().into());
            }
        }
    }
    Json::Object(fields)
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::Validation { .. } => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RateLimited { .. } | Self::TooManyDownloads { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::FetchFailed { .. } => StatusCode::BAD_GATEWAY,
            Self::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::BadRequest(status) => *status,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn as_response(&self) -> Response {
        self.response()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound("the job") => Self::NotFound("Job"),
            StoreError::NotFound("the run") => Self::NotFound("Run"),
            StoreError::NotFound("the screenshot") => Self::NotFound("Screenshot"),
            StoreError::State { found, needed } => {
                Self::Conflict(format!("The job is {found}, and this needs it to be {needed}"))
            }
            StoreError::StorageFull => Self::StorageFull,
            other => Self::internal(&other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_tells_where_the_faults_are() {
        let check = |paths: &[&str], expected: &str| {
            let faults = paths.iter().map(|path| FieldError::new(*path, "wrong")).collect();
            assert_eq!(ApiError::definition(faults).to_string(), expected);
        };
        check(&["queries[0].type", "queries"], "Invalid query configuration");
        check(&["queries[0].type", "name"], "Invalid job configuration");
        check(&["body"], "Invalid job configuration");
    }

    #[test]
    fn faults_of_one_field_stand_together() {
        let faults = [
            FieldError::new("name", "one"),
            FieldError::new("a", "x"),
            FieldError::new("name", "two"),
        ];
        assert_eq!(by_field(&faults), json!({"name": "One; Two", "a": "X"}));
    }
}
