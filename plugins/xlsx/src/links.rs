//! The links of a sheet: kept while its rows are written, since they stand after all rows.
//!
//! `rust_xlsxwriter` makes their XML, some thousand at a time: a link takes it about two kilobytes, and the URL here about
//! eighty bytes. What each of its answers numbers from one is numbered on.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::archive::Archive;
use crate::error::Error;
use crate::layout::{Layout, Limits};
use crate::parts::{Parts, inside, sheet_part};
use crate::text::utf16_length;
use crate::workbook::{Sheet, workbook};

/// How many links `rust_xlsxwriter` is given at a time.
const CHUNK: usize = 2_048;
/// Excel's, in UTF-16 units: for what stands before `#`, as it is escaped, and for what stands after it. An address of mail is
/// counted whole, and as it is escaped.
const MAX_URL: usize = 2_080;
/// What `rust_xlsxwriter` escapes in a target, `%` and white space apart, each as three characters.
const ESCAPED: [char; 9] = ['"', '<', '>', '[', ']', '^', '`', '{', '}'];
/// Stands for `%` while `rust_xlsxwriter` escapes a URL.
///
/// It takes a URL for one that is not escaped yet unless it finds one of a few escapes in it, and would make `%25C3` of
/// `%C3`. This character is in no XML, so it is in no URL that becomes a link.
const PERCENT: char = '\u{ffff}';

/// A cell that is a link.
pub(crate) struct Link<'a> {
    /// The header's is zero.
    pub(crate) row: u32,
    pub(crate) column: u16,
    /// As `rust_xlsxwriter` is given it.
    pub(crate) escaped: Cow<'a, str>,
}

/// What became of a URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Link,
    /// It is not one that can be a link.
    Text,
    /// It is, but the sheet is full of links.
    Full,
}

/// The links of a sheet so far, in the order of their cells.
#[derive(Default)]
pub(crate) struct Links {
    chunks: Vec<Chunk>,
    count: usize,
    /// Of URLs.
    bytes: usize,
}

/// Links that `rust_xlsxwriter` is given at a time. Memory that grows chunk by chunk is never copied to grow.
#[derive(Default)]
struct Chunk {
    urls: String,
    ends: Vec<u32>,
    cells: Vec<(u32, u16)>,
}

impl Links {
    /// Keeps a URL as its cell's link, if it can be one.
    pub(crate) fn push(&mut self, row: u32, column: u16, url: &str, limits: &Limits) -> Kept {
        if !can_be_link(url) {
            return Kept::Text;
        }
        if self.count >= limits.links || self.bytes + url.len() > limits.link_bytes {
            return Kept::Full;
        }
        self.count += 1;
        self.bytes += url.len();
        match self.chunks.last_mut() {
            Some(chunk) if chunk.cells.len() < CHUNK => chunk.push(row, column, url),
            _ => {
                let mut chunk = Chunk::default();
                chunk.push(row, column, url);
                self.chunks.push(chunk);
            }
        }
        Kept::Link
    }

    /// Writes what stands after a sheet's rows, and the part that the links need besides.
    pub(crate) fn write_end(
        self,
        layout: &Layout,
        number: usize,
        rows: u32,
        archive: &mut Archive,
    ) -> Result<(), Error> {
        let mut chunks = self.chunks.into_iter();
        let End {
            before,
            links,
            after,
            related,
        } = End::make(layout, number, rows, &chunks.next().unwrap_or_default().links())?;
        archive.write(before.as_bytes())?;
        archive.write(links.as_bytes())?;
        // They are a part of their own, which can be begun only when the sheet's is complete.
        let mut further = Vec::new();
        for (at, chunk) in (1..).zip(chunks) {
            let end = End::make(layout, number, rows, &chunk.links())?;
            archive.write(numbered_on(&end.links, "r:id", at * CHUNK)?.as_bytes())?;
            if let Some(related) = &end.related {
                further.push(numbered_on(&related.targets, "Id", at * CHUNK)?);
            }
        }
        archive.write(after.as_bytes())?;
        if let Some(related) = &related {
            archive.begin(&relationships_part(number))?;
            archive.write(related.before.as_bytes())?;
            archive.write(related.targets.as_bytes())?;
            for targets in &further {
                archive.write(targets.as_bytes())?;
            }
            archive.write(related.after.as_bytes())?;
        }
        Ok(())
    }
}

impl Chunk {
    fn push(&mut self, row: u32, column: u16, url: &str) {
        self.urls.push_str(url);
        // The limit is far below four gigabytes.
        self.ends.push(self.urls.len() as u32);
        self.cells.push((row, column));
    }

    fn links(&self) -> Vec<Link<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let links = self.cells.iter().zip(starts.zip(&self.ends));
        links
            .map(|((row, column), (start, end))| Link {
                row: *row,
                column: *column,
                escaped: escaped(&self.urls[start as usize..*end as usize]),
            })
            .collect()
    }
}

/// What `rust_xlsxwriter` writes after a sheet's rows, around some of its links.
struct End {
    before: String,
    links: String,
    after: String,
    /// The part of the links' targets, if there are any.
    related: Option<Related>,
}

/// A part of targets.
struct Related {
    before: String,
    targets: String,
    after: String,
}

impl End {
    fn make(layout: &Layout, number: usize, rows: u32, links: &[Link<'_>]) -> Result<Self, Error> {
        // A first sheet is selected, a further one is not: that is all that the place makes of it.
        let place = number.min(2);
        let first = Sheet {
            name: layout.sheet_name(1),
            rows: 0,
            links: &[],
        };
        let sheet = Sheet {
            name: layout.sheet_name(number),
            rows,
            links,
        };
        let sheets = if place == 1 { vec![sheet] } else { vec![first, sheet] };
        let mut parts = Parts::of(&mut workbook(layout, &sheets)?)?;
        let xml = parts.text(&sheet_part(place))?;
        let end = inside(&xml, "sheetData")?.end;
        if links.is_empty() {
            return Ok(Self {
                before: xml[end..].to_owned(),
                links: String::new(),
                after: String::new(),
                related: None,
            });
        }
        let inner = inside(&xml, "hyperlinks")?;
        let related = parts.text(&relationships_part(place))?;
        let targets = inside(&related, "Relationships")?;
        Ok(Self {
            before: xml[end..inner.start].to_owned(),
            links: xml[inner.clone()].to_owned(),
            after: xml[inner.end..].to_owned(),
            related: Some(Related {
                before: related[..targets.start].to_owned(),
                targets: related[targets.clone()].replace(PERCENT, "%"),
                after: related[targets.end..].to_owned(),
            }),
        })
    }
}

fn relationships_part(number: usize) -> String {
    format!("xl/worksheets/_rels/sheet{number}.xml.rels")
}

/// Whether Excel takes a URL as a link and a click on it does no harm.
fn can_be_link(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    let known = match scheme {
        // A host in brackets would be escaped as Excel escapes brackets anywhere, and lead nowhere.
        "http" | "https" | "ftp" => rest.starts_with("//") && !rest.starts_with("//["),
        "mailto" => true,
        _ => false,
    };
    let target = target(url);
    let anchor = url[target.len()..].strip_prefix('#').unwrap_or("");
    known
        && !url.contains(|character: char| {
            character.is_whitespace() || character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')
        })
        && utf16_length(target) + 2 * target.matches(ESCAPED).count() <= MAX_URL
        && utf16_length(anchor) <= MAX_URL
}

/// What `rust_xlsxwriter` takes for a link's target: all before `#`, and an address of mail whole.
fn target(url: &str) -> &str {
    match url.split_once('#') {
        Some((target, _)) if !url.starts_with("mailto:") => target,
        _ => url,
    }
}

/// A URL as `rust_xlsxwriter` is to see it: it writes what follows the target as it is.
fn escaped(url: &str) -> Cow<'_, str> {
    let target = target(url);
    if target.contains('%') {
        Cow::Owned(target.replace('%', PERCENT.encode_utf8(&mut [0; 4])) + &url[target.len()..])
    } else {
        Cow::Borrowed(url)
    }
}

/// Elements whose attribute counts them from one, as `rId1`, counted on from so many.
fn numbered_on(xml: &str, attribute: &str, mut count: usize) -> Result<String, Error> {
    let mut out = String::with_capacity(xml.len() + xml.len() / 16);
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Empty(element) => {
                count += 1;
                push_numbered(&element, attribute, count, &mut out)?;
            }
            Event::Eof => {
                out.shrink_to_fit();
                return Ok(out);
            }
            _ => {}
        }
    }
}

fn push_numbered(element: &BytesStart<'_>, attribute: &str, number: usize, out: &mut String) -> Result<(), Error> {
    out.push('<');
    out.push_str(element.name().as_ref());
    for given in element.attributes() {
        let given = given?;
        let key = given.key.as_ref();
        let id = format!("rId{number}");
        let value = if key == attribute { &id } else { given.value.as_ref() };
        out.extend([" ", key, "=\"", value, "\""]);
    }
    out.push_str("/>");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Kept, Links, can_be_link};
    use crate::layout::Limits;

    #[test]
    fn links_are_what_a_browser_or_mail_program_opens() {
        let long = |length: usize| format!("http://a/{}", "x".repeat(length - 9));
        let anchored = |length: usize| format!("http://a/#{}", "x".repeat(length));
        let mail = |length: usize| format!("mailto:a@b#{}", "x".repeat(length - 11));
        for (url, link) in [
            ("http://a", true),
            ("https://a/é?b=c%20d#e", true),
            ("ftp://a/b", true),
            ("mailto:a@b", true),
            ("http:a", false),
            ("internal:Sheet1!A1", false),
            ("external:c:\\a.xlsx", false),
            ("file:///etc/passwd", false),
            ("javascript:alert(1)//http://a", false),
            ("data:text/html,http://a", false),
            ("tel:1", false),
            ("a", false),
            ("", false),
            ("http://a b", false),
            ("http://a\n", false),
            ("http://a\u{1}", false),
            ("http://a\u{ffff}", false),
            ("http://[::1]/", false),
            (&long(2_080), true),
            (&long(2_081), false),
            (&anchored(2_080), true),
            (&anchored(2_081), false),
            (&mail(2_080), true),
            (&mail(2_081), false),
            (&(long(2_077) + "["), true),
            (&(long(2_078) + "["), false),
            (&(anchored(2_079) + "["), true),
            (&(long(2_077) + "%5b"), true),
        ] {
            assert_eq!(can_be_link(url), link, "{url:?}");
        }
    }

    #[test]
    fn a_sheet_has_as_many_links_as_the_limits_say() {
        let check = |links: usize, link_bytes: usize, expected: [Kept; 3]| {
            let limits = Limits {
                links,
                link_bytes,
                ..Limits::default()
            };
            let mut kept = Links::default();
            let urls = ["http://a", "http://b", "x"];
            assert_eq!(urls.map(|url| kept.push(1, 0, url, &limits)), expected);
        };
        check(2, 16, [Kept::Link, Kept::Link, Kept::Text]);
        check(1, 16, [Kept::Link, Kept::Full, Kept::Text]);
        check(2, 15, [Kept::Link, Kept::Full, Kept::Text]);
    }
}
