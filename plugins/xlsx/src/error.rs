//! What can fail inside, and how it is told.

use snowscrape_plugin_sdk::ExportError;

/// A failure that no choice of options mends.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("rust_xlsxwriter refused the workbook: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    #[error("the archive could not be written: {0}")]
    Archive(#[from] zip::result::ZipError),
    #[error("the archive could not be written: {0}")]
    Write(#[from] std::io::Error),
    #[error("rust_xlsxwriter's XML could not be read: {0}")]
    Xml(#[from] quick_xml::Error),
    #[error("rust_xlsxwriter's XML could not be read: {0}")]
    Attribute(#[from] quick_xml::events::attributes::AttrError),
    #[error("rust_xlsxwriter's workbook has no {0}: this exporter and that crate's version do not fit together")]
    Missing(String),
    /// What the SDK tells already has its form.
    #[error(transparent)]
    Told(#[from] ExportError),
}

impl From<Error> for ExportError {
    fn from(error: Error) -> Self {
        match error {
            Error::Told(error) => error,
            error => Self::Other(error.to_string()),
        }
    }
}
