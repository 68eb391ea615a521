//! Sitemaps and indexes of sitemaps (sitemaps.org's protocol 0.9), and its third form, a text with one URL a line.
//!
//! Names are compared without their namespace, since many sites get that wrong; what an extension adds (`image:loc`) stands in
//! an element of another name and is left alone.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};

use super::{DocumentError, NamedUrls, list};
use crate::model::SourceType;

/// How deep elements may stand in each other: a sitemap's own do so three deep, those of its extensions a few more.
const MOST_OPEN: usize = 64;

pub(super) fn read(text: &str) -> Result<NamedUrls, DocumentError> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('<') {
        let named = list::read(text)?;
        return if named.urls.is_empty() && named.left_out > 0 {
            Err(DocumentError::Sitemap(
                "it is neither XML nor a list of URLs".to_owned(),
            ))
        } else {
            Ok(named)
        };
    }
    let mut reader = Reader::from_str(text);
    let mut named = NamedUrls::default();
    let mut open: Vec<Vec<u8>> = Vec::new();
    let mut location: Option<(String, SourceType)> = None;
    let mut is_sitemap = false;
    loop {
        let event = reader
            .read_event()
            .map_err(|error| DocumentError::Sitemap(format!("{error} (at byte {})", reader.error_position())))?;
        match event {
            Event::Start(element) => {
                let name = element.local_name().as_ref().to_vec();
                is_sitemap |= open.is_empty() && is_root(&name);
                location = match (open.last().map(Vec::as_slice), name.as_slice()) {
                    (Some(b"url"), b"loc") => Some((String::new(), SourceType::Page)),
                    (Some(b"sitemap"), b"loc") => Some((String::new(), SourceType::Sitemap)),
                    _ => None,
                };
                if open.len() == MOST_OPEN {
                    return Err(DocumentError::Sitemap(format!(
                        "its elements stand in each other more than {MOST_OPEN} deep"
                    )));
                }
                open.push(name);
            }
            Event::Empty(element) => is_sitemap |= open.is_empty() && is_root(element.local_name().as_ref()),
            Event::End(_) => {
                open.pop();
                if let Some((url, kind)) = location.take() {
                    named.add(&url, kind)?;
                }
            }
            Event::Text(text) => {
                if let Some((url, _)) = &mut location {
                    url.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Event::CData(text) => {
                if let Some((url, _)) = &mut location {
                    url.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Event::GeneralRef(reference) => {
                if let Some((url, _)) = &mut location {
                    url.push_str(&resolved(&reference));
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if is_sitemap {
        Ok(named)
    } else {
        Err(DocumentError::Sitemap(
            "its root is neither `urlset` nor `sitemapindex`".to_owned(),
        ))
    }
}

fn is_root(name: &[u8]) -> bool {
    matches!(name, b"urlset" | b"sitemapindex")
}

/// What an entity stands for; one that XML does not know stays as it is written.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = String::from_utf8_lossy(reference);
    resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}
