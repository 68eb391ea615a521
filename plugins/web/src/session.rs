//! A session: one page, one parse, all its queries.

use snowscrape_css::Matcher;
use snowscrape_dom::{Document, NodeId, ParseOptions};
use snowscrape_plugin_sdk::{Extraction, Fragment, Match, Outcome, Page, QueryFailure, Session, Warning};
use snowscrape_regex::On;

use crate::compiled::{CompiledItem, CompiledQuery};

/// Queries of a job, compiled once.
pub(crate) struct WebSession {
    item: Option<CompiledItem>,
    queries: Vec<CompiledQuery>,
    fragments: bool,
    reads_tree: bool,
}

impl WebSession {
    pub(crate) fn new(item: Option<CompiledItem>, queries: Vec<CompiledQuery>, fragments: bool) -> Self {
        let reads_tree = item.is_some() || queries.iter().any(CompiledQuery::reads_tree);
        Self {
            item,
            queries,
            fragments,
            reads_tree,
        }
    }

    fn answer_page(&self, document: &Document, source: &str) -> Vec<Outcome> {
        let scope = Scope {
            document,
            node: NodeId::DOCUMENT,
            item: None,
            source: Some(source),
        };
        self.ready(document)
            .iter_mut()
            .map(|query| query.answer(&scope))
            .collect()
    }

    /// Without a tree there are only regexes on the source.
    fn answer_source(&self, source: &str) -> Vec<Outcome> {
        let answer = |query: &CompiledQuery| {
            let mut found = Vec::new();
            if let CompiledQuery::Regex(pattern) = query {
                pattern.matches(source, &mut found)?;
            }
            Ok(found)
        };
        self.queries.iter().map(answer).collect()
    }

    fn answer_items(&self, document: &Document, items: &[NodeId]) -> Vec<Vec<Outcome>> {
        let mut queries = self.ready(document);
        let answer = |item: &NodeId| {
            let scope = Scope {
                document,
                node: *item,
                item: Some(*item),
                source: None,
            };
            queries.iter_mut().map(|query| query.answer(&scope)).collect()
        };
        items.iter().map(answer).collect()
    }

    fn ready<'a>(&'a self, document: &'a Document) -> Vec<Ready<'a>> {
        self.queries.iter().map(|query| Ready::new(query, document)).collect()
    }
}

impl Session for WebSession {
    fn extract(&self, page: Page) -> Result<Extraction, QueryFailure> {
        let source = page.text.ok_or_else(no_text)?;
        if !self.reads_tree {
            let items = vec![self.answer_source(&source)];
            return Ok(Extraction {
                items,
                fragments: Vec::new(),
                warnings: Vec::new(),
            });
        }
        let document = Document::parse(
            &source,
            ParseOptions {
                scripting: page.scripting,
            },
        );
        let warnings = warnings(&document);
        let Some(item) = &self.item else {
            let items = vec![self.answer_page(&document, &source)];
            return Ok(Extraction {
                items,
                fragments: Vec::new(),
                warnings,
            });
        };
        // The source may be large, and items are evaluated on the tree alone.
        drop(source);
        let items = match item {
            CompiledItem::Css(selector) => selector.nodes(&document, None)?,
            CompiledItem::XPath(expression) => expression.nodes(&document, start(&document))?,
        };
        let fragments = if self.fragments {
            items.iter().map(|item| fragment(&document, *item)).collect()
        } else {
            Vec::new()
        };
        Ok(Extraction {
            items: self.answer_items(&document, &items),
            fragments,
            warnings,
        })
    }

    fn extract_fragments(&self, page: Page, fragments: Vec<Fragment>) -> Result<Extraction, QueryFailure> {
        let mut extraction = Extraction {
            items: Vec::new(),
            fragments: Vec::new(),
            warnings: Vec::new(),
        };
        for Fragment { html, parent } in fragments {
            if !self.reads_tree {
                extraction.items.push(self.answer_source(&html));
                continue;
            }
            let document = Document::parse_fragment(
                &html,
                &parent,
                ParseOptions {
                    scripting: page.scripting,
                },
            );
            extraction.warnings.extend(warnings(&document));
            extraction.items.push(match document.item() {
                Some(item) => self.answer_items(&document, &[item]).pop().unwrap_or_default(),
                None => self.queries.iter().map(|_| Ok(Vec::new())).collect(),
            });
        }
        Ok(extraction)
    }
}

/// A query with what it keeps from item to item of one page.
enum Ready<'a> {
    Css(Box<Matcher<'a>>),
    Other(&'a CompiledQuery),
}

impl<'a> Ready<'a> {
    fn new(query: &'a CompiledQuery, document: &'a Document) -> Self {
        match query {
            CompiledQuery::Css(selector) => Self::Css(Box::new(selector.on(document))),
            other => Self::Other(other),
        }
    }

    fn answer(&mut self, scope: &Scope<'_>) -> Outcome {
        let mut found: Vec<Match> = Vec::new();
        match self {
            Self::Css(matcher) => matcher.matches(scope.item, &mut found)?,
            Self::Other(CompiledQuery::XPath(expression)) => {
                let context = scope.item.unwrap_or_else(|| start(scope.document));
                expression.matches(scope.document, context, &mut found)?;
            }
            Self::Other(CompiledQuery::Regex(pattern)) => match (pattern.on(), scope.source) {
                (On::Text, _) => pattern.matches(&scope.document.visible_text(scope.node), &mut found)?,
                (On::Source, Some(source)) => pattern.matches(source, &mut found)?,
                (On::Source, None) => pattern.matches(&scope.document.outer_html(scope.node), &mut found)?,
            },
            Self::Other(CompiledQuery::Css(_)) => unreachable!("a css query is made a matcher"),
        }
        Ok(found)
    }
}

/// Where queries are evaluated.
struct Scope<'a> {
    document: &'a Document,
    /// The item, or the document.
    node: NodeId,
    item: Option<NodeId>,
    /// The page's source; none in an item, whose source is its outer HTML.
    source: Option<&'a str>,
}

/// Where a relative path starts on a page.
fn start(document: &Document) -> NodeId {
    document.root_element().unwrap_or(NodeId::DOCUMENT)
}

fn fragment(document: &Document, item: NodeId) -> Fragment {
    let parent = document.parent(item).filter(|parent| document.is_element(*parent));
    Fragment {
        html: document.outer_html(item),
        parent: parent.map_or_else(|| "body".to_owned(), |parent| document.local_name(parent).to_string()),
    }
}

fn warnings(document: &Document) -> Vec<Warning> {
    let left_out = document.left_out();
    if left_out == 0 {
        return Vec::new();
    }
    vec![Warning {
        code: "nested_too_deep".to_owned(),
        message: format!(
            "{left_out} elements stood deeper than {} and were left out; their text was kept",
            snowscrape_dom::MAX_DEPTH
        ),
    }]
}

fn no_text() -> QueryFailure {
    QueryFailure::UnsuitablePage("the page has no text".to_owned())
}

#[cfg(test)]
mod tests {
    use snowscrape_plugin_sdk::{Extractor, Fragment, Match, Page, Query, Session, Setting};

    use crate::Web;

    fn query(written: &str) -> Query {
        let (query_type, expression) = written.split_once(' ').unwrap();
        Query {
            query_type: query_type.into(),
            expression: expression.into(),
            options: Vec::<Setting>::new(),
        }
    }

    fn page(html: &str) -> Page {
        Page {
            url: "http://a/".into(),
            base_url: "http://a/".into(),
            media_type: "text/html".into(),
            status: 200,
            scripting: false,
            text: Some(html.into()),
            bytes: None,
        }
    }

    fn texts(items: Vec<Vec<snowscrape_plugin_sdk::Outcome>>) -> Vec<Vec<Vec<String>>> {
        let text = |found: Match| match found {
            Match::Text(text) | Match::TextNode(text) | Match::Structured(text) => text,
        };
        let outcome = |outcome: snowscrape_plugin_sdk::Outcome| outcome.unwrap().into_iter().map(text).collect();
        items
            .into_iter()
            .map(|outcomes| outcomes.into_iter().map(outcome).collect())
            .collect()
    }

    const HTML: &str = "<div id=1><h2>A</h2> <b>1</b></div><div id=2><h2>B</h2></div>";

    #[test]
    fn languages_mix_on_one_page() {
        let queries = ["css h2::text", "xpath //b/text()", "regex id=(\\d)"]
            .map(query)
            .to_vec();
        let session = Web::open(None, queries, false).unwrap();
        let found = texts(session.extract(page(HTML)).unwrap().items);
        assert_eq!(found, [[vec!["A", "B"], vec!["1"], vec!["1", "2"]]]);
    }

    #[test]
    fn an_item_of_one_language_meets_queries_of_another() {
        for item in ["css div", "xpath //div"] {
            let queries = ["css h2::text", "xpath b/text()", "regex id=\"(\\d)\""]
                .map(query)
                .to_vec();
            let session = Web::open(Some(query(item)), queries, true).unwrap();
            let found = session.extract(page(HTML)).unwrap();
            let html = [
                r#"<div id="1"><h2>A</h2> <b>1</b></div>"#,
                r#"<div id="2"><h2>B</h2></div>"#,
            ];
            let fragments = html.map(|html| Fragment {
                html: html.into(),
                parent: "body".into(),
            });
            assert_eq!(found.fragments, fragments);
            assert_eq!(
                texts(found.items),
                [[vec!["A"], vec!["1"], vec!["1"]], [vec!["B"], vec![], vec!["2"]]]
            );
        }
    }

    #[test]
    fn fragments_are_items() {
        let queries = ["css td::text", "xpath name()", "regex <(\\w+)"].map(query).to_vec();
        let session = Web::open(None, queries, false).unwrap();
        let fragments = vec![
            Fragment {
                html: "<tr><td>1</td></tr>".into(),
                parent: "tbody".into(),
            },
            Fragment {
                html: String::new(),
                parent: "div".into(),
            },
        ];
        let found = texts(session.extract_fragments(page(""), fragments).unwrap().items);
        assert_eq!(
            found,
            [[vec!["1"], vec!["tr"], vec!["tr", "td"]], [vec![], vec![], vec![]]]
        );
    }

    #[test]
    fn nothing_is_parsed_for_regexes_alone() {
        let session = Web::open(None, vec![query("regex a(.)")], false).unwrap();
        assert!(!session.reads_tree);
        assert_eq!(texts(session.extract(page("ab ac")).unwrap().items), [[["b", "c"]]]);
    }

    #[test]
    fn a_regex_is_no_item() {
        let error = Web::open(Some(query("regex x")), Vec::new(), false).err().unwrap();
        assert_eq!(
            error.error.message,
            "`regex` finds no nodes, so it cannot be an item; use css or xpath"
        );
    }

    #[test]
    fn what_is_left_out_is_a_warning() {
        let session = Web::open(None, vec![query("css p")], false).unwrap();
        let found = session.extract(page(&"<div>".repeat(2_050))).unwrap();
        assert_eq!(found.warnings[0].code, "nested_too_deep");
    }
}
