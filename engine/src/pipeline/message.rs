//! What goes from stage to stage.

use std::sync::Arc;

use url::Url;

use crate::fetch::FetchedPage;
use crate::model::{ErrorCode, PageError, Row, Run, Stage, Warning};
use crate::rows::ColumnTally;

/// A page to be fetched.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Its number in the run, from 0.
    pub(crate) number: u64,
    /// As it was made from the source, for messages.
    pub(crate) url: String,
    pub(crate) target: Result<Url, Failure>,
}

/// A page that was fetched, or why not.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) work: Work,
    pub(crate) page: Result<FetchedPage, Failure>,
}

/// A page whose rows were made, or why not.
#[derive(Debug)]
pub(crate) struct Extracted {
    pub(crate) work: Work,
    pub(crate) page: Result<ExtractedPage, Failure>,
}

/// What came of a page.
#[derive(Debug)]
pub(crate) struct ExtractedPage {
    /// Its URL after redirects.
    pub(crate) url: Arc<str>,
    pub(crate) bytes: u64,
    pub(crate) rows: Vec<Row>,
    pub(crate) tallies: Vec<ColumnTally>,
    pub(crate) warnings: Vec<Warning>,
}

/// Why a page failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

/// What came of one page, in the order of the pages.
#[derive(Clone, Debug, PartialEq)]
pub struct PageOutput {
    /// The page's number in the run.
    pub number: u64,
    /// Its URL after redirects, if it was extracted and is not one that was taken before.
    pub url: Option<Arc<str>>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Why it failed, if it did.
    pub failure: Option<PageError>,
    /// The run as it stands with this page counted.
    pub run: Run,
}
