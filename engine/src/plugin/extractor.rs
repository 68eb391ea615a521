//! Typed calls of an extractor.

use wasmtime::component::ResourceAny;

use super::bindings::extractor::Extractor;
use super::bindings::extractor::exports::snowscrape::plugin::extracting as wit;
use super::bindings::extractor::snowscrape::plugin::types;
use super::error::{CallError, OpenError};
use super::instance::Instance;
use super::registry::Plugin;
use crate::model::{ExpressionFault, Match, MatchKind, OptionValue, Selector, Warning, WarningCode};

/// A running extractor. One thread uses it at a time.
pub struct ExtractorInstance(Instance<Extractor>);

/// Queries that an instance has compiled. It belongs to that instance alone.
#[derive(Clone, Copy, Debug)]
pub struct SessionHandle {
    session: ResourceAny,
    queries: usize,
    has_item: bool,
    fragments: bool,
}

/// A query as an extractor takes it.
#[derive(Clone, Copy, Debug)]
pub struct QueryRef<'a> {
    /// A type that the extractor serves.
    pub query_type: &'a str,
    /// The expression.
    pub expression: &'a str,
    /// The options that were given, checked.
    pub options: &'a [(String, OptionValue)],
}

impl<'a> From<&'a Selector> for QueryRef<'a> {
    fn from(selector: &'a Selector) -> Self {
        Self {
            query_type: &selector.query_type,
            expression: &selector.expression,
            options: &selector.options,
        }
    }
}

/// A page as an extractor reads it.
#[derive(Clone, Copy, Debug)]
pub struct PageInput<'a> {
    /// The final URL.
    pub url: &'a str,
    /// What links are resolved against.
    pub base_url: &'a str,
    /// Without parameters.
    pub media_type: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// Whether scripts ran in it.
    pub scripting: bool,
    /// The decoded body.
    pub text: &'a str,
    /// The body as it came.
    pub bytes: &'a [u8],
}

/// An item as another extractor takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Outer HTML.
    pub html: String,
    /// The name of the parent element.
    pub parent: String,
}

/// What was found on a page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extraction {
    /// For each item, for each query its matches or why it has none.
    pub(crate) items: Vec<Vec<Result<Vec<Match>, String>>>,
    /// The items, where they were asked for.
    pub(crate) fragments: Vec<Fragment>,
    pub(crate) warnings: Vec<Warning>,
}

/// Which parts of a page's body a session reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    pub(crate) text: bool,
    pub(crate) bytes: bool,
}

impl ExtractorInstance {
    /// Starts an instance of a plugin that is an extractor.
    pub fn start(plugin: &Plugin) -> Result<Self, CallError> {
        plugin.start_extractor().map(Self)
    }

    /// Checks one expression without a page.
    pub fn check(&mut self, query: QueryRef<'_>) -> Result<Result<(), ExpressionFault>, CallError> {
        let settings = settings(query.options);
        let asked = to_wit(query, &settings);
        let answer = self
            .0
            .call(|store, guest| guest.snowscrape_plugin_extracting().call_check(store, asked))?;
        Ok(answer.map_err(|error| fault(error, query.expression)))
    }

    /// Compiles queries. `fragments` asks for the items themselves, too.
    pub fn open(
        &mut self,
        item: Option<QueryRef<'_>>,
        queries: &[QueryRef<'_>],
        fragments: bool,
    ) -> Result<SessionHandle, OpenError> {
        let item_settings = item.map(|item| settings(item.options)).unwrap_or_default();
        let query_settings: Vec<_> = queries.iter().map(|query| settings(query.options)).collect();
        let wit_item = item.map(|item| to_wit(item, &item_settings));
        let wit_queries: Vec<_> = queries
            .iter()
            .zip(&query_settings)
            .map(|(query, settings)| to_wit(*query, settings))
            .collect();
        let opened = self.0.call(|store, guest| {
            guest
                .snowscrape_plugin_extracting()
                .session()
                .call_open(store, wit_item, &wit_queries, fragments)
        })?;
        match opened {
            Ok(session) => Ok(SessionHandle {
                session,
                queries: queries.len(),
                has_item: item.is_some(),
                fragments,
            }),
            Err(wit::OpenError { place, error }) => {
                let (query, expression) = match place {
                    wit::QueryPlace::Item => (None, item.map(|item| item.expression)),
                    wit::QueryPlace::Query(at) => (
                        Some(at as usize),
                        queries.get(at as usize).map(|query| query.expression),
                    ),
                };
                let Some(expression) = expression else {
                    return Err(self
                        .0
                        .label()
                        .nonsense("it found fault with a query that it was not given")
                        .into());
                };
                Err(OpenError::Expression {
                    query,
                    fault: fault(error, expression),
                })
            }
        }
    }

    /// Answers a session's queries on a page.
    pub(crate) fn extract(
        &mut self,
        handle: &SessionHandle,
        page: PageInput<'_>,
        reads: Reads,
    ) -> Result<Extraction, CallError> {
        let page = page_to_wit(page, reads);
        let answer = self.0.call(|store, guest| {
            guest
                .snowscrape_plugin_extracting()
                .session()
                .call_extract(store, handle.session, page)
        })?;
        let found = self.answered(answer)?;
        self.checked(handle, found, None)
    }

    /// Answers a session's queries in items that another extractor found.
    pub(crate) fn extract_fragments(
        &mut self,
        handle: &SessionHandle,
        page: PageInput<'_>,
        fragments: &[Fragment],
    ) -> Result<Extraction, CallError> {
        let page = page_to_wit(page, Reads::default());
        let given: Vec<_> = fragments
            .iter()
            .map(|fragment| wit::FragmentParam {
                html: &fragment.html,
                parent: &fragment.parent,
            })
            .collect();
        let answer = self.0.call(|store, guest| {
            guest
                .snowscrape_plugin_extracting()
                .session()
                .call_extract_fragments(store, handle.session, page, &given)
        })?;
        let found = self.answered(answer)?;
        self.checked(handle, found, Some(fragments.len()))
    }

    /// Frees what a session holds in the guest.
    pub fn close(&mut self, handle: SessionHandle) -> Result<(), CallError> {
        self.0.call(|store, _| handle.session.resource_drop(store))
    }

    /// Whether the instance should make room for a new one.
    pub(crate) fn is_bloated(&self) -> bool {
        self.0.is_bloated()
    }

    fn answered(&self, answer: Result<wit::Extraction, wit::QueryFailure>) -> Result<wit::Extraction, CallError> {
        answer.map_err(|failure| self.0.label().refused(failure_text(failure)))
    }

    /// Takes nothing on trust: a guest may answer what the interface's types allow and its words do not.
    fn checked(
        &self,
        handle: &SessionHandle,
        found: wit::Extraction,
        fragments: Option<usize>,
    ) -> Result<Extraction, CallError> {
        let nonsense = |message: String| Err(self.0.label().nonsense(message));
        let items = found.items.len();
        let expected = fragments.or((!handle.has_item).then_some(1));
        if let Some(expected) = expected.filter(|expected| *expected != items) {
            return nonsense(format!("answers for {items} items where there were {expected}"));
        }
        if let Some(outcomes) = found.items.iter().find(|outcomes| outcomes.len() != handle.queries) {
            return nonsense(format!("{} answers to {} queries", outcomes.len(), handle.queries));
        }
        if handle.fragments && found.fragments.len() != items {
            return nonsense(format!("{} fragments of {items} items", found.fragments.len()));
        }
        let items = found
            .items
            .into_iter()
            .map(|outcomes| outcomes.into_iter().map(outcome).collect())
            .collect();
        Ok(Extraction {
            items,
            fragments: found
                .fragments
                .into_iter()
                .map(|fragment| Fragment {
                    html: fragment.html,
                    parent: fragment.parent,
                })
                .collect(),
            warnings: warnings(found.warnings),
        })
    }
}

impl std::fmt::Debug for ExtractorInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ExtractorInstance").field(self.0.label()).finish()
    }
}

/// A plugin's own code is kept in the message: the codes of a run's warnings are a closed set.
pub(crate) fn warnings(warnings: Vec<types::Warning>) -> Vec<Warning> {
    warnings
        .into_iter()
        .map(|warning| Warning {
            code: WarningCode::Plugin,
            message: format!("{}: {}", warning.code, warning.message),
        })
        .collect()
}

/// The options in the interface's words; they borrow from the model's.
pub(crate) fn settings(options: &[(String, OptionValue)]) -> Vec<types::Setting<'_>> {
    options
        .iter()
        .map(|(name, value)| types::Setting {
            name,
            value: match value {
                OptionValue::Text(text) => types::OptionValueParam::Text(text),
                OptionValue::Boolean(value) => types::OptionValueParam::Boolean(*value),
                OptionValue::Integer(value) => types::OptionValueParam::Integer(*value),
                OptionValue::Number(value) => types::OptionValueParam::Number(*value),
            },
        })
        .collect()
}

fn to_wit<'a>(query: QueryRef<'a>, settings: &'a [types::Setting<'a>]) -> wit::Query<'a> {
    wit::Query {
        query_type: query.query_type,
        expression: query.expression,
        options: settings,
    }
}

fn page_to_wit(page: PageInput<'_>, reads: Reads) -> wit::Page<'_> {
    wit::Page {
        url: page.url,
        base_url: page.base_url,
        media_type: page.media_type,
        status: page.status,
        scripting: page.scripting,
        text: reads.text.then_some(page.text),
        bytes: reads.bytes.then_some(page.bytes),
    }
}

/// A place outside of the expression or within a character is moved to the nearest that is not.
fn fault(error: wit::ExpressionError, expression: &str) -> ExpressionFault {
    let mut offset = (error.offset as usize).min(expression.len());
    while !expression.is_char_boundary(offset) {
        offset -= 1;
    }
    let length = error.length.min((expression.len() - offset) as u32);
    ExpressionFault {
        offset: offset as u32,
        length,
        message: error.message,
    }
}

fn outcome(outcome: Result<Vec<wit::Match>, wit::QueryFailure>) -> Result<Vec<Match>, String> {
    match outcome {
        Ok(matches) => Ok(matches
            .into_iter()
            .map(|found| match found {
                wit::Match::TextNode(text) => Match {
                    kind: MatchKind::TextNode,
                    text,
                },
                wit::Match::Text(text) => Match {
                    kind: MatchKind::Text,
                    text,
                },
                wit::Match::Structured(text) => Match {
                    kind: MatchKind::Structured,
                    text,
                },
            })
            .collect()),
        Err(failure) => Err(failure_text(failure)),
    }
}

fn failure_text(failure: wit::QueryFailure) -> String {
    match failure {
        wit::QueryFailure::TooCostly(text)
        | wit::QueryFailure::UnsuitablePage(text)
        | wit::QueryFailure::Other(text) => text,
    }
}
