//! A job's queries, spread over the extractors that serve them, asked of page after page.
//!
//! Queries of one component go to it in one call a page. Where an item is given, the component that serves the item
//! finds it; the others get each item's outer HTML, in one call a page too.

use std::sync::Arc;

use super::error::{CallError, OpenError};
use super::extractor::{Extraction, ExtractorInstance, Fragment, PageInput, QueryRef, Reads, SessionHandle};
use super::info::InputKind;
use super::registry::{Plugin, PluginRegistry};
use crate::model::{Match, PluginUse, Selector, Warning};

/// Which component answers which of a job's queries.
#[derive(Debug)]
pub struct ExtractionPlan {
    item: Option<Selector>,
    queries: Vec<Selector>,
    /// The item's component first, where there is an item.
    groups: Vec<Group>,
}

#[derive(Debug)]
struct Group {
    plugin: Arc<Plugin>,
    /// The places of its queries among the job's.
    places: Vec<usize>,
    reads: Reads,
}

/// What was found on a page: for each item, for each query of the job.
#[derive(Debug, Default)]
pub struct PageExtraction {
    /// For each item (one where the job has none), for each query its matches or why it has none.
    pub items: Vec<Vec<Result<Vec<Match>, String>>>,
    /// What a person should know.
    pub warnings: Vec<Warning>,
}

impl ExtractionPlan {
    /// Finds the components for a job's queries, or for other expressions.
    pub fn new<Q: Into<Selector>>(
        registry: &PluginRegistry,
        item: Option<&Selector>,
        queries: impl IntoIterator<Item = Q>,
    ) -> Result<Self, OpenError> {
        let queries: Vec<Selector> = queries.into_iter().map(Into::into).collect();
        let mut groups: Vec<Group> = Vec::new();
        let mut join = |query_type: &str, place: Option<usize>| {
            let Some((plugin, info)) = registry.extractor(query_type) else {
                return Err(OpenError::UnknownType(query_type.to_owned()));
            };
            let at = groups
                .iter()
                .position(|group| Arc::ptr_eq(&group.plugin, plugin))
                .unwrap_or_else(|| {
                    groups.push(Group {
                        plugin: Arc::clone(plugin),
                        places: Vec::new(),
                        reads: Reads::default(),
                    });
                    groups.len() - 1
                });
            let group = &mut groups[at];
            group.places.extend(place);
            match info.input {
                InputKind::Text => group.reads.text = true,
                InputKind::Bytes => group.reads.bytes = true,
            }
            Ok(())
        };
        if let Some(item) = item {
            join(&item.query_type, None)?;
        }
        for (place, query) in queries.iter().enumerate() {
            join(&query.query_type, Some(place))?;
        }
        Ok(Self {
            item: item.cloned(),
            queries,
            groups,
        })
    }

    /// The components that the plan uses.
    pub fn plugins(&self) -> impl Iterator<Item = PluginUse> + '_ {
        self.groups.iter().map(|group| group.plugin.as_used())
    }

    /// Extractors for one worker. They start when the first page comes.
    pub fn extractors(self: &Arc<Self>) -> Extractors {
        Extractors {
            plan: Arc::clone(self),
            running: self.groups.iter().map(|_| None).collect(),
        }
    }
}

/// A worker's instances: kept from page to page, replaced when they break or grow too large.
#[derive(Debug)]
pub struct Extractors {
    plan: Arc<ExtractionPlan>,
    running: Vec<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    instance: ExtractorInstance,
    session: SessionHandle,
}

impl Extractors {
    /// Answers all queries on a page.
    pub fn extract(&mut self, page: PageInput<'_>) -> Result<PageExtraction, OpenError> {
        let mut found = PageExtraction::default();
        let mut fragments = Vec::new();
        for at in 0..self.plan.groups.len() {
            let items = if at > 0 && self.plan.item.is_some() {
                Some(fragments.as_slice())
            } else {
                None
            };
            // Items that the first component did not find are no reason to call the others.
            if items.is_some_and(<[Fragment]>::is_empty) {
                continue;
            }
            let mut extraction = self.call(at, page, items)?;
            if at == 0 {
                fragments = std::mem::take(&mut extraction.fragments);
                found.items = extraction.items.iter().map(|_| self.unanswered()).collect();
            }
            found.warnings.append(&mut extraction.warnings);
            for (row, outcomes) in found.items.iter_mut().zip(extraction.items) {
                for (place, outcome) in self.plan.groups[at].places.iter().zip(outcomes) {
                    row[*place] = outcome;
                }
            }
        }
        Ok(found)
    }

    /// Starts every instance and compiles its queries, so that what is wrong with them is known before the first page.
    pub fn start_all(&mut self) -> Result<(), OpenError> {
        for at in 0..self.plan.groups.len() {
            if self.running[at].is_none() {
                self.running[at] = Some(self.start(at)?);
            }
        }
        Ok(())
    }

    fn unanswered(&self) -> Vec<Result<Vec<Match>, String>> {
        self.plan.queries.iter().map(|_| Ok(Vec::new())).collect()
    }

    fn call(&mut self, at: usize, page: PageInput<'_>, items: Option<&[Fragment]>) -> Result<Extraction, OpenError> {
        let running = match self.running[at].take() {
            Some(running) => running,
            None => self.start(at)?,
        };
        let Running { mut instance, session } = running;
        let answer = match items {
            Some(items) => instance.extract_fragments(&session, page, items),
            None => instance.extract(&session, page, self.plan.groups[at].reads),
        };
        if answer.as_ref().err().is_none_or(CallError::spares_instance) && !instance.is_bloated() {
            self.running[at] = Some(Running { instance, session });
        }
        Ok(answer?)
    }

    fn start(&self, at: usize) -> Result<Running, OpenError> {
        let plan = &self.plan;
        let group = &plan.groups[at];
        let mut instance = ExtractorInstance::start(&group.plugin)?;
        let item = plan.item.as_ref().filter(|_| at == 0).map(QueryRef::from);
        let queries: Vec<_> = group
            .places
            .iter()
            .map(|place| QueryRef::from(&plan.queries[*place]))
            .collect();
        let fragments = item.is_some() && plan.groups.len() > 1;
        let session = instance.open(item, &queries, fragments)?;
        Ok(Running { instance, session })
    }
}
