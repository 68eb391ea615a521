//! Combinators, from right to left, each answer about an ancestor or a sibling kept: linear in the page, and bounded by
//! the item.

use selectors::matching::MatchingContext;
use snowscrape_dom::NodeId;

use crate::compile::{Complex, Compound};
use crate::grammar::Grammar;
use crate::page::Page;
use crate::relative::matches_compound;
use crate::split::Combinator;

/// What is known of nodes, for each combinator that reaches far: whether something on the way matches its left side.
///
/// The answers of one item mean nothing to the next, so each carries the number of the item that it was given for.
#[derive(Debug, Default)]
pub(crate) struct Chains {
    tables: Vec<Vec<u32>>,
    item: u32,
}

impl Chains {
    /// Forgets all answers.
    pub(crate) fn start_item(&mut self) {
        self.item += 1;
        if self.item == u32::MAX / 2 {
            self.tables.clear();
            self.item = 1;
        }
    }

    fn get(&self, chain: usize, id: NodeId) -> Option<bool> {
        let entry = *self.tables.get(chain)?.get(id.index())?;
        (entry / 2 == self.item).then_some(entry % 2 == 1)
    }

    fn set(&mut self, chain: usize, id: NodeId, nodes: usize, answer: bool) {
        if self.tables.len() <= chain {
            self.tables.resize_with(chain + 1, Vec::new);
        }
        let table = &mut self.tables[chain];
        if table.is_empty() {
            table.resize(nodes, 0);
        }
        table[id.index()] = self.item * 2 + u32::from(answer);
    }
}

/// One selector being evaluated in one item.
pub(crate) struct Evaluation<'r, 'c> {
    pub(crate) page: &'r Page<'r>,
    pub(crate) context: MatchingContext<'c, Grammar>,
    pub(crate) chains: &'r mut Chains,
    /// The item, or the root element: no combinator looks outside of it.
    pub(crate) root: NodeId,
    pub(crate) complex: &'r Complex,
    /// The number of the selector's first combinator among those of the whole expression.
    pub(crate) first_chain: usize,
}

impl Evaluation<'_, '_> {
    /// The elements that match, in document order, given to `found` one by one.
    pub(crate) fn run(&mut self, mut found: impl FnMut(NodeId)) {
        let Some(last) = self.complex.compounds.len().checked_sub(1) else {
            return;
        };
        let source = &self.complex.compounds[last].source;
        for id in source.elements(self.page.document, self.root) {
            if self.matches(last, id) {
                found(id);
            }
            if self.page.exhausted() {
                return;
            }
        }
    }

    /// Whether the compound number `place` matches the element, and everything on its left matches around it.
    fn matches(&mut self, mut place: usize, mut id: NodeId) -> bool {
        loop {
            let compound: &Compound = &self.complex.compounds[place];
            if !matches_compound(self.page, compound, id, &mut self.context) {
                return false;
            }
            let Some(left) = place.checked_sub(1) else {
                return true;
            };
            let combinator = self.complex.combinators[left];
            if matches!(combinator, Combinator::Descendant | Combinator::LaterSibling) {
                return self.reaches(left, id);
            }
            let Some(next) = self.step(combinator, id) else {
                return false;
            };
            id = next;
            place = left;
        }
    }

    /// Whether an ancestor, or a sibling before, matches the compound number `left` and everything on its left.
    ///
    /// Recursion is as deep as a selector has such combinators, which [`crate::MAX_COMPOUNDS`] bounds.
    fn reaches(&mut self, left: usize, id: NodeId) -> bool {
        let combinator = self.complex.combinators[left];
        let chain = self.first_chain + left;
        let mut at = id;
        let answer = loop {
            if let Some(known) = self.chains.get(chain, at) {
                break known;
            }
            let Some(next) = self.step(combinator, at) else {
                break false;
            };
            if self.matches(left, next) {
                break true;
            }
            at = next;
        };
        let mut filled = id;
        loop {
            self.chains.set(chain, filled, self.page.document.len(), answer);
            if filled == at {
                return answer;
            }
            match self.step(combinator, filled) {
                Some(next) => filled = next,
                None => return answer,
            }
        }
    }

    /// One step of a combinator to the left, not out of the item.
    fn step(&self, combinator: Combinator, id: NodeId) -> Option<NodeId> {
        if id == self.root {
            return None;
        }
        match combinator {
            Combinator::Child | Combinator::Descendant => self.page.parent(id),
            Combinator::NextSibling | Combinator::LaterSibling => self.page.previous(id),
        }
    }
}
