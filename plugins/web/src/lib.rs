//! The component that serves css, xpath and regex over one parse of a page.
//!
//! The languages are crates of their own; this one compiles a session's queries, parses a page at most once for all of
//! them, and lets an item of one language meet the queries of another on the same node. It knows no grammar.

mod compiled;
mod query_types;
mod session;

use snowscrape_plugin_sdk::{
    ExpressionError, Extractor, ExtractorInfo, OpenError, Query, QueryPlace, export_extractor,
};

use compiled::{CompiledItem, CompiledQuery};
use session::WebSession;

struct Web;

impl Extractor for Web {
    type Session = WebSession;

    fn describe() -> ExtractorInfo {
        ExtractorInfo {
            name: "web".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            query_types: query_types::all(),
        }
    }

    fn check(query: Query) -> Result<(), ExpressionError> {
        CompiledQuery::new(&query).map(drop)
    }

    fn open(item: Option<Query>, queries: Vec<Query>, fragments: bool) -> Result<WebSession, OpenError> {
        let item = item
            .as_ref()
            .map(CompiledItem::new)
            .transpose()
            .map_err(|error| OpenError {
                place: QueryPlace::Item,
                error,
            })?;
        let queries = queries.iter().enumerate().map(|(at, query)| {
            CompiledQuery::new(query).map_err(|error| OpenError {
                place: QueryPlace::Query(at as u32),
                error,
            })
        });
        Ok(WebSession::new(item, queries.collect::<Result<_, _>>()?, fragments))
    }
}

export_extractor!(Web);
