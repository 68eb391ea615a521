//! An expression as it was written: what the parser makes and the compiler reads.

use snowscrape_plugin_sdk::ExpressionError;

/// Where something stands in the expression, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let (start, end) = (start as u32, end as u32);
        Self { start, end }
    }

    /// From the start of this to the end of the other.
    pub(crate) fn to(self, other: Self) -> Self {
        let Self { start, .. } = self;
        Self { start, end: other.end }
    }

    pub(crate) fn error(self, message: impl Into<String>) -> ExpressionError {
        ExpressionError {
            offset: self.start,
            length: self.end - self.start,
            message: message.into(),
        }
    }
}

/// An expression and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Number(f64),
    Literal(String),
    Call {
        name: String,
        name_span: Span,
        arguments: Vec<Node>,
    },
    /// Unary minus; two of them leave the number.
    Negate {
        operand: Box<Node>,
        twice: bool,
    },
    /// Operators of one precedence, from left to right. Flat, so that a long chain nests nothing.
    Chain {
        first: Box<Node>,
        rest: Vec<(BinaryOperator, Node)>,
    },
    Path {
        start: PathStart,
        steps: Vec<Step>,
    },
    Filter {
        primary: Box<Node>,
        predicates: Vec<Node>,
    },
}

/// Where a location path begins.
#[derive(Debug)]
pub(crate) enum PathStart {
    Root,
    Context,
    Filter(Box<Node>),
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) axis: Axis,
    pub(crate) test: NodeTest,
    pub(crate) predicates: Vec<Node>,
}

impl Step {
    /// What `//` stands for between two steps: `descendant-or-self::node()` (section 2.5).
    pub(crate) fn any_depth() -> Self {
        Self {
            axis: Axis::DescendantOrSelf,
            test: NodeTest::Type(NodeType::Node),
            predicates: Vec::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum NodeTest {
    /// `*`: any node of the axis's principal type.
    Any,
    Name(String),
    Type(NodeType),
    /// `processing-instruction('target')`.
    Target(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeType {
    Node,
    Text,
    Comment,
    ProcessingInstruction,
}

impl NodeType {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "node" => Self::Node,
            "text" => Self::Text,
            "comment" => Self::Comment,
            "processing-instruction" => Self::ProcessingInstruction,
            _ => return None,
        })
    }
}

/// The thirteen axes (section 2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axis {
    Ancestor,
    AncestorOrSelf,
    Attribute,
    Child,
    Descendant,
    DescendantOrSelf,
    Following,
    FollowingSibling,
    Namespace,
    Parent,
    Preceding,
    PrecedingSibling,
    SelfNode,
}

impl Axis {
    pub(crate) const NAMES: [(&'static str, Self); 13] = [
        ("ancestor", Self::Ancestor),
        ("ancestor-or-self", Self::AncestorOrSelf),
        ("attribute", Self::Attribute),
        ("child", Self::Child),
        ("descendant", Self::Descendant),
        ("descendant-or-self", Self::DescendantOrSelf),
        ("following", Self::Following),
        ("following-sibling", Self::FollowingSibling),
        ("namespace", Self::Namespace),
        ("parent", Self::Parent),
        ("preceding", Self::Preceding),
        ("preceding-sibling", Self::PrecedingSibling),
        ("self", Self::SelfNode),
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, axis)| *axis)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Union,
}

impl BinaryOperator {
    /// Section 3.5 and the grammar's levels; a union binds closer than unary minus.
    pub(crate) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Equal | Self::NotEqual => 3,
            Self::Less | Self::LessOrEqual | Self::Greater | Self::GreaterOrEqual => 4,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Modulo => 6,
            Self::Union => 7,
        }
    }
}
