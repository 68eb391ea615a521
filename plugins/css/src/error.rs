//! How a mistake in an expression is told.

use std::ops::Range;

use selectors::parser::SelectorParseErrorKind as Kind;
use snowscrape_plugin_sdk::ExpressionError;

/// An error at a place in the expression.
pub(crate) fn at(range: Range<usize>, message: impl Into<String>) -> ExpressionError {
    ExpressionError {
        offset: range.start as u32,
        length: (range.end - range.start) as u32,
        message: message.into(),
    }
}

/// The same error, counted from `base` bytes before.
pub(crate) fn shifted(mut error: ExpressionError, base: usize) -> ExpressionError {
    error.offset += base as u32;
    error
}

/// What `selectors` means by an error, in words that say how to mend it.
pub(crate) fn explain(kind: &Kind) -> &'static str {
    match kind {
        Kind::NoQualifiedNameInAttributeSelector | Kind::InvalidQualNameInAttr => {
            "expected the name of an attribute: write [name] or [name=\"value\"]"
        }
        Kind::EmptySelector => "expected a selector here",
        Kind::DanglingCombinator => "expected a selector after the combinator",
        Kind::UnexpectedTokenInAttributeSelector => {
            "expected one of = ~= |= ^= $= *= after the name of the attribute: write [name=\"value\"]"
        }
        Kind::BadValueInAttr => "expected a value: put it in quotes, as in [name=\"value\"]",
        Kind::ExpectedBarInAttr => "expected | after *: write [*|name], or [name] for an attribute without namespace",
        Kind::ExpectedNamespace => "namespace prefixes are not declared here: write *|name for any namespace",
        Kind::ExplicitNamespaceUnexpectedToken => "expected the name of an element or * after |",
        Kind::ClassNeedsIdent => "expected the name of a class after the dot: write .name",
        Kind::PseudoElementExpectedColon | Kind::PseudoElementExpectedIdent | Kind::NoIdentForPseudo => {
            "expected the name of a pseudo-class after : or of a pseudo-element after ::"
        }
        Kind::UnsupportedPseudoClassOrElement => "this pseudo-class is unknown",
        Kind::InvalidState => "this cannot stand here: pseudo-elements end a selector and cannot stand in parentheses",
        Kind::NonCompoundSelector => "combinators cannot stand here",
        Kind::UnexpectedIdent => {
            "the name of an element must come first: write div.name, not .name div without a space"
        }
        Kind::NonPseudoElementAfterSlotted
        | Kind::InvalidPseudoElementAfterSlotted
        | Kind::InvalidPseudoElementInsideWhere => "pseudo-elements cannot stand here",
    }
}
