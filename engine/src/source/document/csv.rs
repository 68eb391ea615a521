//! A CSV file with a column of URLs (RFC 4180). The separator is the one of comma, semicolon and tab that its first line has
//! most of. A first line that holds URLs itself is no header.

use csv::{ReaderBuilder, StringRecord};

use super::{DocumentError, NamedUrls};
use crate::model::SourceType;
use crate::source::parse_page_url;

pub(super) fn read(text: &str, column: Option<&str>) -> Result<NamedUrls, DocumentError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut named = NamedUrls::default();
    let Some(header) = records(text).next().transpose()? else {
        return Ok(named);
    };
    let known = || names(&header);
    let at = match column {
        Some(column) => {
            header
                .iter()
                .position(|name| name.trim() == column)
                .ok_or_else(|| DocumentError::NoColumn {
                    column: column.to_owned(),
                    known: known(),
                })?
        }
        // Two passes, since a file may be larger when its cells are taken apart than it is.
        None => match first_column(text)? {
            Some(at) => at,
            None if records(text).nth(1).is_none() => return Ok(named),
            None => return Err(DocumentError::NoUrls { known: known() }),
        },
    };
    let is_header = column.is_some() || !header.get(at).is_some_and(is_url);
    for row in records(text).skip(usize::from(is_header)) {
        if let Some(cell) = row?.get(at).filter(|cell| !cell.trim().is_empty()) {
            named.add(cell, SourceType::Page)?;
        }
    }
    Ok(named)
}

fn records(text: &str) -> impl Iterator<Item = Result<StringRecord, DocumentError>> {
    ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .into_records()
        .map(|record| record.map_err(|error| DocumentError::Csv(error.to_string())))
}

/// The first column in which any row holds a URL.
fn first_column(text: &str) -> Result<Option<usize>, DocumentError> {
    let mut first = None;
    for row in records(text) {
        let at = row?.iter().position(is_url);
        first = first.into_iter().chain(at).min();
        if first == Some(0) {
            break;
        }
    }
    Ok(first)
}

/// The names of the columns for a message: what is no CSV file may have all of its text in the first line.
fn names(header: &StringRecord) -> String {
    const SHOWN: usize = 20;
    const LONGEST: usize = 64;
    let shorten = |name: &str| match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    };
    let shown: Vec<_> = header.iter().take(SHOWN).map(shorten).collect();
    let more = match header.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    shown.join(", ") + &more
}

fn is_url(cell: &str) -> bool {
    parse_page_url(cell.trim()).is_ok()
}

fn separator(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default();
    let count = |separator: u8| line.bytes().filter(|byte| *byte == separator).count();
    // The last of those that are equal is the greatest.
    [b'\t', b';', b',']
        .into_iter()
        .max_by_key(|separator| count(*separator))
        .unwrap_or(b',')
}
