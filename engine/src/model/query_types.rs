//! What the model needs to know of extractors.

use super::{OptionSpec, OptionValue};

/// The query types that extractors serve. The model asks through this, and knows none by name.
pub trait QueryTypes {
    /// All query types, in the order in which a message lists them.
    fn names(&self) -> Vec<String>;

    /// The options of a query type; `None` if there is no such type.
    fn options(&self, query_type: &str) -> Option<&[OptionSpec]>;

    /// Whether a query type answers structured values.
    fn is_structured(&self, query_type: &str) -> bool;

    /// Checks an expression that finds items, without a page. Not every query type finds nodes, and not every expression
    /// of one that does.
    fn check_item(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
    ) -> Result<(), ExpressionFault>;

    /// Checks an expression without a page. The type is one of [`QueryTypes::names`], and the options are checked.
    fn check(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
    ) -> Result<(), ExpressionFault>;
}

/// What is wrong with an expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at byte {offset})")]
pub struct ExpressionFault {
    /// Where the fault begins: bytes into the expression, from 0.
    pub offset: u32,
    /// How many bytes it is long.
    pub length: u32,
    /// What is wrong.
    pub message: String,
}
