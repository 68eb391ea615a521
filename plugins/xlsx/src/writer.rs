//! Sheet after sheet, row after row.

use snowscrape_plugin_sdk::{Batch, Closing, Ending, ExportError, Writer};

use crate::archive::Archive;
use crate::cells::Cells;
use crate::error::Error;
use crate::layout::Layout;
use crate::links::Links;
use crate::losses::Losses;
use crate::parts::{Head, Parts, sheet_part};
use crate::workbook::{Sheet, workbook};

/// Parts that do not depend on the rows. They come first, and in this order, so that programs that look only at a file's
/// beginning know it for a workbook.
const FIRST_PARTS: [&str; 3] = ["_rels/.rels", "docProps/core.xml", "xl/theme/theme1.xml"];
/// How much XML is gathered before it is compressed.
const PIECE: usize = 64 << 10;

/// A workbook being written.
pub(crate) struct XlsxWriter {
    layout: Layout,
    archive: Archive,
    losses: Losses,
    /// The rows of each sheet that has ended.
    ended: Vec<u32>,
    open: Option<OpenSheet>,
    xml: Vec<u8>,
}

/// The sheet whose rows are being written.
struct OpenSheet {
    cells: Cells,
    links: Links,
    rows: u32,
    /// Of XML.
    bytes: u64,
}

impl XlsxWriter {
    pub(crate) fn new(layout: Layout) -> Self {
        Self {
            layout,
            archive: Archive::default(),
            losses: Losses::default(),
            ended: Vec::new(),
            open: None,
            xml: Vec::new(),
        }
    }

    fn begin_sheet(&mut self) -> Result<OpenSheet, Error> {
        let number = self.ended.len() + 1;
        // A further sheet begins otherwise than the first, and all further ones begin alike.
        let place = number.min(2);
        let sheets: Vec<_> = (1..=place).map(|at| self.bare_sheet(at, 0)).collect();
        let mut parts = Parts::of(&mut workbook(&self.layout, &sheets)?)?;
        for name in FIRST_PARTS {
            if !self.archive.has(name) {
                self.archive.part(name, parts.text(name)?.as_bytes())?;
            }
        }
        let head = Head::read(&parts.text(&sheet_part(place))?)?;
        self.archive.begin(&sheet_part(number))?;
        self.archive.write(head.xml.as_bytes())?;
        Ok(OpenSheet {
            cells: Cells::new(&self.layout, head.styles)?,
            links: Links::default(),
            rows: 0,
            bytes: 0,
        })
    }

    fn bare_sheet(&self, number: usize, rows: u32) -> Sheet<'static> {
        Sheet {
            name: self.layout.sheet_name(number),
            rows,
            links: &[],
        }
    }

    fn end_sheet(&mut self, sheet: OpenSheet) -> Result<(), Error> {
        let number = self.ended.len() + 1;
        sheet
            .links
            .write_end(&self.layout, number, sheet.rows, &mut self.archive)?;
        self.ended.push(sheet.rows);
        Ok(())
    }

    fn write_rows(&mut self, batch: &Batch) -> Result<(), Error> {
        if self.open.is_none() && self.ended.is_empty() {
            self.layout.widen(batch);
        }
        for row in batch.iter_rows().iter() {
            let full =
                |sheet: &OpenSheet| sheet.rows >= self.layout.limits.rows || sheet.bytes >= self.layout.limits.bytes;
            let mut sheet = match self.open.take() {
                Some(sheet) if full(&sheet) => {
                    self.flush()?;
                    self.end_sheet(sheet)?;
                    self.begin_sheet()?
                }
                Some(sheet) => sheet,
                None => self.begin_sheet()?,
            };
            let before = self.xml.len();
            sheet.rows += 1;
            sheet
                .cells
                .write_row(sheet.rows, row, &mut sheet.links, &mut self.losses, &mut self.xml)?;
            sheet.bytes += (self.xml.len() - before) as u64;
            self.open = Some(sheet);
            if self.xml.len() >= PIECE {
                self.flush()?;
            }
        }
        self.flush()
    }

    /// Compresses the XML that was gathered.
    fn flush(&mut self) -> Result<(), Error> {
        self.archive.write(&self.xml)?;
        self.xml.clear();
        Ok(())
    }

    fn write_remaining_parts(&mut self) -> Result<(), Error> {
        let sheets: Vec<_> = (1..)
            .zip(&self.ended)
            .map(|(number, rows)| self.bare_sheet(number, *rows))
            .collect();
        let mut parts = Parts::of(&mut workbook(&self.layout, &sheets)?)?;
        for name in parts.names()? {
            if !self.archive.has(&name) {
                self.archive.part(&name, parts.text(&name)?.as_bytes())?;
            }
        }
        Ok(())
    }
}

impl Writer for XlsxWriter {
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        self.write_rows(&batch)?;
        Ok(self.archive.take())
    }

    fn finish(&mut self) -> Result<Ending, ExportError> {
        let sheet = match self.open.take() {
            Some(sheet) => Some(sheet),
            None if self.ended.is_empty() => Some(self.begin_sheet()?),
            None => None,
        };
        // The links of a sheet and the parts after it are work for a call each.
        if let Some(sheet) = sheet {
            self.end_sheet(sheet)?;
            return Ok(Ending::More(self.archive.take()));
        }
        self.write_remaining_parts()?;
        let bytes = std::mem::take(&mut self.archive).finish()?;
        Ok(Ending::Done(Closing {
            bytes,
            warnings: self.losses.warnings(),
        }))
    }
}
