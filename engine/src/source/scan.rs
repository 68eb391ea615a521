//! A source's text cut into what is literal, what is a range and what is a date.

use super::{DateVariable, Range, SourceError};

/// One piece of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Text that stands in every URL.
    Literal(String),
    /// A bracket group.
    Range(Range),
    /// A date variable.
    Date(DateVariable),
}

/// Cuts a source, from its scheme on, into parts. What comes before the path (scheme, user-info, host and port) is
/// literal, so the brackets of an IPv6 address are no range.
pub(super) fn scan(source: &str) -> Result<Vec<Part>, SourceError> {
    let mut parts = Vec::new();
    // `literal` is what has been passed over and not yet stored, `rest` what is still to be read.
    let mut literal = 0;
    let mut at = authority_end(source);
    if let Some(date) = source[..at].find("{{date") {
        let reason = "stands before the path, where nothing may vary".to_owned();
        return Err(SourceError::Date {
            variable: source[date..at].to_owned(),
            reason,
        });
    }
    while let Some(found) = source[at..].find(['[', '{']) {
        at += found;
        match group_at(&source[at..])? {
            Some((part, length)) => {
                push_literal(&mut parts, &source[literal..at]);
                parts.push(part);
                at += length;
                literal = at;
            }
            None => at += 1,
        }
    }
    push_literal(&mut parts, &source[literal..]);
    Ok(parts)
}

/// The range or date that `text` begins with, and its length in bytes.
fn group_at(text: &str) -> Result<Option<(Part, usize)>, SourceError> {
    if let Some(inner) = text.strip_prefix("{{") {
        let Some(length) = inner.find("}}") else {
            return Ok(None);
        };
        let date = DateVariable::parse(&inner[..length]).transpose()?;
        return Ok(date.map(|date| (Part::Date(date), length + "{{}}".len())));
    }
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(None);
    };
    // A bracket that another one follows is literal, and so is one around a date: the inner one counts.
    let Some(length) = inner.find(['[', ']', '{']) else {
        return Ok(None);
    };
    if !inner[length..].starts_with(']') {
        return Ok(None);
    }
    Ok(Range::parse(&inner[..length]).map(|range| (Part::Range(range), length + "[]".len())))
}

/// Where the path, the query or the fragment begins. A backslash is a slash in http and https URLs.
fn authority_end(source: &str) -> usize {
    let start = source.find("://").map_or(0, |colon| colon + "://".len());
    source[start..]
        .find(['/', '\\', '?', '#'])
        .map_or(source.len(), |length| start + length)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
}
