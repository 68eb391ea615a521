//! The compiled form of an expression.
//!
//! It is a tree whose every node has a type, in which the shapes that people write are nodes of their own, so that the
//! evaluator has nothing left to recognise.

use regex::Regex;

use crate::ast::{Axis, NodeType};
use crate::functions::{Function, MatchMode};
use crate::value::Type;

/// Which entry of [`Program::names`] a name is.
pub(crate) type NameSlot = u32;

/// Which of the evaluation's memories an expression uses.
pub(crate) type MemorySlot = u32;

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) root: Expr,
    /// The names of elements and attributes, looked up once for each evaluation.
    pub(crate) names: Vec<Box<str>>,
    /// How many memories an evaluation needs: of values, and of sibling scans.
    pub(crate) remembered: usize,
    pub(crate) scans: usize,
}

#[derive(Debug)]
pub(crate) enum Expr {
    Number(f64),
    Text(Box<str>),
    Boolean(bool),
    Or(Vec<Self>),
    And(Vec<Self>),
    Not(Box<Self>),
    Compare(Box<Comparison>),
    Arithmetic(Box<Arithmetic>),
    Negate(Box<Self>),
    Path(Box<Path>),
    Filter(Box<Filter>),
    Union(Vec<Self>),
    Position,
    Last,
    /// Whether an attribute has a token: `contains(concat(' ', @class, ' '), ' x ')` and its kin.
    Token(Box<TokenTest>),
    Call(Function, Vec<Self>),
    /// `translate()` with both maps constant: from each character to another or to nothing.
    Translate(Box<Self>, Vec<(char, Option<char>)>),
    /// An `re:` function with its pattern compiled already.
    Matcher(Box<Matcher>),
    /// What gives the same for every context, so that it is evaluated once.
    Remembered(MemorySlot, Box<Self>),
}

impl Expr {
    pub(crate) fn kind(&self) -> Type {
        match self {
            Self::Path(_) | Self::Filter(_) | Self::Union(_) => Type::Nodes,
            Self::Or(_) | Self::And(_) | Self::Not(_) | Self::Compare(_) | Self::Boolean(_) | Self::Token(_) => {
                Type::Boolean
            }
            Self::Number(_) | Self::Arithmetic(_) | Self::Negate(_) | Self::Position | Self::Last => Type::Number,
            Self::Text(_) | Self::Translate(..) => Type::Text,
            Self::Call(function, _) => function.result(),
            Self::Matcher(matcher) => matcher.function.result(),
            Self::Remembered(_, inner) => inner.kind(),
        }
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl CompareOperator {
    /// The operator that says the same with the sides exchanged.
    pub(crate) fn mirrored(self) -> Self {
        match self {
            Self::Equal | Self::NotEqual => self,
            Self::Less => Self::Greater,
            Self::LessOrEqual => Self::GreaterOrEqual,
            Self::Greater => Self::Less,
            Self::GreaterOrEqual => Self::LessOrEqual,
        }
    }
}

/// `first op right op right …`, all of one precedence; from the second on the left side is a boolean.
#[derive(Debug)]
pub(crate) struct Comparison {
    pub(crate) first: Expr,
    pub(crate) rest: Vec<(CompareOperator, Expr)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArithmeticOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

#[derive(Debug)]
pub(crate) struct Arithmetic {
    pub(crate) first: Expr,
    pub(crate) rest: Vec<(ArithmeticOperator, Expr)>,
}

#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) start: Start,
    pub(crate) steps: Vec<Step>,
    /// Whether walking depth first through the steps meets no node twice and takes no longer than step by step.
    pub(crate) streams: bool,
    /// Whether it meets them in document order too.
    pub(crate) ordered: bool,
    /// Whether all steps but the last come in document order, and the last goes down from there.
    pub(crate) descends: bool,
}

impl Path {
    /// The name if the path is one attribute of the context node, without predicates.
    pub(crate) fn as_attribute(&self) -> Option<NameSlot> {
        match (&self.start, self.steps.as_slice()) {
            (
                Start::Context,
                [
                    Step {
                        axis: StepAxis::Plain(Axis::Attribute),
                        test: Test::Name(name),
                        predicates,
                        ..
                    },
                ],
            ) if predicates.is_empty() => Some(*name),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(crate) enum Start {
    Root,
    Context,
    Nodes(Expr),
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) axis: StepAxis,
    pub(crate) test: Test,
    pub(crate) predicates: Vec<Predicate>,
    /// An attribute without which a predicate is false, so that candidates are found by it.
    pub(crate) needs: Option<NameSlot>,
    /// Whether every predicate looks at its node only and not at its position.
    pub(crate) plain: bool,
    /// On a sibling axis, where earlier scans of the same siblings are remembered; the predicates are then plain, but for
    /// a last one that takes the nearest.
    pub(crate) scan: Option<MemorySlot>,
    /// Whether a predicate asks how many nodes there are, so that all have to be found first.
    pub(crate) sized: bool,
}

/// An axis, or two steps made one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepAxis {
    Plain(Axis),
    /// `descendant-or-self::node()/child::…` with positions counted for each parent.
    AnyChild,
    /// `descendant-or-self::node()/attribute::…`.
    AnyAttribute,
}

#[derive(Debug)]
pub(crate) enum Test {
    /// `node()`.
    Node,
    /// `*`: elements, on the attribute axis attributes.
    Principal,
    Name(NameSlot),
    Text,
    Comment,
    ProcessingInstruction(Option<Box<str>>),
}

impl Test {
    pub(crate) fn of_type(kind: NodeType) -> Self {
        match kind {
            NodeType::Node => Self::Node,
            NodeType::Text => Self::Text,
            NodeType::Comment => Self::Comment,
            NodeType::ProcessingInstruction => Self::ProcessingInstruction(None),
        }
    }
}

#[derive(Debug)]
pub(crate) enum Predicate {
    /// True or false whatever the position.
    Plain(Expr),
    /// `[n]` and `[position() = n]`.
    At(u32),
    /// `[last()]` and `[position() = last()]`.
    Last,
    /// What asks for the position, or is a number to compare it with.
    Positional(Expr),
    /// What asks for the size of the context too.
    Sized(Expr),
}

#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) primary: Expr,
    pub(crate) predicates: Vec<Predicate>,
}

#[derive(Debug)]
pub(crate) struct TokenTest {
    pub(crate) attribute: NameSlot,
    pub(crate) tokens: Vec<Box<str>>,
    pub(crate) separators: Separators,
}

/// What stands between the tokens of an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Separators {
    /// The space only, as in `concat(' ', @class, ' ')`.
    Space,
    /// XML's white space, as `normalize-space` has it.
    Xml,
    /// HTML's, a form feed among it, as in `has-class()`.
    Html,
}

#[derive(Debug)]
pub(crate) struct Matcher {
    pub(crate) function: Function,
    pub(crate) regex: Regex,
    pub(crate) mode: MatchMode,
    pub(crate) text: Expr,
    /// Of `re:replace` only.
    pub(crate) replacement: Option<Expr>,
}
