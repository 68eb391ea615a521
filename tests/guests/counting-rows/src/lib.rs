//! A guest for `engine/benches/boundary.rs`: it reads every cell of the batches that it is given, as rows of cell
//! variants, and answers their sum. `counting-columns` does the same on the flat columns that the interface has.

use bindings::exports::snowscrape::counting::counting::Cell;

/// What wit-bindgen makes of the WIT package.
pub mod bindings {
    #![allow(
        missing_docs,
        unreachable_pub,
        unused_qualifications,
        unsafe_op_in_unsafe_fn,
        clippy::pedantic,
        clippy::undocumented_unsafe_blocks,
        reason = "generated code; the WIT package is its documentation"
    )]
    wit_bindgen::generate!({ path: "wit", world: "rows", pub_export_macro: true });
}

/// The guest.
pub struct Counting;

impl bindings::exports::snowscrape::counting::counting::Guest for Counting {
    fn write(rows: Vec<Vec<Cell>>) -> f64 {
        rows.iter().flatten().map(weight).sum()
    }
}

fn weight(cell: &Cell) -> f64 {
    match cell {
        Cell::Null => 0.0,
        Cell::Text(text) => text.len() as f64,
        Cell::Integer(value) | Cell::Datetime(value) => *value as f64,
        Cell::Number(value) => *value,
        Cell::Boolean(value) => f64::from(u8::from(*value)),
    }
}

// Other linkers than wasm's do not take the names of the exports.
#[cfg(target_arch = "wasm32")]
bindings::export!(Counting with_types_in bindings);
