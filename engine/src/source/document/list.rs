//! A list: one URL a line. Empty lines, and those that begin with `#`, are passed over.

use super::{DocumentError, NamedUrls};
use crate::model::SourceType;

pub(super) fn read(text: &str) -> Result<NamedUrls, DocumentError> {
    let mut named = NamedUrls::default();
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        named.add(line, SourceType::Page)?;
    }
    Ok(named)
}
