//! What a query finds on a page.

/// One match, as an extractor answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// What it is.
    pub kind: MatchKind,
    /// Its text; JSON where it is structured.
    pub text: String,
}

/// What a match is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchKind {
    /// A text node: left out where it is nothing but white space, so that indentation never shifts a column.
    TextNode,
    /// Another text: an element's, an attribute's, a computed one.
    Text,
    /// A structured value, written as JSON.
    Structured,
}
