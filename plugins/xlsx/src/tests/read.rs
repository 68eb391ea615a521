//! A workbook read back: its parts, and the cells of its sheets.

use std::collections::BTreeMap;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

use crate::parts::{Parts, inside, sheet_part};

pub(super) struct Workbook {
    /// In the file's order.
    pub(super) names: Vec<String>,
    parts: BTreeMap<String, String>,
}

/// A cell: `kind` is the `t` of what it is when read, `style` the index of its style.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CellRead {
    pub(super) place: String,
    pub(super) kind: String,
    pub(super) value: String,
    pub(super) style: String,
}

impl Workbook {
    pub(super) fn read(file: Vec<u8>) -> Self {
        let mut parts = Parts::read(file).unwrap();
        let names = parts.names().unwrap();
        let parts = names
            .iter()
            .map(|name| (name.clone(), parts.text(name).unwrap()))
            .collect();
        Self { names, parts }
    }

    pub(super) fn part(&self, name: &str) -> String {
        self.parts[name].clone()
    }

    pub(super) fn sheets(&self) -> usize {
        self.names
            .iter()
            .filter(|name| name.starts_with("xl/worksheets/sheet"))
            .count()
    }

    pub(super) fn shared(&self) -> Vec<String> {
        let mut texts = Vec::new();
        let mut reader = Reader::from_str(&self.parts["xl/sharedStrings.xml"]);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) if element.name().as_ref() == "si" => texts.push(String::new()),
                Event::Eof => return texts.iter().map(|text| unescaped(text)).collect(),
                event => push_text(&event, texts.last_mut()),
            }
        }
    }

    pub(super) fn cells(&self, number: usize) -> Vec<CellRead> {
        let shared = self.shared();
        let xml = &self.parts[&sheet_part(number)];
        let mut cells: Vec<CellRead> = Vec::new();
        let mut reader = Reader::from_str(&xml[inside(xml, "sheetData").unwrap()]);
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) if element.name().as_ref() == "c" => cells.push(CellRead {
                    place: attribute(&element, "r"),
                    kind: attribute(&element, "t"),
                    value: String::new(),
                    style: attribute(&element, "s"),
                }),
                Event::Eof => break,
                event => push_text(&event, cells.last_mut().map(|cell| &mut cell.value)),
            }
        }
        for cell in &mut cells {
            match cell.kind.as_str() {
                "s" => cell.value.clone_from(&shared[cell.value.parse::<usize>().unwrap()]),
                "inlineStr" => cell.value = unescaped(&cell.value),
                // The same number has several forms.
                _ => cell.value = format!("{:?}", cell.value.parse::<f64>().unwrap()),
            }
            if cell.kind == "s" || cell.kind == "inlineStr" {
                cell.kind = "text".to_owned();
            }
        }
        cells
    }

    /// What stands in a sheet around its rows, without its extent.
    pub(super) fn around_rows(&self, number: usize) -> (String, String) {
        let xml = &self.parts[&sheet_part(number)];
        let rows = inside(xml, "sheetData").unwrap();
        let mut before = xml[..rows.start].to_owned();
        if let Some(start) = before.find("<dimension") {
            let end = start + before[start..].find("/>").unwrap() + 2;
            before.replace_range(start..end, "");
        }
        (before, xml[rows.end..].to_owned())
    }
}

fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    let attribute = element.try_get_attribute(name).unwrap();
    attribute.map_or(String::new(), |attribute| attribute.value.into_owned())
}

fn push_text(event: &Event<'_>, text: Option<&mut String>) {
    let Some(text) = text else {
        return;
    };
    match event {
        Event::Text(part) => text.push_str(&part.xml_content(XmlVersion::Implicit1_0)),
        Event::GeneralRef(part) => match part.resolve_char_ref().unwrap() {
            Some(character) => text.push(character),
            None => text.push_str(match &*part.xml_content(XmlVersion::Implicit1_0) {
                "lt" => "<",
                "gt" => ">",
                "amp" => "&",
                other => panic!("&{other};"),
            }),
        },
        _ => {}
    }
}

/// Undoes `_xHHHH_`.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let digits = rest.get(at + 2..at + 6).filter(|_| rest[at + 6..].starts_with('_'));
        let character = digits
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32);
        out.push_str(&rest[..at]);
        if let Some(character) = character {
            out.push(character);
            rest = &rest[at + 7..];
        } else {
            out.push('_');
            rest = &rest[at + 1..];
        }
    }
    out + rest
}
