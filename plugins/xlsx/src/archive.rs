//! The ZIP archive, written from its beginning to its end.
//!
//! Sizes and checksums follow each part (data descriptors), so nothing that was handed out is ever changed. Parts are not
//! ZIP64, which Excel repairs with a warning: a sheet ends before it is too large for that.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::error::Error;

/// A million rows of six columns take 1.9 s and 61 MB; at level 1 it is 1.7 s and 86 MB, at level 6 it is 5.4 s and 53 MB.
const LEVEL: i64 = 2;

/// Where the archive's bytes wait until they are handed out.
#[derive(Clone, Default)]
struct Ready(Rc<RefCell<Vec<u8>>>);

impl Write for Ready {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// An archive being written.
pub(crate) struct Archive {
    zip: ZipWriter<StreamWriter<Ready>>,
    ready: Ready,
    names: Vec<String>,
}

impl Default for Archive {
    fn default() -> Self {
        let ready = Ready::default();
        Self {
            zip: ZipWriter::new_stream(ready.clone()),
            ready,
            names: Vec::new(),
        }
    }
}

impl Archive {
    /// Begins a part; what was the last one is complete.
    pub(crate) fn begin(&mut self, name: &str) -> Result<(), Error> {
        // A fixed time and mode, as rust_xlsxwriter has them, so that the same rows make the same bytes.
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .compression_level(Some(LEVEL))
            .unix_permissions(0o600)
            .last_modified_time(DateTime::default());
        self.zip.start_file(name, options)?;
        self.names.push(name.to_owned());
        Ok(())
    }

    /// Goes on with the part that was begun.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        Ok(self.zip.write_all(bytes)?)
    }

    /// A whole part.
    pub(crate) fn part(&mut self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        self.begin(name)?;
        self.write(bytes)
    }

    /// Whether a part has been begun under this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().any(|written| written == name)
    }

    /// The bytes that are ready since the last time.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.ready.0.take()
    }

    /// Ends the archive and answers the last bytes.
    pub(crate) fn finish(self) -> Result<Vec<u8>, Error> {
        self.zip.finish()?;
        Ok(self.ready.0.take())
    }
}
