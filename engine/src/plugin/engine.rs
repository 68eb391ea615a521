//! The Wasmtime engine that all components share, and the limits that each guest lives under.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Config, Engine, PoolingAllocationConfig};

use super::error::LoadError;

/// How often the clock of the deadlines ticks.
const TICK: Duration = Duration::from_millis(10);

/// What one guest may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How long one call may take.
    pub call: Duration,
    /// How much linear memory an instance may have, in bytes.
    pub memory_bytes: usize,
    /// How many instances there can be at once, in all.
    pub instances: u32,
    /// An instance that grew beyond this many bytes is not kept for the next page.
    pub keep_bytes: usize,
}

impl Default for Limits {
    /// 10 s a call, 512 MiB an instance, 64 instances, 64 MiB kept from page to page.
    fn default() -> Self {
        Self {
            call: Duration::from_secs(10),
            memory_bytes: 512 << 20,
            instances: 64,
            keep_bytes: 64 << 20,
        }
    }
}

/// One Wasmtime engine, with the thread that makes its deadlines pass.
#[derive(Clone)]
pub struct PluginEngine {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    limits: Limits,
}

impl PluginEngine {
    /// Starts an engine. All components of a process share one.
    pub fn new(limits: Limits) -> Result<Self, LoadError> {
        let engine = Engine::new(&config(limits)).map_err(LoadError::Engine)?;
        let weak = engine.weak();
        std::thread::Builder::new()
            .name("plugin-deadlines".to_owned())
            .spawn(move || {
                while let Some(engine) = weak.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(TICK);
                }
            })
            .map_err(LoadError::Thread)?;
        Ok(Self {
            inner: Arc::new(Inner { engine, limits }),
        })
    }

    /// The limits that guests live under.
    pub fn limits(&self) -> Limits {
        self.inner.limits
    }

    pub(crate) fn wasmtime(&self) -> &Engine {
        &self.inner.engine
    }

    /// A call's deadline in ticks of the epoch. One more than fits, because the current tick has begun.
    pub(crate) fn deadline_ticks(&self) -> u64 {
        (self.inner.limits.call.as_nanos().div_ceil(TICK.as_nanos()) as u64).saturating_add(1)
    }
}

impl std::fmt::Debug for PluginEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PluginEngine")
            .field("limits", &self.inner.limits)
            .finish_non_exhaustive()
    }
}

fn config(limits: Limits) -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits.instances)
        .total_core_instances(limits.instances.saturating_mul(4))
        .total_memories(limits.instances)
        .total_tables(limits.instances.saturating_mul(4))
        // Calls are synchronous: nothing runs on stacks of their own, and a pool of them costs milliseconds to make.
        .total_stacks(1)
        .max_memory_size(limits.memory_bytes);
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .allocation_strategy(pool);
    config
}
