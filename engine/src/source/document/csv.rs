//! A CSV file with a column of URLs (RFC 4180). The separator is the one of comma, semicolon and tab that its first line has
//! most of. A first line that holds URLs itself is no header.

use csv::{ReaderBuilder, StringRecord};

use super::{DocumentError, NamedUrls};
use crate::model::SourceType;
use crate::source::parse_page_url;

pub(super) fn read(text: &str, column: Option<&str>) -> Result<NamedUrls, DocumentError> {
    let text = text.trim_start_matches('\u{feff}');
    let records = ReaderBuilder::new()
        .delimiter(separator(text))
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes())
        .into_records()
        .collect::<Result<Vec<StringRecord>, _>>()
        .map_err(|error| DocumentError::Csv(error.to_string()))?;
    let Some((header, rows)) = records.split_first() else {
        return Ok(NamedUrls::default());
    };
    let known = || header.iter().collect::<Vec<_>>().join(", ");
    let (at, from) = match column {
        Some(column) => {
            let at = header.iter().position(|name| name.trim() == column);
            let none = || DocumentError::NoColumn {
                column: column.to_owned(),
                known: known(),
            };
            (at.ok_or_else(none)?, rows)
        }
        None if rows.is_empty() && !has_url(header) => return Ok(NamedUrls::default()),
        None => {
            let at = first_column(&records).ok_or_else(|| DocumentError::NoUrls { known: known() })?;
            let is_header = !header.get(at).is_some_and(is_url);
            (at, if is_header { rows } else { &records })
        }
    };
    let mut named = NamedUrls::default();
    for cell in from
        .iter()
        .filter_map(|row| row.get(at))
        .filter(|cell| !cell.trim().is_empty())
    {
        named.add(cell, SourceType::Page);
    }
    Ok(named)
}

/// The first column in which any row holds a URL.
fn first_column(records: &[StringRecord]) -> Option<usize> {
    records.iter().filter_map(|row| row.iter().position(is_url)).min()
}

fn has_url(row: &StringRecord) -> bool {
    row.iter().any(is_url)
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
