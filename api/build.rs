//! Puts the built-in components into the binary, so that it runs wherever it is copied to.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// In the order in which messages list what they serve.
const BUILT_IN: [&str; 6] = ["web", "json", "csv", "xlsx", "parquet", "sql"];

fn main() {
    // Asked when this runs and not when it is compiled: clones that share a target folder share the compiled script too.
    let package = env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR for build scripts");
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    let out = Path::new(&out);
    let mut code = String::from("&[\n");
    for name in BUILT_IN {
        let file = format!("../plugins/dist/{name}.wasm");
        println!("cargo::rerun-if-changed={file}");
        let copy = out.join(format!("{name}.wasm"));
        if fs::copy(Path::new(&package).join(&file), &copy).is_err() {
            println!("cargo::error=the component `{name}` is not built yet; run: cargo xtask plugins build");
            return;
        }
        writeln!(code, "(\"{name}\", include_bytes!({:?})),", copy.display().to_string())
            .expect("writing to a string does not fail");
    }
    code.push(']');
    fs::write(out.join("built_in.rs"), code).expect("cargo's output folder can be written to");
}
