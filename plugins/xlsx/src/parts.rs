//! The parts of a workbook that `rust_xlsxwriter` has made, and the places in their XML.

use std::io::{Cursor, Read};
use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use rust_xlsxwriter::Workbook;
use zip::ZipArchive;

use crate::error::Error;

/// The parts of a saved workbook, by name.
pub(crate) struct Parts(ZipArchive<Cursor<Vec<u8>>>);

impl Parts {
    pub(crate) fn of(workbook: &mut Workbook) -> Result<Self, Error> {
        Self::read(workbook.save_to_buffer()?)
    }

    pub(crate) fn read(file: Vec<u8>) -> Result<Self, Error> {
        Ok(Self(ZipArchive::new(Cursor::new(file))?))
    }

    /// All names, in the file's order.
    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        self.0.file_names().map(|name| Ok(name?.into_owned())).collect()
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, Error> {
        let mut text = String::new();
        self.0.by_name(name)?.read_to_string(&mut text)?;
        Ok(text)
    }
}

/// The name of a sheet's part.
pub(crate) fn sheet_part(number: usize) -> String {
    format!("xl/worksheets/sheet{number}.xml")
}

/// Where the content of the first element of this name is.
pub(crate) fn inside(xml: &str, name: &str) -> Result<Range<usize>, Error> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event()? {
            Event::Start(element) if element.name().as_ref() == name => {
                let content = reader.read_to_end(element.name())?;
                return Ok(content.start as usize..content.end as usize);
            }
            Event::Eof => return Err(Error::Missing(format!("<{name}>"))),
            _ => {}
        }
    }
}

/// What stands before a sheet's rows, and how its cells are styled.
#[derive(Debug, PartialEq)]
pub(crate) struct Head {
    /// The XML up to and with the header row.
    pub(crate) xml: String,
    /// The indexes of the styles of the prototype row, cell by cell.
    pub(crate) styles: Vec<String>,
}

impl Head {
    /// Reads the XML of a sheet that has a header row and a prototype row.
    pub(crate) fn read(sheet: &str) -> Result<Self, Error> {
        let mut reader = Reader::from_str(sheet);
        let mut xml = String::new();
        // Since where the XML has not been taken yet.
        let mut since = 0;
        let mut header_ended = false;
        let mut styles = Vec::new();
        loop {
            let before = reader.buffer_position() as usize;
            let event = reader.read_event()?;
            let after = reader.buffer_position() as usize;
            match event {
                // It would have to be known before the rows. Readers that find one believe it, and do without.
                Event::Empty(element) if element.name().as_ref() == "dimension" => {
                    xml.push_str(&sheet[since..before]);
                    since = after;
                }
                Event::End(element) if element.name().as_ref() == "row" && !header_ended => {
                    xml.push_str(&sheet[since..after]);
                    header_ended = true;
                }
                Event::Empty(element) if element.name().as_ref() == "c" && header_ended => {
                    styles.push(style(&element)?);
                }
                Event::End(element) if element.name().as_ref() == "sheetData" && header_ended => {
                    return Ok(Self { xml, styles });
                }
                Event::Eof => return Err(Error::Missing("header row".to_owned())),
                _ => {}
            }
        }
    }
}

fn style(cell: &BytesStart<'_>) -> Result<String, Error> {
    let style = cell.try_get_attribute("s")?;
    style
        .map(|style| style.value.into_owned())
        .ok_or_else(|| Error::Missing("style of the prototype row".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Head, inside};

    #[test]
    fn a_head_ends_with_the_header_row() {
        let sheet = "<?xml version=\"1.0\"?><worksheet><dimension ref=\"A1:B2\"/><cols/><sheetData>\
                     <row r=\"1\"><c r=\"A1\" s=\"9\"/></row><row r=\"2\"><c r=\"A2\" s=\"2\"/><c r=\"B2\" s=\"3\"/></row>\
                     </sheetData><pageMargins/></worksheet>";
        let head = Head::read(sheet).unwrap();
        assert_eq!(
            head.xml,
            "<?xml version=\"1.0\"?><worksheet><cols/><sheetData><row r=\"1\"><c r=\"A1\" s=\"9\"/></row>"
        );
        assert_eq!(head.styles, ["2", "3"]);
        assert!(Head::read("<worksheet><sheetData/></worksheet>").is_err());
        assert!(Head::read("<worksheet>").is_err());
    }

    #[test]
    fn an_element_has_its_content_inside() {
        let check = |xml: &str, expected: Option<&str>| {
            assert_eq!(inside(xml, "b").ok().map(|range| &xml[range]), expected, "{xml}");
        };
        check("<a><b><c/>x</b>y</a>", Some("<c/>x"));
        check("<a><b></b></a>", Some(""));
        check("<a/>", None);
        check("<a><b>", None);
    }
}
