//! What wit-bindgen makes of the WIT package, a module for each world.
#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unsafe_op_in_unsafe_fn,
    clippy::pedantic,
    clippy::undocumented_unsafe_blocks,
    reason = "generated code; the WIT package is its documentation"
)]

/// The world `extractor`.
pub mod extractor {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "extractor",
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_extractor_world",
        default_bindings_module: "snowscrape_plugin_sdk::bindings::extractor",
        generate_all,
    });
}

/// The world `exporter`.
pub mod exporter {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "exporter",
        additional_derives: [Clone, PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_exporter_world",
        default_bindings_module: "snowscrape_plugin_sdk::bindings::exporter",
        with: { "snowscrape:plugin/types@0.1.0": crate::bindings::extractor::snowscrape::plugin::types },
    });
}
