//! The saved definition of a scrape.

use serde::Serialize;
use url::Url;

use super::{
    Budget, Concurrency, Follow, Pagination, ProxyConfig, Query, RateLimit, RenderConfig, Request, Retention, Schedule,
    Selector, UrlRules,
};
use crate::source::SourcePattern;

/// A job: every field is checked, and has its default where the definition left it out.
///
/// Written as JSON it is a definition again, which parses to an equal job: values that have defaults are written out,
/// sections that were left out stay out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    /// The name that is shown.
    pub name: String,
    /// Where pages come from.
    pub source: SourcePattern,
    /// What is there.
    pub source_type: SourceType,
    /// The column that holds the URLs, of a source that is a CSV file; the first that does if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_column: Option<String>,
    /// Pages besides those of `source`.
    pub urls: Vec<Url>,
    /// Requests a minute.
    pub rate_limit: RateLimit,
    /// Pages in flight at once.
    pub concurrency: Concurrency,
    /// What makes a row; without it rows are made of matches side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Selector>,
    /// The columns: one at least.
    pub queries: Vec<Query>,
    /// The way to a listing's next page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pagination: Option<Pagination>,
    /// Links to follow.
    pub follow: Vec<Follow>,
    /// Which pages make rows; all if `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_from: Option<UrlRules>,
    /// How pages are asked for.
    pub request: Request,
    /// When the job runs by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduling: Option<Schedule>,
    /// How pages are rendered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub render_config: Option<RenderConfig>,
    /// Through which proxies pages are fetched.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_config: Option<ProxyConfig>,
    /// Where a run stops by itself.
    pub budget: Budget,
    /// How long runs are kept.
    pub retention: Retention,
    /// What a plugin's fault fails.
    pub on_plugin_error: OnPluginError,
}

closed_set! {
    /// What a job's source is.
    #[derive(Default)]
    pub enum SourceType {
        /// A page to extract.
        #[default]
        Page = "page",
        /// A sitemap, or an index of sitemaps.
        Sitemap = "sitemap",
        /// A CSV file with a column of URLs.
        Csv = "csv",
        /// A text with one URL a line.
        List = "list",
    }
}

closed_set! {
    /// What a plugin's fault (a trap, a deadline, too much memory) fails.
    #[derive(Default)]
    pub enum OnPluginError {
        /// The page; the run goes on.
        #[default]
        FailPage = "fail_page",
        /// The run.
        FailRun = "fail_run",
    }
}
