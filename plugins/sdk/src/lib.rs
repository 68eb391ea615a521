//! The guest SDK: an extractor or an exporter is a Rust type that implements a trait.
//!
//! An extractor implements [`Extractor`] and [`Session`] and is exported by [`export_extractor!`]; an exporter
//! implements [`Exporter`] and [`Writer`] and is exported by [`export_exporter!`]. The types are those of the WIT package
//! `snowscrape:plugin`, where each field is documented; [`Batch`] is read through [`Rows`], cell by cell, though it
//! crosses the boundary as flat columns.
//!
//! The SDK does not know any query language or format.

pub mod bindings;
mod exporter;
mod extractor;
mod rows;
mod settings;
pub mod testing;
mod time;

pub use bindings::exporter::exports::snowscrape::plugin::exporting::{
    Batch, Closing, Column, ColumnData, ColumnQuery, ColumnType, Ending, ExportError, ExporterInfo, FileVariant,
    InvalidOption, Lists, RunInfo, Series, Texts, Values,
};
pub use bindings::extractor::exports::snowscrape::plugin::extracting::{
    ExpressionError, Extraction, ExtractorInfo, Fragment, InputKind, Match, MatchKind, OpenError, Outcome, Page, Query,
    QueryFailure, QueryPlace, QueryType,
};
pub use bindings::extractor::snowscrape::plugin::types::{OptionKind, OptionSpec, OptionValue, Setting, Warning};
pub use exporter::{Exporter, ExporterGuest, Writer, WriterGuest};
pub use extractor::{Extractor, ExtractorGuest, Session, SessionGuest};
pub use rows::{Cell, Items, Row, Rows};
pub use settings::Settings;
pub use time::timestamp;
