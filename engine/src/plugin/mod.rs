//! The plugin host: components are compiled once, instantiated with limits, and called through typed wrappers.
//!
//! Nothing here knows a component by name, and nothing outside of this folder sees a WIT type.

mod bindings;
mod cache;
mod engine;
mod error;
mod exporter;
mod extraction;
mod extractor;
mod imports;
mod info;
mod instance;
mod lower;
mod registry;
mod wasi;
mod workbench;

pub use cache::CodeCache;
pub use engine::{Limits, PluginEngine};
pub use error::{CallError, LoadError, OpenError};
pub use exporter::{ColumnQuery, Export, ExportError, ExportWriter, RunFacts};
pub use extraction::{ExtractionPlan, Extractors, PageExtraction};
pub use extractor::{ExtractorInstance, Fragment, PageInput, QueryRef, SessionHandle};
pub use info::{ExporterInfo, ExtractorInfo, InputKind, QueryTypeInfo};
pub use registry::{ComponentSource, ContentHash, Plugin, PluginRegistry};
pub use workbench::{Answers, Workbench};
