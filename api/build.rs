//! Puts the built-in components into the binary, so that it runs wherever it is copied to.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

/// In the order in which messages list what they serve.
const BUILT_IN: [&str; 3] = ["web", "json", "csv"];

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins/dist");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut code = String::from("&[\n");
    for name in BUILT_IN {
        let file = folder.join(format!("{name}.wasm"));
        println!("cargo::rerun-if-changed={}", file.display());
        let Ok(file) = file.canonicalize() else {
            println!("cargo::error=the component `{name}` is not built yet; run: cargo xtask plugins build");
            return;
        };
        writeln!(code, "(\"{name}\", include_bytes!({:?})),", file.display().to_string())
            .expect("writing to a string does not fail");
    }
    code.push(']');
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts");
    fs::write(Path::new(&out).join("built_in.rs"), code).expect("cargo's output folder can be written to");
}
