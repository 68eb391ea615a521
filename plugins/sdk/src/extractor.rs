//! What an extractor implements.

use std::marker::PhantomData;

use crate::bindings::extractor::exports::snowscrape::plugin::extracting as wit;
use crate::{ExpressionError, Extraction, ExtractorInfo, Fragment, OpenError, Page, Query, QueryFailure};

/// A component that serves one or several query types.
pub trait Extractor: 'static {
    /// Queries that were compiled once.
    type Session: Session;

    /// Who this extractor is.
    fn describe() -> ExtractorInfo;

    /// Checks one expression without a page.
    fn check(query: Query) -> Result<(), ExpressionError>;

    /// Compiles queries. `fragments` asks for the items themselves, too.
    fn open(item: Option<Query>, queries: Vec<Query>, fragments: bool) -> Result<Self::Session, OpenError>;
}

/// Compiled queries, asked of page after page.
pub trait Session: 'static {
    /// Answers all queries on one page.
    fn extract(&self, page: Page) -> Result<Extraction, QueryFailure>;

    /// Answers all queries in each of these items of a page.
    fn extract_fragments(&self, page: Page, fragments: Vec<Fragment>) -> Result<Extraction, QueryFailure>;
}

/// Makes an [`Extractor`] the component's export.
#[macro_export]
macro_rules! export_extractor {
    ($t:ty) => {
        #[cfg(target_arch = "wasm32")]
        type ExportedExtractor = $crate::ExtractorGuest<$t>;
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::extractor::export_extractor_world!(
            ExportedExtractor with_types_in $crate::bindings::extractor
        );
        // Other linkers than wasm's do not take the names of the exports; natively there are only the tests.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::ExtractorInfo = <$t as $crate::Extractor>::describe;
    };
}

/// The extractor as the world's guest: what [`export_extractor!`] exports.
pub struct ExtractorGuest<E>(PhantomData<E>);

/// A session as the world's resource.
pub struct SessionGuest<E: Extractor>(E::Session);

impl<E: Extractor> wit::Guest for ExtractorGuest<E> {
    type Session = SessionGuest<E>;

    fn describe() -> ExtractorInfo {
        E::describe()
    }

    fn check(query: Query) -> Result<(), ExpressionError> {
        E::check(query)
    }
}

impl<E: Extractor> wit::GuestSession for SessionGuest<E> {
    fn open(item: Option<Query>, queries: Vec<Query>, fragments: bool) -> Result<wit::Session, OpenError> {
        E::open(item, queries, fragments).map(|session| wit::Session::new(Self(session)))
    }

    fn extract(&self, page: Page) -> Result<Extraction, QueryFailure> {
        self.0.extract(page)
    }

    fn extract_fragments(&self, page: Page, fragments: Vec<Fragment>) -> Result<Extraction, QueryFailure> {
        self.0.extract_fragments(page, fragments)
    }
}
