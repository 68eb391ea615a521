//! Where the values of secrets come from.

/// The value of a secret: that of the environment variable `SNOWSCRAPE_SECRET_` and its name.
pub(crate) fn from_environment(name: &str) -> Option<String> {
    std::env::var(format!("SNOWSCRAPE_SECRET_{name}")).ok()
}
