//! The workbook as `rust_xlsxwriter` makes it, with everything but the rows.

use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};

use crate::layout::{Layout, Look};
use crate::links::Link;

/// How a datetime is shown.
const DATETIME_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";

/// What a sheet has that others of the same layout do not have.
pub(crate) struct Sheet<'a> {
    pub(crate) name: String,
    /// Without the header's.
    pub(crate) rows: u32,
    pub(crate) links: &'a [Link<'a>],
}

/// Makes a workbook of these sheets.
///
/// In the place of the first row stands a prototype: an empty cell with its format in each column that has one.
pub(crate) fn workbook(layout: &Layout, sheets: &[Sheet<'_>]) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    workbook.set_properties(&layout.properties);
    // What is saved is read at once and thrown away.
    workbook.set_zip_compression_level(1);
    for sheet in sheets {
        let worksheet = workbook.add_worksheet();
        worksheet.set_name(&sheet.name)?;
        add_header(worksheet, layout)?;
        add_prototype(worksheet, layout)?;
        worksheet.set_freeze_panes(1, 0)?;
        worksheet.autofilter(0, 0, sheet.rows, last_column(layout))?;
        for link in sheet.links {
            // The text is never read, and one that is there already does not make the table of texts longer.
            let text = &layout.columns[link.column as usize].name;
            worksheet.write_url_with_text(link.row, link.column, link.escaped.as_ref(), text)?;
        }
    }
    Ok(workbook)
}

fn last_column(layout: &Layout) -> u16 {
    u16::try_from(layout.columns.len() - 1).expect("a layout has from 1 to 16,384 columns")
}

fn add_header(worksheet: &mut Worksheet, layout: &Layout) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    for ((at, column), width) in (0..).zip(&layout.columns).zip(&layout.widths) {
        worksheet.set_column_width(at, *width as f64)?;
        if column.name.starts_with("<r>") && column.name.ends_with("</r>") {
            // rust_xlsxwriter takes such a text for one that it has made XML of already, unless it is given as a part.
            worksheet.write_rich_string_with_format(0, at, &[(&Format::new(), &column.name)], &bold)?;
        } else {
            worksheet.write_string_with_format(0, at, &column.name, &bold)?;
        }
    }
    Ok(())
}

fn add_prototype(worksheet: &mut Worksheet, layout: &Layout) -> Result<(), XlsxError> {
    let datetime = Format::new().set_num_format(DATETIME_FORMAT);
    let link = Format::new().set_hyperlink();
    for (at, column) in (0..).zip(0..layout.columns.len()) {
        match layout.look(column) {
            Look::Plain => continue,
            Look::Datetime => worksheet.write_blank(1, at, &datetime)?,
            Look::Link => worksheet.write_blank(1, at, &link)?,
        };
    }
    Ok(())
}
