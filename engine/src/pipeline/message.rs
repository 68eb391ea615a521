//! What goes from stage to stage.

use std::sync::Arc;

use bytes::Bytes;
use url::Url;

use super::crawl::{Found, Link, Visit};
use crate::fetch::{FetchError, FetchedPage};
use crate::model::{ClosedSet as _, ErrorCode, PageError, Row, Run, SourceType, Stage, Warning};
use crate::rows::ColumnTally;

/// A page to be fetched.
#[derive(Clone, Debug)]
pub(crate) struct Work {
    /// Its number in the run, from 0.
    pub(crate) number: u64,
    /// As it was made from the source, for messages.
    pub(crate) url: String,
    pub(crate) target: Result<Url, Failure>,
    /// What is there.
    pub(crate) kind: SourceType,
    /// As its [`Link`] has it.
    pub(crate) depth: u32,
    /// As its [`Link`] has it.
    pub(crate) listing: u32,
}

/// A page that was fetched, or why not.
#[derive(Debug)]
pub(crate) struct Fetched {
    pub(crate) work: Work,
    pub(crate) page: Result<Arrival, Failure>,
}

/// What the server answered.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// A page.
    Page(Box<Arrived>),
    /// That the page is as it was.
    NotModified(Url, Visit),
}

/// A page that is there.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) page: FetchedPage,
    /// How it was in the last successful run, if the job asks for changed ones only.
    pub(crate) last: Option<Visit>,
    /// Whether scripts ran in it.
    pub(crate) scripting: bool,
    /// A picture of it: a PNG.
    pub(crate) screenshot: Option<Bytes>,
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
    pub(crate) content: Content,
    /// The links that the job's rules take.
    pub(crate) links: Vec<Found>,
    pub(crate) warnings: Vec<Warning>,
    /// What the next run is to know of it, if the job asks for changed pages only.
    pub(crate) visit: Option<Visit>,
    /// A picture of it: a PNG.
    pub(crate) screenshot: Option<Bytes>,
}

/// What a page is for its run.
#[derive(Debug)]
pub(crate) enum Content {
    /// A page that makes rows; where nothing matched there are none.
    Rows(Vec<Row>, Vec<ColumnTally>),
    /// A page that is only there for its links.
    LinksOnly,
    /// A page that is as it was in the last successful run.
    Unchanged,
    /// A document that names pages, and is none itself.
    Document,
}

/// Why a page failed.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) stage: Stage,
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
}

impl Failure {
    /// A page that was not fetched.
    pub(crate) fn fetching(error: &FetchError) -> Self {
        Self {
            stage: Stage::Fetch,
            code: ErrorCode::from_name(error.code().as_str()).unwrap_or(ErrorCode::Internal),
            message: error.to_string(),
        }
    }

    /// A page that was fetched, and of which nothing could be made.
    pub(crate) fn extracting(code: ErrorCode, message: String) -> Self {
        Self {
            stage: Stage::Extract,
            code,
            message,
        }
    }
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
    /// The links that were found on it, and nowhere before.
    pub links: Vec<Link>,
    /// What the job's next run is to know of it, if the job asks for changed pages only.
    pub visit: Option<Visit>,
    /// A picture of it, if the job wants one: a PNG.
    pub screenshot: Option<Bytes>,
    /// The run as it stands with this page counted.
    pub run: Run,
}

impl PageOutput {
    /// What its rows, links and picture take on the heap, about.
    pub(crate) fn heap_bytes(&self) -> usize {
        let rows = self.rows.iter().map(|row| size_of::<Row>() + row.heap_bytes());
        let links = self.links.iter().map(|link| size_of::<Link>() + link.url.len());
        rows.chain(links).sum::<usize>() + self.screenshot.as_ref().map_or(0, Bytes::len)
    }
}
