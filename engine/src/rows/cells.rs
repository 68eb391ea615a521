//! From the matches of one query to cells.

use url::Url;

use super::boolean::boolean;
use super::datetime::datetime;
use super::number::{integer, number};
use super::structured::{DEEPEST, structured};
use super::tally::{PageTally, expectation};
use super::text::{is_blank, normalise};
use crate::model::{As, Match, MatchKind, Query, Value};

/// What a match is before it is read by `as`.
enum Taken {
    /// Nothing in it.
    Null,
    Text(String),
    /// A structured value that keeps its form.
    Json(serde_json::Value),
}

/// One column while its cells are made.
pub(super) struct Cells<'a> {
    pub(super) column: usize,
    pub(super) query: &'a Query,
    pub(super) base_url: &'a Url,
}

impl Cells<'_> {
    /// The first match's cell.
    pub(super) fn first(&self, matches: Vec<Match>, tally: &mut PageTally<'_>) -> Value {
        self.each(matches, tally).next().unwrap_or_default()
    }

    /// A cell for each match that is not left out.
    pub(super) fn each<'b>(
        &'b self,
        matches: Vec<Match>,
        tally: &'b mut PageTally<'_>,
    ) -> impl Iterator<Item = Value> + 'b {
        matches
            .into_iter()
            .filter(|found| !is_left_out(found))
            .map(|found| match self.take(found, tally) {
                Taken::Null => Value::Null,
                Taken::Text(text) => self.read(text, tally),
                Taken::Json(json) => Value::Json(json),
            })
    }

    /// The one cell that `many` or `join` makes of all matches; `None` if there are none.
    pub(super) fn all(&self, matches: Vec<Match>, tally: &mut PageTally<'_>) -> Option<Value> {
        if self.query.join {
            return self.joined(matches, tally);
        }
        let values: Vec<Value> = self.each(matches, tally).collect();
        (!values.is_empty()).then_some(Value::List(values))
    }

    /// The matches joined and then read. Null ones add nothing, not even a separator.
    fn joined(&self, matches: Vec<Match>, tally: &mut PageTally<'_>) -> Option<Value> {
        let mut found_any = false;
        let mut text: Option<String> = None;
        for found in matches.into_iter().filter(|found| !is_left_out(found)) {
            found_any = true;
            match (self.take(found, tally), &mut text) {
                (Taken::Text(next), Some(text)) => {
                    text.push_str(&self.query.join_separator);
                    text.push_str(&next);
                }
                (Taken::Text(first), None) => text = Some(first),
                (Taken::Null | Taken::Json(_), _) => {}
            }
        }
        found_any.then(|| text.map_or(Value::Null, |text| self.read(text, tally)))
    }

    /// Trims a match, and takes of it what `match` says.
    fn take(&self, found: Match, tally: &mut PageTally<'_>) -> Taken {
        let query = self.query;
        let text = match found.kind {
            MatchKind::TextNode | MatchKind::Text => found.text,
            MatchKind::Structured => match structured(&found.text) {
                Some(serde_json::Value::String(text)) => text,
                Some(serde_json::Value::Null) => return Taken::Null,
                Some(json) if query.as_ == As::Text && query.match_.is_none() && !query.join => {
                    return Taken::Json(json);
                }
                Some(_) => found.text,
                None => {
                    let what = format!("JSON, or is nested deeper than {DEEPEST} levels");
                    tally.unparsed(self.column, query, &found.text, &what);
                    return Taken::Null;
                }
            },
        };
        let text = if query.raw { text } else { normalise(text) };
        if text.is_empty() {
            return Taken::Null;
        }
        let Some(pattern) = &query.match_ else {
            return Taken::Text(text);
        };
        let part = if pattern.captures_len() > 1 {
            pattern.captures(&text).and_then(|captures| captures.get(1))
        } else {
            pattern.find(&text)
        };
        match part {
            Some(part) if part.is_empty() => Taken::Null,
            Some(part) if part.len() == text.len() => Taken::Text(text),
            Some(part) => Taken::Text(part.as_str().to_owned()),
            None => Taken::Null,
        }
    }

    /// Reads a text as what the query says it is.
    fn read(&self, text: String, tally: &mut PageTally<'_>) -> Value {
        let query = self.query;
        // White space is left around a value by `raw` and by `match` only, and means nothing but in a text.
        let trimmed = text.trim();
        let value = match query.as_ {
            As::Text => return Value::Text(text),
            As::Integer => integer(trimmed, query.decimal).map(Value::Integer),
            As::Number => number(trimmed, query.decimal).map(Value::Number),
            As::Boolean => boolean(trimmed).map(Value::Boolean),
            As::Datetime => datetime(trimmed, query.format.as_deref()).map(Value::Datetime),
            As::Url => self.base_url.join(trimmed).ok().map(|url| Value::Text(url.into())),
        };
        value.unwrap_or_else(|| {
            tally.unparsed(self.column, query, &text, expectation(query.as_));
            Value::Null
        })
    }
}

/// Whether a match is a text node of nothing but white space, as indentation makes them. `raw` does not keep these:
/// they would shift a column.
fn is_left_out(found: &Match) -> bool {
    found.kind == MatchKind::TextNode && is_blank(&found.text)
}
