//! One page tried out: what a job would make of it. Nothing is kept of it.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::builder::Pipeline;
use super::message::{Arrival, Arrived, Content, Fetched, Work};
use crate::fetch::{FetchError, FetchedPage};
use crate::model::{Column, ErrorCode, Row, SourceType, Warning};

/// The page of a trial.
#[derive(Clone, Debug)]
pub enum TrialPage {
    /// It is fetched.
    Url(Url),
    /// It is given, as if it came from `url`.
    Html {
        /// The page.
        html: String,
        /// Where links in it lead from.
        url: Url,
    },
}

/// What came of a trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// The columns of the rows.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Row>,
    /// What a person should know of the page.
    pub warnings: Vec<Warning>,
}

/// Why nothing came of a trial.
#[derive(Debug, thiserror::Error)]
pub enum TrialError {
    /// The page could not be fetched.
    #[error(transparent)]
    Fetch(Box<FetchError>),
    /// The page was there, and the extractors failed.
    #[error("{message}")]
    Extract {
        /// The kind of error.
        code: ErrorCode,
        /// What they say.
        message: String,
    },
}

impl Pipeline {
    /// Tries the queries out on one page.
    pub async fn try_page(self, page: TrialPage) -> Result<Trial, TrialError> {
        let arrived = match page {
            TrialPage::Url(url) => self.arrive(&url).await?,
            TrialPage::Html { html, url } => plain(given(html, url)),
        };
        let columns = self.columns();
        let reading = self.reading;
        let work = Work {
            number: 0,
            url: arrived.page.url.to_string(),
            target: Ok(arrived.page.url.clone()),
            kind: SourceType::Page,
            depth: 0,
            listing: 1,
        };
        let page = Ok(Arrival::Page(Box::new(arrived)));
        let extracted = tokio::task::spawn_blocking(move || reading.reader().read(Fetched { work, page }));
        let page = extracted
            .await
            .expect("extracting does not panic")
            .page
            .map_err(|failure| TrialError::Extract {
                code: failure.code,
                message: failure.message,
            })?;
        let rows = match page.content {
            Content::Rows(rows, _) => rows,
            Content::LinksOnly | Content::Unchanged | Content::Document => Vec::new(),
        };
        Ok(Trial {
            columns,
            rows,
            warnings: page.warnings,
        })
    }

    async fn arrive(&self, url: &Url) -> Result<Arrived, TrialError> {
        let page = self.client.fetch(url, &CancellationToken::new()).await;
        page.map(plain).map_err(Box::new).map_err(TrialError::Fetch)
    }
}

/// A page in which no script ran.
fn plain(page: FetchedPage) -> Arrived {
    Arrived {
        page,
        last: None,
        scripting: false,
        screenshot: None,
    }
}

/// A page that nobody fetched.
fn given(html: String, url: Url) -> FetchedPage {
    FetchedPage {
        url,
        status: 200,
        media_type: "text/html".to_owned(),
        charset: Some("utf-8".to_owned()),
        etag: None,
        last_modified: None,
        body: Bytes::from(html),
        attempts: 1,
        redirects: 0,
        fetched_at: Timestamp::now(),
        elapsed: Duration::ZERO,
    }
}
