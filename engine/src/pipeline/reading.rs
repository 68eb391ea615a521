//! What is made of one page: its rows, and the links that the run takes.

use std::sync::Arc;

use super::base_url::base_url;
use super::crawl::{Fingerprint, Link, LinkRules, Origin, Visit, canonical, makes_rows};
use super::message::{Arrival, Arrived, Content, Extracted, ExtractedPage, Failure, Fetched, Work};
use crate::fetch::FetchedPage;
use crate::model::{ErrorCode, Job, Match, PluginUse, Selector, SourceType, Stage, UrlRules, Warning, WarningCode};
use crate::plugin::{ExtractionPlan, Extractors, OpenError, PageExtraction, PageInput, PluginRegistry};
use crate::rows::{ItemsExtraction, PageInfo, RowMaker};

/// How the pages of a run are read.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) rows: RowMaker,
    columns: usize,
    /// The queries; where the job has no item, the expressions for links come after them, so that a page is parsed once.
    plan: Arc<ExtractionPlan>,
    /// The expressions for links of a job with an item, which are evaluated on the page and not in its items.
    links_plan: Option<Arc<ExtractionPlan>>,
    links: LinkRules,
    rows_from: Option<UrlRules>,
    /// Whether a page that is as it was makes no rows.
    only_changed: bool,
    source_column: Option<String>,
    max_document_bytes: u64,
}

impl Reading {
    /// Finds the extractors for a job, and tries them: a session that cannot be opened would fail every page.
    pub(crate) fn new(job: &Job, registry: &PluginRegistry) -> Result<Self, OpenError> {
        let links = LinkRules::new(job);
        let queries = job.queries.iter().map(Selector::from);
        let (plan, links_plan) = if job.item.is_some() {
            let plan = ExtractionPlan::new(registry, job.item.as_ref(), queries)?;
            let links_plan = links
                .lead_on()
                .then(|| ExtractionPlan::new(registry, None, links.selectors()))
                .transpose()?;
            (plan, links_plan)
        } else {
            let all = queries.chain(links.selectors().cloned());
            (ExtractionPlan::new(registry, None, all)?, None)
        };
        let reading = Self {
            rows: RowMaker::new(job),
            columns: job.queries.len(),
            plan: Arc::new(plan),
            links_plan: links_plan.map(Arc::new),
            links,
            rows_from: job.rows_from.clone(),
            only_changed: job.request.only_changed,
            source_column: job.source_column.clone(),
            max_document_bytes: job.request.max_body_bytes,
        };
        reading.start_all()?;
        Ok(reading)
    }

    fn start_all(&self) -> Result<(), OpenError> {
        self.plan.extractors().start_all()?;
        match &self.links_plan {
            Some(plan) => plan.extractors().start_all(),
            None => Ok(()),
        }
    }

    /// The components that it uses, each once.
    pub(crate) fn plugins(&self) -> Vec<PluginUse> {
        let mut plugins: Vec<PluginUse> = self.plan.plugins().collect();
        for plugin in self.links_plan.iter().flat_map(|plan| plan.plugins()) {
            if !plugins.contains(&plugin) {
                plugins.push(plugin);
            }
        }
        plugins
    }

    /// Whether pages lead to further pages.
    pub(crate) fn leads_on(&self) -> bool {
        self.links.lead_on()
    }

    /// A reader for one thread.
    pub(crate) fn reader(self: &Arc<Self>) -> Reader {
        Reader {
            extractors: self.plan.extractors(),
            links: self.links_plan.as_ref().map(ExtractionPlan::extractors),
            reading: Arc::clone(self),
        }
    }
}

/// Reads pages, one after the other.
pub(crate) struct Reader {
    reading: Arc<Reading>,
    extractors: Extractors,
    links: Option<Extractors>,
}

/// What extractors found: for the rows, and for the links.
struct Findings {
    rows: PageExtraction,
    links: Vec<Result<Vec<Match>, String>>,
}

impl Reader {
    /// Reads what was fetched.
    pub(crate) fn read(&mut self, Fetched { work, page }: Fetched) -> Extracted {
        let page = page.and_then(|arrival| match arrival {
            Arrival::Page(arrived) => self.read_page(&work, *arrived),
            Arrival::NotModified(url, visit) => Ok(ExtractedPage {
                url: String::from(url).into(),
                bytes: 0,
                content: Content::Unchanged,
                links: Vec::new(),
                warnings: Vec::new(),
                visit: Some(visit),
                screenshot: None,
            }),
        });
        Extracted { work, page }
    }

    fn read_page(&mut self, work: &Work, arrived: Arrived) -> Result<ExtractedPage, Failure> {
        let Arrived {
            page,
            last,
            scripting,
            screenshot,
        } = arrived;
        let page = &page;
        if work.kind != SourceType::Page {
            return self.read_document(work.kind, page);
        }
        let reading = Arc::clone(&self.reading);
        let visit = reading.only_changed.then(|| visit(work, page));
        let is_unchanged = last
            .as_ref()
            .zip(visit.as_ref())
            .is_some_and(|(last, visit)| last.body == visit.body);
        if is_unchanged && !reading.leads_on() {
            return Ok(ExtractedPage {
                url: page.url.as_str().into(),
                bytes: page.body.len() as u64,
                content: Content::Unchanged,
                links: Vec::new(),
                warnings: Vec::new(),
                visit,
                screenshot,
            });
        }
        let without_rows = if is_unchanged {
            Some(Content::Unchanged)
        } else {
            (!makes_rows(reading.rows_from.as_ref(), &page.url)).then_some(Content::LinksOnly)
        };
        let mut extracted = self.extract(page, scripting, work, without_rows)?;
        extracted.visit = visit;
        extracted.screenshot = screenshot;
        Ok(extracted)
    }

    /// The rows and links of a page.
    fn extract(
        &mut self,
        page: &FetchedPage,
        scripting: bool,
        work: &Work,
        without_rows: Option<Content>,
    ) -> Result<ExtractedPage, Failure> {
        let reading = Arc::clone(&self.reading);
        let text = page.text().text;
        let base_url = base_url(&text, &page.url);
        let input = PageInput {
            url: page.url.as_str(),
            base_url: base_url.as_str(),
            media_type: &page.media_type,
            status: page.status,
            scripting,
            text: &text,
            bytes: &page.body,
        };
        let Findings { rows: mut found, links } = self
            .ask(input)
            .map_err(|error| Failure::extracting(code(&error), error.to_string()))?;
        // A link that leads to another host by a redirect does not make that host the job's.
        let host = match &work.target {
            Ok(asked) if work.depth > 0 => asked,
            _ => &page.url,
        };
        let origin = Origin {
            url: &page.url,
            host,
            base_url: &base_url,
            depth: work.depth,
            listing: work.listing,
        };
        let (links, mut warnings) = reading.links.find(origin, links);
        if let Some(content) = without_rows {
            return Ok(ExtractedPage {
                url: page.url.as_str().into(),
                bytes: page.body.len() as u64,
                content,
                links,
                warnings,
                visit: None,
                screenshot: None,
            });
        }
        let info = PageInfo {
            url: page.url.as_str().into(),
            base_url,
            number: work.number,
            fetched_at: page.fetched_at,
        };
        let mut made = reading
            .rows
            .make(&info, ItemsExtraction { items: found.items })
            .map_err(|error| Failure::extracting(ErrorCode::PluginFailed, error.to_string()))?;
        made.warnings.append(&mut found.warnings);
        made.warnings.append(&mut warnings);
        Ok(ExtractedPage {
            url: info.url,
            bytes: page.body.len() as u64,
            content: Content::Rows(made.rows, made.tallies),
            links,
            warnings: made.warnings,
            visit: None,
            screenshot: None,
        })
    }

    fn ask(&mut self, page: PageInput<'_>) -> Result<Findings, OpenError> {
        let mut rows = self.extractors.extract(page)?;
        let mut links = match &mut self.links {
            Some(links) => {
                let mut found = links.extract(page)?;
                rows.warnings.append(&mut found.warnings);
                found.items.pop().unwrap_or_default()
            }
            None => Vec::new(),
        };
        // Without an item there is one answer for each expression, and those for links are the last.
        if self.links.is_none() && self.reading.leads_on() {
            links = rows
                .items
                .first_mut()
                .map(|answers| answers.split_off(self.reading.columns.min(answers.len())))
                .unwrap_or_default();
        }
        Ok(Findings { rows, links })
    }

    /// The pages that a document names.
    fn read_document(&self, kind: SourceType, page: &FetchedPage) -> Result<ExtractedPage, Failure> {
        let text = page.text().text;
        let named = crate::source::read_document(crate::source::Document {
            kind,
            column: self.reading.source_column.as_deref(),
            body: &page.body,
            text: &text,
            max_bytes: self.reading.max_document_bytes,
        })
        .map_err(|error| Failure {
            stage: Stage::Source,
            code: ErrorCode::InvalidUrl,
            message: format!("{}: the document {error}", page.url),
        })?;
        let warnings = named.first_left_out.map(|first| Warning {
            code: WarningCode::Ignored,
            message: format!(
                "{}: {} of its texts are no http or https URLs and are left out, the first of them `{first}`",
                page.url, named.left_out
            ),
        });
        Ok(ExtractedPage {
            url: page.url.as_str().into(),
            bytes: page.body.len() as u64,
            content: Content::Document,
            links: named
                .urls
                .iter()
                .map(|named| Link::start(&named.url, named.kind))
                .collect(),
            warnings: warnings.into_iter().collect(),
            visit: None,
            screenshot: None,
        })
    }
}

/// What the next run is to know of a page.
fn visit(work: &Work, page: &FetchedPage) -> Visit {
    let asked = work.target.as_ref().map_or_else(|_| page.url.clone(), canonical);
    let validators = page.validators().unwrap_or_default();
    Visit {
        page: Fingerprint::of(asked.as_str()),
        etag: validators.etag,
        last_modified: validators.last_modified,
        body: Fingerprint::of(&page.body),
    }
}

fn code(error: &OpenError) -> ErrorCode {
    match error {
        OpenError::Call(error) => error.code(),
        OpenError::Expression { .. } | OpenError::UnknownType(_) => ErrorCode::PluginFailed,
    }
}
