//! How a mistake in a pattern is told: what `regex-syntax` found, where, and what to write instead.

use regex_syntax::ast::ErrorKind;
use snowscrape_plugin_sdk::ExpressionError;

/// An error at a place in the pattern, in bytes.
pub(crate) fn at(offset: usize, length: usize, message: impl Into<String>) -> ExpressionError {
    ExpressionError {
        offset: offset as u32,
        length: length as u32,
        message: message.into(),
    }
}

/// What the parser says of a pattern.
pub(crate) fn explain(pattern: &str, error: &regex_syntax::Error) -> ExpressionError {
    let (start, end, message) = match error {
        regex_syntax::Error::Parse(error) => {
            let span = error.span();
            let rest = &pattern[span.start.offset.min(pattern.len())..];
            let message = remedy(error.kind(), rest).map_or_else(|| error.kind().to_string(), str::to_owned);
            // The parser marks the place before an operator that has nothing to repeat.
            let missing = usize::from(*error.kind() == ErrorKind::RepetitionMissing && !rest.is_empty());
            (
                span.start.offset,
                span.end.offset.max(span.start.offset + missing),
                message,
            )
        }
        regex_syntax::Error::Translate(error) => (
            error.span().start.offset,
            error.span().end.offset,
            error.kind().to_string().to_lowercase(),
        ),
        // The enum may grow; an error without a place is the whole pattern's.
        other => (0, pattern.len(), other.to_string()),
    };
    at(start, end - start, message)
}

/// Words of our own for what other dialects have and this one does not; `rest` is the pattern from the error on.
fn remedy(kind: &ErrorKind, rest: &str) -> Option<&'static str> {
    const BACK_REFERENCE: &str = "back-references are not supported: match the text twice, or use an xpath query";
    Some(match kind {
        ErrorKind::UnsupportedLookAround => {
            "look-around, (?=…) (?!…) (?<=…) (?<!…), is not supported: match what stands around too, and put what you \
             want in a group"
        }
        ErrorKind::UnsupportedBackreference => BACK_REFERENCE,
        ErrorKind::EscapeUnrecognized if rest.starts_with("\\k") || rest.starts_with("\\g") => BACK_REFERENCE,
        ErrorKind::EscapeUnrecognized if rest.starts_with("\\Z") => {
            "\\Z is not supported: write \\z for the end of the text"
        }
        ErrorKind::EscapeUnrecognized => "this escape is unknown: write the character without \\",
        ErrorKind::GroupUnclosed => "this group is not closed: add a ), or write \\( for the character",
        ErrorKind::GroupUnopened => "this closes no group: remove it, or write \\) for the character",
        ErrorKind::ClassUnclosed => "this class is not closed: add a ], or write \\[ for the character",
        ErrorKind::RepetitionMissing => "there is nothing to repeat here: write \\ before it for the character",
        ErrorKind::NestLimitExceeded(_) => "groups nest too deep: write the pattern flatter",
        _ => return None,
    })
}
