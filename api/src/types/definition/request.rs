//! `request`.

use std::collections::BTreeMap;

use poem_openapi::Object;
use snowscrape_engine::model::{Method, Robots};

use super::described::{Described, word};
use super::optional::{Optional, no, whole};
use super::secret::SecretText;

/// How pages are asked for.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct RequestConfig {
    /// The HTTP method.
    #[oai(default = "word::<Method>")]
    method: Optional<Described<Method>>,
    /// Header fields by name. Names are unique without regard to case. The client itself writes `Connection`,
    /// `Content-Length`, `Expect`, `Host`, `Keep-Alive`, `TE`, `Transfer-Encoding` and `Upgrade`, which cannot be set.
    #[oai(validator(pattern = r"^[^\x00-\x08\x0a-\x1f\x7f]*$"))]
    headers: Optional<BTreeMap<String, Optional<SecretText>>>,
    /// Cookies by name.
    #[oai(validator(pattern = r"^[^\x00-\x1f\x7f;]*$"))]
    cookies: Optional<BTreeMap<String, Optional<SecretText>>>,
    /// The body. It is not allowed with the method GET.
    body: Optional<String>,
    /// Basic authentication. It excludes the header `Authorization`.
    auth: Optional<BasicAuth>,
    /// The header `User-Agent`; the engine's own if left out.
    #[oai(validator(min_length = 1, pattern = r"^[^\x00-\x08\x0a-\x1f\x7f]*$"))]
    user_agent: Optional<String>,
    /// How long one attempt may take, body included, in milliseconds.
    #[oai(
        default = "whole::<30_000>",
        validator(minimum(value = "1"), maximum(value = "600000"))
    )]
    timeout_ms: Optional<u32>,
    /// How often a page is tried in all. Connection errors, timeouts and the statuses 408, 429 and 5xx are tried again.
    #[oai(default = "whole::<4>", validator(minimum(value = "1"), maximum(value = "20")))]
    attempts: Optional<u32>,
    /// How many redirects are followed for one page.
    #[oai(default = "whole::<10>", validator(minimum(value = "0"), maximum(value = "50")))]
    max_redirects: Optional<u32>,
    /// The largest body, in bytes after decoding.
    #[oai(
        default = "whole::<33_554_432>",
        validator(minimum(value = "1"), maximum(value = "1073741824"))
    )]
    max_body_bytes: Optional<u32>,
    /// Whether pages that robots.txt forbids fail; they do (`obey`) if left out.
    robots: Optional<Described<Robots>>,
    /// Whether pages that have not changed since the last successful run make no rows.
    #[oai(default = "no")]
    only_changed: Optional<bool>,
}

/// User name and password of HTTP's basic authentication.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct BasicAuth {
    /// The user name, without a colon.
    #[oai(validator(pattern = "^[^:]*$"))]
    username: SecretText,
    /// The password.
    password: SecretText,
}
