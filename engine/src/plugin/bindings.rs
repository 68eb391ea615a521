//! What wasmtime makes of the WIT package, a module for each world.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::pedantic,
    reason = "generated code; the WIT package is its documentation"
)]

pub(crate) mod extractor {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "extractor",
        ownership: Borrowing { duplicate_if_necessary: true },
    });
}

pub(crate) mod exporter {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "exporter",
        ownership: Borrowing { duplicate_if_necessary: true },
        with: { "snowscrape:plugin/types": crate::plugin::bindings::extractor::snowscrape::plugin::types },
    });
}
