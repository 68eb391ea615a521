//! What a guest sees of the world, and what its memory is counted with.
//!
//! No files, no network, no environment, no arguments, an empty standard input. Clocks tell the time and randomness is
//! random; sleeping returns at once, because a deadline cannot end a call of the host's. What the guest prints on
//! standard error is kept, up to a few kilobytes, for the message of a trap.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime::{ResourceLimiter, Result, StoreContextMut};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{DynPollable, OutputStream, Pollable, StreamResult, subscribe};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

/// How much of what a guest prints is kept.
const PRINTED_BYTES: usize = 4096;

/// The data of a guest's store.
pub(crate) struct GuestState {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(crate) memory: MemoryLimit,
    pub(crate) printed: Printed,
}

impl GuestState {
    pub(crate) fn new(memory_bytes: usize) -> Self {
        let printed = Printed::default();
        Self {
            wasi: WasiCtxBuilder::new().stderr(printed.clone()).build(),
            table: ResourceTable::new(),
            memory: MemoryLimit {
                limit: memory_bytes,
                size: 0,
                denied: false,
            },
            printed,
        }
    }
}

impl WasiView for GuestState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.wasi,
            table: &mut self.table,
        }
    }
}

/// Counts a guest's linear memory and remembers whether it asked for too much.
pub(crate) struct MemoryLimit {
    limit: usize,
    pub(crate) size: usize,
    pub(crate) denied: bool,
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        let wanted = self.size - current.min(self.size) + desired;
        if wanted > self.limit {
            self.denied = true;
            return Ok(false);
        }
        self.size = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        Ok(desired <= 100_000)
    }
}

/// Links WASI as guests get it.
pub(crate) fn add_to_linker(linker: &mut Linker<GuestState>) -> Result<()> {
    wasmtime_wasi::p2::add_to_linker_sync(linker)?;
    linker.allow_shadowing(true);
    let mut clock = linker.instance("wasi:clocks/monotonic-clock@0.2.12")?;
    for name in ["subscribe-duration", "subscribe-instant"] {
        clock.func_wrap(name, |mut store: StoreContextMut<'_, GuestState>, (_,): (u64,)| {
            Ok((ready(&mut store)?,))
        })?;
    }
    linker.allow_shadowing(false);
    Ok(())
}

fn ready(store: &mut StoreContextMut<'_, GuestState>) -> Result<Resource<DynPollable>> {
    let table = &mut store.data_mut().table;
    let ready = table.push(AlwaysReady)?;
    subscribe(table, ready)
}

struct AlwaysReady;

#[wasmtime_wasi::async_trait]
impl Pollable for AlwaysReady {
    async fn ready(&mut self) {}
}

/// The first bytes of what a guest printed.
#[derive(Clone, Default)]
pub(crate) struct Printed(Arc<Mutex<Vec<u8>>>);

impl Printed {
    /// Takes what was printed so far.
    pub(crate) fn take(&self) -> String {
        let mut bytes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        String::from_utf8_lossy(&std::mem::take(&mut *bytes)).trim().to_owned()
    }

    fn push(&self, more: &[u8]) {
        let mut bytes = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let room = PRINTED_BYTES - bytes.len();
        bytes.extend_from_slice(&more[..more.len().min(room)]);
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}
