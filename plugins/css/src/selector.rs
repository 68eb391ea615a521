//! A compiled selector list, and what it finds on a page.

use std::fmt;

use selectors::OpaqueElement;
use selectors::matching::SelectorCaches;
use snowscrape_dom::{Document, NodeId, Output};
use snowscrape_plugin_sdk::{ExpressionError, Match, QueryFailure};

use crate::compile::{Branch, Complex, compile_branches};
use crate::evaluate::{Chains, Evaluation};
use crate::grammar::GrammarParser;
use crate::guard;
use crate::hits::Hits;
use crate::page::{MAX_STEPS, Page};
use crate::relative::matching_context;

/// A list of selectors, compiled once for any number of pages.
#[derive(Debug)]
pub struct Selector {
    branches: Vec<Branch>,
    relatives: Vec<Vec<Complex>>,
    /// Whether `:scope` may occur: then what was computed in one item does not hold in the next.
    scoped: bool,
}

impl Selector {
    /// Compiles an expression. An element without a pseudo-element is given in the form `output`.
    ///
    /// The error says where in the expression it is, in bytes.
    pub fn compile(expression: &str, output: Output) -> Result<Self, ExpressionError> {
        Self::compile_for(expression, Some(output))
    }

    /// Compiles an expression that finds items. These are elements, so a pseudo-element is an error.
    pub fn compile_item(expression: &str) -> Result<Self, ExpressionError> {
        Self::compile_for(expression, None)
    }

    fn compile_for(expression: &str, output: Option<Output>) -> Result<Self, ExpressionError> {
        guard::check(expression)?;
        let parser = GrammarParser::default();
        let branches = compile_branches(expression, output, &parser)?;
        Ok(Self {
            branches,
            relatives: parser.relatives.into_inner(),
            // A name can be written with escapes, so one of those may be it too.
            scoped: expression.to_ascii_lowercase().contains("scope") || expression.contains('\\'),
        })
    }

    /// This expression on one page: to be kept while one asks for item after item.
    pub fn on<'a>(&'a self, document: &'a Document) -> Matcher<'a> {
        Matcher::with_steps(self, document, MAX_STEPS)
    }

    /// All matches in document order; `item` is the element to search, itself included, or `None` for the page.
    ///
    /// Who asks for many items of one page does so through [`Selector::on`], which keeps what it computed.
    pub fn matches(&self, document: &Document, item: Option<NodeId>, out: &mut Vec<Match>) -> Result<(), QueryFailure> {
        self.on(document).matches(item, out)
    }

    /// The elements found, in document order, each once.
    pub fn nodes(&self, document: &Document, item: Option<NodeId>) -> Result<Vec<NodeId>, QueryFailure> {
        self.on(document).nodes(item)
    }
}

/// An expression on one page. It may take [`MAX_STEPS`] steps for all items together.
pub struct Matcher<'a> {
    selector: &'a Selector,
    page: Page<'a>,
    caches: SelectorCaches,
    chains: Chains,
}

impl fmt::Debug for Matcher<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Matcher")
            .field("selector", self.selector)
            .finish_non_exhaustive()
    }
}

impl<'a> Matcher<'a> {
    fn with_steps(selector: &'a Selector, document: &'a Document, steps: u64) -> Self {
        Self {
            selector,
            page: Page::new(document, &selector.relatives, steps),
            caches: SelectorCaches::default(),
            chains: Chains::default(),
        }
    }

    /// All matches in document order, added to `out`; `item` is the element to search, itself included, or `None` for
    /// the page. Combinators do not look outside of the item, and `:scope` is the item; what a pseudo-class says of an
    /// element holds for it in its page, so the second `<li>` is no `:first-child` where it is an item.
    pub fn matches(&mut self, item: Option<NodeId>, out: &mut Vec<Match>) -> Result<(), QueryFailure> {
        self.search(item)?.write(self.page.document, out)
    }

    /// The elements found, in document order, each once. Of a selector with a pseudo-element these are the elements
    /// that its text nodes or attributes belong to, or the text nodes themselves.
    pub fn nodes(&mut self, item: Option<NodeId>) -> Result<Vec<NodeId>, QueryFailure> {
        Ok(self.search(item)?.into_nodes())
    }

    fn search(&mut self, item: Option<NodeId>) -> Result<Hits, QueryFailure> {
        let mut hits = Hits::default();
        let page = &self.page;
        let Some(root) = item.or_else(|| page.document.root_element()) else {
            return Ok(hits);
        };
        self.chains.start_item();
        if self.selector.scoped {
            self.caches = SelectorCaches::default();
            page.forget_anchors();
        }
        let mut first_chain = 0;
        for branch in &self.selector.branches {
            // Without a scope element `:scope` is the root element (selectors level 4, 3.3).
            let scope = item.map(|item| OpaqueElement::new(page.document.node(item)));
            let mut evaluation = Evaluation {
                page,
                context: matching_context(page, &mut self.caches, scope),
                chains: &mut self.chains,
                root,
                complex: &branch.complex,
                first_chain,
            };
            first_chain += branch.complex.combinators.len();
            collect(page.document, branch, &mut evaluation, &mut hits);
            if page.exhausted() {
                return Err(QueryFailure::TooCostly(
                    "the selector takes too many steps on this page: name the elements, and avoid ~ and + inside \
                     pseudo-classes"
                        .to_owned(),
                ));
            }
            hits.order_if_large();
        }
        hits.order();
        Ok(hits)
    }
}

fn collect(document: &Document, branch: &Branch, evaluation: &mut Evaluation<'_, '_>, hits: &mut Hits) {
    if branch.subtree {
        let mut last: Option<NodeId> = None;
        evaluation.run(|id| {
            // A subtree inside of one that was taken has been taken with it.
            if !last.is_some_and(|outer| document.is_ancestor(outer, id)) {
                last = Some(id);
                hits.push_subtree(document, id, &branch.yields);
            }
        });
    } else {
        evaluation.run(|id| hits.push(document, id, &branch.yields));
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_dom::{Document, Output, ParseOptions};
    use snowscrape_plugin_sdk::QueryFailure;

    use super::{Matcher, Selector};

    #[test]
    fn steps_are_bounded() {
        let document = Document::parse("<p><i></i><i></i></p>", ParseOptions::default());
        // No :nth-child() here: `selectors` asserts in debug builds that a second count of siblings gives the same, which
        // it does not when the steps end between the two.
        for expression in ["i", "p > i", "p i", "i ~ i", "p:has(i)", ":is(p i)", "i:lang(en)"] {
            let selector = Selector::compile(expression, Output::Text).unwrap();
            let answers = |steps| Matcher::with_steps(&selector, &document, steps).nodes(None);
            let expected = answers(1_000).unwrap();
            assert!(!expected.is_empty() || expression.contains("lang"));
            // From some number of steps on the answer is right, and below it is refused and never wrong.
            let enough = (1..1_000).find(|steps| answers(*steps).is_ok()).unwrap();
            assert!(enough > 2, "{expression}");
            for steps in 0..enough {
                assert!(
                    matches!(answers(steps), Err(QueryFailure::TooCostly(_))),
                    "{expression}: {steps}"
                );
            }
            assert_eq!(answers(enough).unwrap(), expected, "{expression}");
        }
    }

    #[test]
    fn steps_count_for_all_items_together() {
        let document = Document::parse("<p></p><p></p>", ParseOptions::default());
        let selector = Selector::compile("p", Output::Text).unwrap();
        let items = selector.nodes(&document, None).unwrap();
        let mut matcher = Matcher::with_steps(&selector, &document, 2);
        assert!(matcher.nodes(Some(items[0])).is_ok());
        assert!(matcher.nodes(Some(items[1])).is_err());
    }
}
