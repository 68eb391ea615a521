//! One evaluation: the page, the compiled expression, what it may cost and what it remembers.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use regex::Regex;
use snowscrape_dom::{Document, NodeId, NodeKind, TagId};
use snowscrape_plugin_sdk::QueryFailure;

use crate::functions::{Flags, compile_regex};
use crate::nodes::{Place, PlaceKind};
use crate::program::{NameSlot, Program};
use crate::siblings::SiblingMemory;

/// Steps that every evaluation may take, however small the page.
pub(crate) const BASE_STEPS: u64 = 20_000_000;

/// Steps more for each node of the page, and for each [`BYTES_PER_STEP`] of its text.
pub(crate) const STEPS_PER_NODE: u64 = 100;

/// How many bytes of text are read for one step.
pub(crate) const BYTES_PER_STEP: usize = 32;

/// The cost of a node that a function makes: it takes memory until the evaluation ends.
const STEPS_PER_MADE: u64 = 16;

/// How many bytes are written for one step: new text takes memory.
const WRITTEN_PER_STEP: usize = 2;

/// The cost of compiling a regular expression that is not constant.
const STEPS_PER_REGEX: u64 = 20_000;

/// The most regular expressions that are kept at a time.
const MAX_REGEXES: usize = 64;

/// A boxed failure, so that the result of each step is small.
pub(crate) type Outcome<T> = Result<T, Box<QueryFailure>>;

/// Whether a walk goes on. Unlike the standard library's this one may be dropped: many walks have nothing to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Continue,
    Break,
}

impl Flow {
    pub(crate) fn is_break(self) -> bool {
        self == Self::Break
    }
}

/// Where an expression is evaluated (section 1): the context node, its position and the size of the context.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    pub(crate) node: Place,
    pub(crate) position: u32,
    pub(crate) size: u32,
}

impl Context {
    /// A context of one node.
    pub(crate) fn of(node: Place) -> Self {
        Self {
            node,
            position: 1,
            size: 1,
        }
    }
}

/// What was evaluated once for the whole evaluation.
#[derive(Clone, Debug)]
pub(crate) enum Remembered {
    Nodes(Rc<Vec<Place>>),
    Boolean(bool),
    Number(f64),
    Text(Rc<str>),
}

#[derive(Debug, Default)]
pub(crate) struct Memory<'a> {
    pub(crate) value: Option<Remembered>,
    /// The string-values of remembered nodes, for comparisons with them.
    pub(crate) strings: Option<Rc<HashSet<Cow<'a, str>>>>,
}

pub(crate) struct Evaluator<'a> {
    pub(crate) document: &'a Document,
    names: &'a [Box<str>],
    tags: Vec<Option<TagId>>,
    steps: Cell<u64>,
    budget: u64,
    pub(crate) memories: RefCell<Vec<Memory<'a>>>,
    pub(crate) scans: RefCell<Vec<SiblingMemory>>,
    made: RefCell<Vec<String>>,
    regexes: RefCell<HashMap<(String, Flags), Regex>>,
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(document: &'a Document, program: &'a Program) -> Self {
        let text = document.text(NodeId::DOCUMENT).len();
        let size = document.len() + text / BYTES_PER_STEP;
        Self {
            document,
            names: &program.names,
            tags: program.names.iter().map(|name| document.tag(name)).collect(),
            steps: Cell::new(0),
            budget: BASE_STEPS + STEPS_PER_NODE * size as u64,
            memories: RefCell::new((0..program.remembered).map(|_| Memory::default()).collect()),
            scans: RefCell::new((0..program.scans).map(|_| SiblingMemory::default()).collect()),
            made: RefCell::new(Vec::new()),
            regexes: RefCell::new(HashMap::new()),
        }
    }

    /// How many steps were taken.
    pub(crate) fn steps(&self) -> u64 {
        self.steps.get()
    }

    /// The folded name in that slot, as this document interned it.
    pub(crate) fn tag(&self, name: NameSlot) -> Option<TagId> {
        self.tags[name as usize]
    }

    /// The name in that slot as it was written.
    pub(crate) fn written(&self, name: NameSlot) -> &'a str {
        &self.names[name as usize]
    }

    /// Accounts for steps.
    pub(crate) fn spend(&self, steps: u64) -> Outcome<()> {
        let steps = self.steps.get() + steps;
        self.steps.set(steps);
        if steps > self.budget {
            Err(self.too_costly())
        } else {
            Ok(())
        }
    }

    /// Accounts for reading a text.
    pub(crate) fn spend_text(&self, text: &str) -> Outcome<()> {
        self.spend((text.len() / BYTES_PER_STEP) as u64)
    }

    #[cold]
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "it goes into an Outcome, whose errors are boxed"
    )]
    fn too_costly(&self) -> Box<QueryFailure> {
        Box::new(QueryFailure::TooCostly(format!(
            "the expression took more than {} steps on this page: give it a narrower path, and leave out // inside of \
             predicates and axes that look at every node again for every node",
            self.budget
        )))
    }

    /// Accounts for text that is written, which takes memory too.
    pub(crate) fn spend_written(&self, bytes: usize) -> Outcome<()> {
        self.spend((bytes / WRITTEN_PER_STEP) as u64)
    }

    /// The string-value of a node (section 5).
    pub(crate) fn string(&self, place: Place) -> Cow<'a, str> {
        match place.kind() {
            PlaceKind::Node => Cow::Borrowed(self.document.text(place.node)),
            PlaceKind::Attribute(index) => {
                Cow::Borrowed(self.document.attribute_value(&self.document.all_attributes()[index]))
            }
            PlaceKind::MadeElement(number) | PlaceKind::MadeText(number) => {
                Cow::Owned(self.made.borrow()[number].clone())
            }
        }
    }

    /// The name of a node, folded to lower case; empty where it has none (section 4.1).
    pub(crate) fn name(&self, place: Place) -> &'a str {
        match place.kind() {
            PlaceKind::Node => match self.document.kind(place.node) {
                NodeKind::Element => self.document.tag_name(self.document.tag_of(place.node)),
                NodeKind::ProcessingInstruction => self.target(place.node),
                NodeKind::Document | NodeKind::Text | NodeKind::Comment => "",
            },
            PlaceKind::Attribute(index) => self.document.tag_name(self.document.all_attributes()[index].tag()),
            PlaceKind::MadeElement(_) => "match",
            PlaceKind::MadeText(_) => "",
        }
    }

    /// The target of a processing instruction, which the arena keeps before its data.
    pub(crate) fn target(&self, node: NodeId) -> &'a str {
        let text = self.document.text(node);
        text.split_once(' ').map_or(text, |(target, _)| target)
    }

    /// Makes an element with this text in it.
    pub(crate) fn make(&self, text: String) -> Outcome<Place> {
        self.spend(STEPS_PER_MADE)?;
        self.spend_written(text.len())?;
        let mut made = self.made.borrow_mut();
        made.push(text);
        Ok(Place::made_element(made.len() - 1))
    }

    /// Whether the element of that number has text in it.
    pub(crate) fn made_has_text(&self, number: usize) -> bool {
        !self.made.borrow()[number].is_empty()
    }

    /// A regular expression whose pattern was computed.
    pub(crate) fn regex(&self, pattern: &str, flags: Flags) -> Outcome<Regex> {
        let mut regexes = self.regexes.borrow_mut();
        let key = (pattern.to_owned(), flags);
        if let Some(regex) = regexes.get(&key) {
            return Ok(regex.clone());
        }
        self.spend(STEPS_PER_REGEX)?;
        let regex = compile_regex(pattern, flags)
            .map_err(|message| Box::new(QueryFailure::Other(format!("{message} (the pattern is {pattern:?})"))))?;
        if regexes.len() == MAX_REGEXES {
            regexes.clear();
        }
        regexes.insert(key, regex.clone());
        Ok(regex)
    }
}
