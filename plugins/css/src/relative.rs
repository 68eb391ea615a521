//! `:has()`: the elements that it matches are computed all at once, from the inside out.
//!
//! For `:has(> a b)`: all `b`, then the `a` among their ancestors, then the parents of those. Each step is linear in the
//! page, so asking many elements costs no more than asking one, and nothing recurses on the page's depth.

use std::rc::Rc;

use selectors::OpaqueElement;
use selectors::matching::{
    MatchingContext, MatchingForInvalidation, MatchingMode, NeedsSelectorFlags, SelectorCaches, matches_selector,
};
use snowscrape_dom::NodeId;

use crate::compile::{Complex, Compound};
use crate::element::Element;
use crate::grammar::Grammar;
use crate::page::Page;
use crate::split::Combinator;

/// A set of nodes of one document.
#[derive(Debug)]
pub(crate) struct NodeSet {
    bits: Vec<bool>,
}

impl NodeSet {
    fn new(page: &Page<'_>) -> Self {
        page.charge(page.document.len() as u64 / 32);
        Self {
            bits: vec![false; page.document.len()],
        }
    }

    fn contains(&self, id: NodeId) -> bool {
        self.bits[id.index()]
    }

    /// Whether it was not in the set before.
    fn insert(&mut self, id: NodeId) -> bool {
        !std::mem::replace(&mut self.bits[id.index()], true)
    }
}

/// Whether the element matches the `:has()` with the argument number `at`.
pub(crate) fn is_anchor(page: &Page<'_>, id: NodeId, at: usize, scope: Option<OpaqueElement>) -> bool {
    let known = page.anchors.borrow()[at].clone();
    let anchors = known.unwrap_or_else(|| {
        let computed = Rc::new(anchors(page, &page.relatives[at], scope));
        page.anchors.borrow_mut()[at] = Some(Rc::clone(&computed));
        computed
    });
    anchors.contains(id)
}

/// A context for matching compound selectors; `scope` is what `:scope` matches.
pub(crate) fn matching_context<'c>(
    page: &Page<'_>,
    caches: &'c mut SelectorCaches,
    scope: Option<OpaqueElement>,
) -> MatchingContext<'c, Grammar> {
    let mut context = MatchingContext::new(
        MatchingMode::Normal,
        None,
        caches,
        page.quirks(),
        NeedsSelectorFlags::No,
        MatchingForInvalidation::No,
    );
    context.scope_element = scope;
    context
}

/// Whether an element matches a compound selector.
pub(crate) fn matches_compound<'p>(
    page: &'p Page<'p>,
    compound: &Compound,
    id: NodeId,
    context: &mut MatchingContext<'_, Grammar>,
) -> bool {
    page.step()
        && compound
            .selector
            .as_ref()
            .is_none_or(|list| matches_selector(&list.slice()[0], 0, None, &Element { page, id }, context))
}

fn anchors(page: &Page<'_>, relatives: &[Complex], scope: Option<OpaqueElement>) -> NodeSet {
    let mut caches = SelectorCaches::default();
    let mut context = matching_context(page, &mut caches, scope);
    let mut all = NodeSet::new(page);
    for complex in relatives {
        let mut found: Vec<NodeId> = Vec::new();
        let mut combinators = complex.combinators.iter().rev();
        for (place, compound) in complex.compounds.iter().rev().enumerate() {
            let mut matching = |id: &NodeId| matches_compound(page, compound, *id, &mut context);
            found = if place == 0 {
                compound
                    .source
                    .elements(page.document, NodeId::DOCUMENT)
                    .filter(&mut matching)
                    .collect()
            } else {
                let combinator = combinators.next().copied().unwrap_or(complex.lead);
                left_of(page, &found, combinator)
                    .into_iter()
                    .filter(&mut matching)
                    .collect()
            };
        }
        for anchor in left_of(page, &found, complex.lead) {
            all.insert(anchor);
        }
    }
    all
}

/// The elements that stand on the left of `combinator` with one of `right` on its right, each once.
fn left_of(page: &Page<'_>, right: &[NodeId], combinator: Combinator) -> Vec<NodeId> {
    let mut seen = NodeSet::new(page);
    let mut left = Vec::new();
    for id in right {
        let mut at = *id;
        loop {
            let next = match combinator {
                Combinator::Child | Combinator::Descendant => page.parent(at),
                Combinator::NextSibling | Combinator::LaterSibling => page.previous(at),
            };
            let Some(next) = next else { break };
            if !seen.insert(next) {
                // It was reached before, and so was everything beyond it.
                break;
            }
            left.push(next);
            if matches!(combinator, Combinator::Child | Combinator::NextSibling) {
                break;
            }
            at = next;
        }
    }
    left
}
