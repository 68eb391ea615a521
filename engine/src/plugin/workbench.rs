//! Trying expressions out, one after another, on whatever text is at hand: instances are made once and used again.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::OpenError;
use super::extractor::{Extraction, ExtractorInstance, Fragment, PageInput, QueryRef, Reads};
use super::info::InputKind;
use super::registry::{ContentHash, Plugin, PluginRegistry};
use crate::model::{Match, Selector};

/// Answers single queries. One thread uses it at a time.
#[derive(Debug)]
pub struct Workbench {
    registry: Arc<PluginRegistry>,
    instances: HashMap<ContentHash, ExtractorInstance>,
}

/// For each item, or for the one page without an item, what the query found or why it found nothing.
pub type Answers = Vec<Result<Vec<Match>, String>>;

impl Workbench {
    /// A workbench with nothing started.
    pub fn new(registry: Arc<PluginRegistry>) -> Self {
        Self {
            registry,
            instances: HashMap::new(),
        }
    }

    /// Answers a query on a page, in each node of `item` where one is given.
    pub fn answer(
        &mut self,
        item: Option<&Selector>,
        query: &Selector,
        page: PageInput<'_>,
    ) -> Result<Answers, OpenError> {
        let (answering, reads) = self.find(&query.query_type)?;
        let extraction = match item {
            None => self.extract(&answering, None, Some(query), false, page, Pages::Whole(reads))?,
            Some(item) => {
                let (finding, item_reads) = self.find(&item.query_type)?;
                if Arc::ptr_eq(&finding, &answering) {
                    let reads = Reads {
                        text: reads.text || item_reads.text,
                        bytes: reads.bytes || item_reads.bytes,
                    };
                    self.extract(&answering, Some(item), Some(query), false, page, Pages::Whole(reads))?
                } else {
                    let found = self.extract(&finding, Some(item), None, true, page, Pages::Whole(item_reads))?;
                    self.extract(
                        &answering,
                        None,
                        Some(query),
                        false,
                        page,
                        Pages::Items(&found.fragments),
                    )?
                }
            }
        };
        Ok(extraction
            .items
            .into_iter()
            .filter_map(|mut outcomes| outcomes.pop())
            .collect())
    }

    fn find(&self, query_type: &str) -> Result<(Arc<Plugin>, Reads), OpenError> {
        let (plugin, info) = self
            .registry
            .extractor(query_type)
            .ok_or_else(|| OpenError::UnknownType(query_type.to_owned()))?;
        let reads = Reads {
            text: info.input == InputKind::Text,
            bytes: info.input == InputKind::Bytes,
        };
        Ok((Arc::clone(plugin), reads))
    }

    fn extract(
        &mut self,
        plugin: &Plugin,
        item: Option<&Selector>,
        query: Option<&Selector>,
        fragments: bool,
        page: PageInput<'_>,
        pages: Pages<'_>,
    ) -> Result<Extraction, OpenError> {
        let mut instance = match self.instances.remove(&plugin.hash()) {
            Some(instance) => instance,
            None => ExtractorInstance::start(plugin)?,
        };
        let queries: Vec<_> = query.map(QueryRef::from).into_iter().collect();
        let session = match instance.open(item.map(QueryRef::from), &queries, fragments) {
            Ok(session) => session,
            Err(error) => {
                if matches!(error, OpenError::Expression { .. }) {
                    self.instances.insert(plugin.hash(), instance);
                }
                return Err(error);
            }
        };
        let answer = match pages {
            Pages::Whole(reads) => instance.extract(&session, page, reads),
            Pages::Items(fragments) => instance.extract_fragments(&session, page, fragments),
        };
        let usable = answer.as_ref().err().is_none_or(super::CallError::spares_instance);
        if usable && instance.close(session).is_ok() && !instance.is_bloated() {
            self.instances.insert(plugin.hash(), instance);
        }
        Ok(answer?)
    }
}

/// What a query is asked of.
#[derive(Clone, Copy)]
enum Pages<'a> {
    Whole(Reads),
    Items(&'a [Fragment]),
}
