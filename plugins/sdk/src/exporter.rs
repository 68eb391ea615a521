//! What an exporter implements.

use std::cell::RefCell;
use std::marker::PhantomData;

use crate::bindings::exporter::exports::snowscrape::plugin::exporting as wit;
use crate::{Batch, Column, Ending, ExportError, ExporterInfo, RunInfo, Setting, Settings};

/// A component that writes one format.
pub trait Exporter: 'static {
    /// A file being written.
    type Writer: Writer;

    /// Who this exporter is.
    fn describe() -> ExporterInfo;

    /// Begins a file.
    fn open(columns: Vec<Column>, settings: Settings, run: RunInfo) -> Result<Self::Writer, ExportError>;
}

/// A file being written. Dropping it aborts the export.
pub trait Writer: 'static {
    /// Takes rows and hands out the bytes that are ready, if any.
    fn write(&mut self, batch: Batch) -> Result<Vec<u8>, ExportError>;

    /// Ends the file. Called until it answers [`Ending::Done`].
    fn finish(&mut self) -> Result<Ending, ExportError>;
}

/// Makes an [`Exporter`] the component's export.
#[macro_export]
macro_rules! export_exporter {
    ($t:ty) => {
        #[cfg(target_arch = "wasm32")]
        type ExportedExporter = $crate::ExporterGuest<$t>;
        #[cfg(target_arch = "wasm32")]
        $crate::bindings::exporter::export_exporter_world!(
            ExportedExporter with_types_in $crate::bindings::exporter
        );
        // Other linkers than wasm's do not take the names of the exports; natively there are only the tests.
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> $crate::ExporterInfo = <$t as $crate::Exporter>::describe;
    };
}

/// The exporter as the world's guest: what [`export_exporter!`] exports.
pub struct ExporterGuest<E>(PhantomData<E>);

/// A writer as the world's resource.
pub struct WriterGuest<E: Exporter>(RefCell<E::Writer>);

impl<E: Exporter> wit::Guest for ExporterGuest<E> {
    type Writer = WriterGuest<E>;

    fn describe() -> ExporterInfo {
        E::describe()
    }
}

impl<E: Exporter> wit::GuestWriter for WriterGuest<E> {
    fn open(columns: Vec<Column>, options: Vec<Setting>, run: RunInfo) -> Result<wit::Writer, ExportError> {
        E::open(columns, Settings::new(options), run).map(|writer| wit::Writer::new(Self(RefCell::new(writer))))
    }

    fn write(&self, batch: Batch) -> Result<Vec<u8>, ExportError> {
        self.0.borrow_mut().write(batch)
    }

    fn finish(&self) -> Result<Ending, ExportError> {
        self.0.borrow_mut().finish()
    }
}
