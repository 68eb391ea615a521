//! sdk
mod bindings;
