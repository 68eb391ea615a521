//! One instance of a component: its store, its limits, and the one way to call it.

use std::sync::Arc;

use wasmtime::{Store, Trap};

use super::engine::PluginEngine;
use super::error::CallError;
use super::wasi::GuestState;

/// Who is called, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Label(Arc<str>);

impl Label {
    pub(crate) fn new(name: &str, version: &str) -> Self {
        Self(format!("{name} {version}").into())
    }

    pub(crate) fn nonsense(&self, message: impl Into<String>) -> CallError {
        CallError::Nonsense {
            plugin: self.0.to_string(),
            message: message.into(),
        }
    }

    pub(crate) fn refused(&self, message: impl Into<String>) -> CallError {
        CallError::Refused {
            plugin: self.0.to_string(),
            message: message.into(),
        }
    }
}

/// A store with a component's bindings in it.
pub(crate) struct Instance<B> {
    engine: PluginEngine,
    label: Label,
    store: Store<GuestState>,
    bindings: B,
}

impl<B> Instance<B> {
    /// Instantiates a component by `start`, which runs what the component does at its start under the same limits as
    /// any call.
    pub(crate) fn new(
        engine: &PluginEngine,
        label: Label,
        start: impl FnOnce(&mut Store<GuestState>) -> wasmtime::Result<B>,
    ) -> Result<Self, CallError> {
        let mut store = Store::new(engine.wasmtime(), GuestState::new(engine.limits().memory_bytes));
        store.limiter(|state| &mut state.memory);
        store.set_epoch_deadline(engine.deadline_ticks());
        match start(&mut store) {
            Ok(bindings) => Ok(Self {
                engine: engine.clone(),
                label,
                store,
                bindings,
            }),
            Err(error) if error.downcast_ref::<Trap>().is_some() => Err(failure(engine, &label, &mut store, &error)),
            Err(error) => Err(CallError::Start {
                plugin: label.0.to_string(),
                message: format!("{error:#}"),
            }),
        }
    }

    /// Calls the guest under its deadline and memory limit. After an error the instance must not be called again.
    pub(crate) fn call<T>(
        &mut self,
        call: impl FnOnce(&mut Store<GuestState>, &B) -> wasmtime::Result<T>,
    ) -> Result<T, CallError> {
        self.store.set_epoch_deadline(self.engine.deadline_ticks());
        let answer = call(&mut self.store, &self.bindings);
        answer.map_err(|error| failure(&self.engine, &self.label, &mut self.store, &error))
    }

    pub(crate) fn label(&self) -> &Label {
        &self.label
    }

    /// Whether the instance took so much memory that it should not be kept.
    pub(crate) fn is_bloated(&self) -> bool {
        self.store.data().memory.size > self.engine.limits().keep_bytes
    }
}

fn failure(engine: &PluginEngine, label: &Label, store: &mut Store<GuestState>, error: &wasmtime::Error) -> CallError {
    let plugin = label.0.to_string();
    let state = store.data_mut();
    let printed = state.printed.take();
    let trap = error.downcast_ref::<Trap>();
    if trap == Some(&Trap::Interrupt) {
        return CallError::Deadline {
            plugin,
            limit: engine.limits().call,
        };
    }
    if state.memory.denied {
        return CallError::Memory {
            plugin,
            limit_bytes: engine.limits().memory_bytes,
        };
    }
    let message = match trap {
        _ if !printed.is_empty() => printed,
        Some(trap) => trap.to_string(),
        None => error.root_cause().to_string(),
    };
    CallError::Failed { plugin, message }
}
