//! Which functions there are, how many arguments of which type they take, and what they give.

use crate::value::Type;

/// A function that is called at evaluation. `position`, `last`, `true`, `false`, `not` and `has-class` are not here:
/// the compiler has forms of its own for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Id,
    LocalName,
    Name,
    String,
    Concat,
    StartsWith,
    Contains,
    SubstringBefore,
    SubstringAfter,
    Substring,
    StringLength,
    NormalizeSpace,
    Translate,
    Boolean,
    Lang,
    Number,
    Sum,
    Floor,
    Ceiling,
    Round,
    RegexTest,
    RegexMatch,
    RegexReplace,
    Difference,
    Intersection,
    Distinct,
    HasSameNode,
    Leading,
    Trailing,
}

impl Function {
    /// The type of what it gives.
    pub(crate) fn result(self) -> Type {
        match self {
            Self::Id
            | Self::RegexMatch
            | Self::Difference
            | Self::Intersection
            | Self::Distinct
            | Self::Leading
            | Self::Trailing => Type::Nodes,
            Self::StartsWith | Self::Contains | Self::Boolean | Self::Lang | Self::RegexTest | Self::HasSameNode => {
                Type::Boolean
            }
            Self::Count | Self::StringLength | Self::Number | Self::Sum | Self::Floor | Self::Ceiling | Self::Round => {
                Type::Number
            }
            Self::LocalName
            | Self::Name
            | Self::String
            | Self::Concat
            | Self::SubstringBefore
            | Self::SubstringAfter
            | Self::Substring
            | Self::NormalizeSpace
            | Self::Translate
            | Self::RegexReplace => Type::Text,
        }
    }
}

/// What a name calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    Function(Function),
    Position,
    Last,
    True,
    False,
    Not,
    NamespaceUri,
    HasClass,
}

/// How a function is called.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) callee: Callee,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Whether its arguments have to be node-sets: all others are converted.
    pub(crate) takes_nodes: bool,
    /// Whether the context node stands for an argument that is left out.
    pub(crate) defaults_to_context: bool,
}

impl Signature {
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|signature| signature.name == name)
    }

    /// The names of all functions.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|signature| signature.name)
    }

    /// How many arguments it takes, in words.
    pub(crate) fn arity(&self) -> String {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match (self.least, self.most) {
            (0, 0) => "no argument".to_owned(),
            (least, most) if least == most => format!("{least} argument{}", plural(least)),
            (least, usize::MAX) => format!("at least {least} argument{}", plural(least)),
            (0, most) => format!("at most {most} argument{}", plural(most)),
            (least, most) => format!("{least} to {most} arguments"),
        }
    }
}

const fn signature(name: &'static str, callee: Callee, least: usize, most: usize) -> Signature {
    Signature {
        name,
        callee,
        least,
        most,
        takes_nodes: false,
        defaults_to_context: false,
    }
}

const fn on_nodes(name: &'static str, function: Function, arguments: usize) -> Signature {
    let callee = Callee::Function(function);
    Signature {
        name,
        callee,
        least: arguments,
        most: arguments,
        takes_nodes: true,
        defaults_to_context: false,
    }
}

const fn of_context(name: &'static str, callee: Callee, takes_nodes: bool) -> Signature {
    Signature {
        name,
        callee,
        least: 0,
        most: 1,
        takes_nodes,
        defaults_to_context: true,
    }
}

const TABLE: [Signature; 37] = {
    use Callee::Function as F;
    [
        signature("last", Callee::Last, 0, 0),
        signature("position", Callee::Position, 0, 0),
        on_nodes("count", Function::Count, 1),
        signature("id", F(Function::Id), 1, 1),
        of_context("local-name", F(Function::LocalName), true),
        of_context("namespace-uri", Callee::NamespaceUri, true),
        of_context("name", F(Function::Name), true),
        of_context("string", F(Function::String), false),
        signature("concat", F(Function::Concat), 2, usize::MAX),
        signature("starts-with", F(Function::StartsWith), 2, 2),
        signature("contains", F(Function::Contains), 2, 2),
        signature("substring-before", F(Function::SubstringBefore), 2, 2),
        signature("substring-after", F(Function::SubstringAfter), 2, 2),
        signature("substring", F(Function::Substring), 2, 3),
        of_context("string-length", F(Function::StringLength), false),
        of_context("normalize-space", F(Function::NormalizeSpace), false),
        signature("translate", F(Function::Translate), 3, 3),
        signature("boolean", F(Function::Boolean), 1, 1),
        signature("not", Callee::Not, 1, 1),
        signature("true", Callee::True, 0, 0),
        signature("false", Callee::False, 0, 0),
        signature("lang", F(Function::Lang), 1, 1),
        of_context("number", F(Function::Number), false),
        on_nodes("sum", Function::Sum, 1),
        signature("floor", F(Function::Floor), 1, 1),
        signature("ceiling", F(Function::Ceiling), 1, 1),
        signature("round", F(Function::Round), 1, 1),
        signature("has-class", Callee::HasClass, 1, usize::MAX),
        signature("re:test", F(Function::RegexTest), 2, 3),
        signature("re:match", F(Function::RegexMatch), 2, 3),
        signature("re:replace", F(Function::RegexReplace), 4, 4),
        on_nodes("set:difference", Function::Difference, 2),
        on_nodes("set:intersection", Function::Intersection, 2),
        on_nodes("set:distinct", Function::Distinct, 1),
        on_nodes("set:has-same-node", Function::HasSameNode, 2),
        on_nodes("set:leading", Function::Leading, 2),
        on_nodes("set:trailing", Function::Trailing, 2),
    ]
};
