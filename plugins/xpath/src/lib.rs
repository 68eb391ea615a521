//! XPath 1.0 over the page in memory: parsed, compiled and evaluated here, with what parsel adds to it.
//!
//! The reference is the W3C recommendation of 16 November 1999, which the comments cite by section. Names are without a
//! namespace and in lower case, as lxml.html has them: `//svg` matches, `//DIV` does not. parsel's `re:test`, `re:match`,
//! `re:replace`, `has-class` and the `set:` functions are there too; variables are not.
//!
//! The stages are a file each: `lexer` and `parser` make the `ast`; `compile`, `paths` and `calls` make the `program`;
//! the `evaluator` runs it, by `steps` along the `axes`.
//!
//! This crate does not parse HTML and does not know jobs. Nothing in it recurses on the page's depth, and on the
//! expression's only as deep as [`MAX_DEPTH`].

#![allow(clippy::doc_markdown, reason = "XPath is a name and no code")]

mod ast;
mod axes;
mod calls;
mod compare;
mod compile;
mod evaluate;
mod evaluator;
mod expression;
mod fold;
mod functions;
mod lexer;
mod nodes;
mod parser;
mod paths;
mod predicates;
mod program;
mod siblings;
mod steps;
mod value;

pub use expression::Expression;
pub use parser::{MAX_DEPTH, MAX_LENGTH};
