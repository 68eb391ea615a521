//! Who is asked before a tab goes to another document.

use std::fmt;

use futures::future::BoxFuture;
use url::Url;

/// Says where a page may lead. It is asked for every document of the main frame: the first one, and where redirects, scripts
/// and steps lead to. A document that it does not let through is not asked for, and the page fails.
pub trait Gate: fmt::Debug + Send + Sync {
    /// Whether the main frame may go there.
    fn lets_through<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, bool>;
}
