//! What comes in with a request beside its path: parsed here, so that a fault is told in our words and by its name.

mod columns;
mod header;
mod json_body;
mod path;
mod query;

pub(crate) use columns::ColumnNames;
pub(crate) use header::{HeaderParam, IdempotencyKey};
pub(crate) use json_body::{JsonBody, MaxBody};
pub(crate) use path::{PageNumber, Path};
pub(crate) use query::{Flag, Limit, NamePart, Param, ParamValue, Text};
