//! What is known of a page while one expression is evaluated on it: indexes, what was computed, the steps left.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use rustc_hash::FxHashMap;
use selectors::matching::QuirksMode as SelectorQuirks;
use snowscrape_dom::{Document, NodeId, QuirksMode, TagId};

use crate::compile::Complex;
use crate::relative::NodeSet;

/// How many steps one expression may take on one page. A step looks at one element or goes from one node to the next.
pub const MAX_STEPS: u64 = 50_000_000;

/// A page as one expression sees it.
pub(crate) struct Page<'a> {
    pub(crate) document: &'a Document,
    pub(crate) class: Option<TagId>,
    pub(crate) id: Option<TagId>,
    /// The arguments of the expression's `:has()`.
    pub(crate) relatives: &'a [Vec<Complex>],
    /// The elements that each `:has()` matches, computed when it is first asked.
    pub(crate) anchors: RefCell<Vec<Option<Rc<NodeSet>>>>,
    /// For each `<select>` asked about, its chosen option.
    pub(crate) chosen: RefCell<FxHashMap<NodeId, Option<NodeId>>>,
    /// The language that the page declares for all of it.
    pub(crate) default_language: OnceCell<Option<String>>,
    steps: Cell<u64>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(document: &'a Document, relatives: &'a [Vec<Complex>], steps: u64) -> Self {
        Self {
            document,
            class: document.tag("class"),
            id: document.tag("id"),
            relatives,
            anchors: RefCell::new(vec![None; relatives.len()]),
            chosen: RefCell::default(),
            default_language: OnceCell::new(),
            steps: Cell::new(steps),
        }
    }

    /// Forgets what each `:has()` matches.
    pub(crate) fn forget_anchors(&self) {
        self.anchors.borrow_mut().fill(None);
    }

    /// Takes one step. `false` says that none is left: then every walk ends, and the caller asks [`Page::exhausted`].
    pub(crate) fn step(&self) -> bool {
        let left = self.steps.get();
        self.steps.set(left.saturating_sub(1));
        left > 0
    }

    /// Takes many steps at once.
    pub(crate) fn charge(&self, steps: u64) {
        self.steps.set(self.steps.get().saturating_sub(steps));
    }

    pub(crate) fn exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    pub(crate) fn quirks(&self) -> SelectorQuirks {
        match self.document.quirks_mode() {
            QuirksMode::Quirks => SelectorQuirks::Quirks,
            QuirksMode::LimitedQuirks => SelectorQuirks::LimitedQuirks,
            QuirksMode::NoQuirks => SelectorQuirks::NoQuirks,
        }
    }

    /// The parent element.
    pub(crate) fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.document.parent(id)?;
        (self.step() && self.document.is_element(parent)).then_some(parent)
    }

    /// The element before among its siblings.
    pub(crate) fn previous(&self, id: NodeId) -> Option<NodeId> {
        self.walk(self.document.previous_sibling(id), Document::previous_sibling)
    }

    /// The element after among its siblings.
    pub(crate) fn next(&self, id: NodeId) -> Option<NodeId> {
        self.walk(self.document.next_sibling(id), Document::next_sibling)
    }

    /// The first element among its children.
    pub(crate) fn first_child(&self, id: NodeId) -> Option<NodeId> {
        self.walk(self.document.first_child(id), Document::next_sibling)
    }

    fn walk(&self, mut at: Option<NodeId>, on: fn(&Document, NodeId) -> Option<NodeId>) -> Option<NodeId> {
        while let Some(id) = at {
            if !self.step() {
                return None;
            }
            if self.document.is_element(id) {
                return Some(id);
            }
            at = on(self.document, id);
        }
        None
    }
}
