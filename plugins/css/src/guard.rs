//! What is refused before an expression is parsed: too large, too deep, broken tokens, and `cssselect`'s own constructs.

use std::ops::Range;

use cssparser::{ParseError, Parser, Token};
use snowscrape_plugin_sdk::ExpressionError;

use crate::error::at;

/// The longest expression, in bytes.
pub const MAX_SIZE: usize = 64 * 1024;

/// How deep parentheses and brackets nest.
pub const MAX_NESTING: usize = 32;

/// How many compound selectors one selector joins by combinators, at each level of parentheses.
pub const MAX_COMPOUNDS: usize = 256;

/// Looks over every token of the expression, those in parentheses too.
pub(crate) fn check(expression: &str) -> Result<(), ExpressionError> {
    if expression.len() > MAX_SIZE {
        return Err(at(
            MAX_SIZE..MAX_SIZE,
            format!(
                "the selector is {} bytes long, and at most {MAX_SIZE} are taken: split it into several queries",
                expression.len()
            ),
        ));
    }
    let mut parser = Parser::new(expression);
    // The limit of this crate is the lower one, and its message says where.
    parser.set_nested_block_limit(MAX_NESTING as u8 + 1);
    check_block(&mut parser, None)
}

/// Where the block that is being looked over opened.
struct Opened {
    at: Range<usize>,
    depth: usize,
    square: bool,
}

fn check_block(parser: &mut Parser<'_>, opened: Option<&Opened>) -> Result<(), ExpressionError> {
    let depth = opened.map_or(0, |block| block.depth);
    let mut joints = 0;
    let mut in_joint = true;
    let mut after_colon = false;
    let mut after_bang = None;
    loop {
        let start = parser.position().byte_index();
        let Ok(token) = parser.next_including_whitespace_and_comments().cloned() else {
            return Ok(());
        };
        let here = start..parser.position().byte_index();
        match &token {
            Token::BadString(_) => {
                return Err(at(
                    here,
                    "the string does not end: close it with the quote that began it",
                ));
            }
            Token::BadUrl(_) => return Err(at(here, "url() cannot stand in a selector")),
            Token::CloseParenthesis | Token::CloseSquareBracket | Token::CloseCurlyBracket => {
                return Err(at(here, "this closes nothing: remove it, or open it before"));
            }
            Token::CurlyBracketBlock => {
                return Err(at(here, "a style rule is no selector: leave out what is in { }"));
            }
            Token::Function(name) if after_colon && name.eq_ignore_ascii_case("contains") => {
                return Err(at(
                    start - 1..here.end,
                    ":contains() is not part of CSS: use an xpath query with contains(., '…')",
                ));
            }
            Token::Delim('=') if opened.is_some_and(|block| block.square) && after_bang.is_some() => {
                return Err(at(
                    after_bang.unwrap_or(start)..here.end,
                    "[a!=b] is not part of CSS: write :not([a=b])",
                ));
            }
            _ => {}
        }
        match &token {
            Token::Comma => {
                joints = 0;
                in_joint = true;
            }
            Token::Comment(_) => {}
            Token::WhiteSpace(_) | Token::Delim('>' | '+' | '~') => {
                joints += usize::from(!in_joint);
                in_joint = true;
            }
            _ => in_joint = false,
        }
        if joints >= MAX_COMPOUNDS && !in_joint {
            return Err(at(
                here,
                format!("the selector has more than {MAX_COMPOUNDS} parts: leave out ancestors that do not matter"),
            ));
        }
        after_colon = token == Token::Colon;
        after_bang = (token == Token::Delim('!')).then_some(start);
        if matches!(
            token,
            Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock
        ) {
            let inner = Opened {
                square: token == Token::SquareBracketBlock,
                at: here,
                depth: depth + 1,
            };
            if inner.depth > MAX_NESTING {
                return Err(at(
                    inner.at,
                    format!("parentheses nest deeper than {MAX_NESTING} levels: write the selector flatter"),
                ));
            }
            let mut result = Ok(());
            // The closure's own error type only stops the block; the error itself is carried beside it.
            let stopped: Result<(), ParseError<()>> = parser.parse_nested_block(|block| {
                result = check_block(block, Some(&inner));
                if result.is_err() {
                    Err(ParseError::custom(()))
                } else {
                    Ok(())
                }
            });
            result?;
            debug_assert!(stopped.is_ok(), "the block was read to its end");
        }
    }
}
