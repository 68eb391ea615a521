//! From a core module to a component: encoding, and checking what the component asks of its host.

use anyhow::{Context, Result, bail};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::ComponentEncoder;

/// What a component may import, without versions. A `*` at the end stands for anything.
///
/// It is what the preview-1 adapter imports on behalf of a language's runtime, and the plugin interface's own types.
/// The host answers the file system's part with an empty one.
pub(crate) const ALLOWED_IMPORTS: [&str; 12] = [
    "snowscrape:plugin/types",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-*",
    "wasi:clocks/*",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:io/*",
    "wasi:random/*",
];

/// Encodes a core module that was compiled for `wasm32-wasip1` as a component, and checks the component's imports.
pub(crate) fn encode(module: &[u8]) -> Result<Vec<u8>> {
    let component = ComponentEncoder::default()
        .module(module)
        .context("the module says nothing of the component that it is: does it call `export!`?")?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )
        .context("the preview-1 adapter cannot be read")?
        .validate(true)
        .encode()
        .context("the module cannot be encoded as a component")?;
    let refused: Vec<String> = imports(&component)?
        .into_iter()
        .filter(|import| !is_allowed(import))
        .collect();
    if !refused.is_empty() {
        bail!(
            "it imports {}, which no host of components gives; `cargo xtask plugins build --print-allow-list` shows what may be imported",
            refused.join(", ")
        );
    }
    Ok(component)
}

/// What the encoding depends on besides the module: the adapter, what may be imported, and the encoder, whose exact
/// version stands in `Cargo.toml`.
pub(crate) fn encoder_hash() -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER);
    for text in ALLOWED_IMPORTS.iter().copied().chain([include_str!("../Cargo.toml")]) {
        hasher.update(text.as_bytes()).update(&[0]);
    }
    hasher.finalize()
}

/// The names of a component's own imports, and not those of the modules and components within it.
fn imports(component: &[u8]) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    names.push(import?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(names)
}

fn is_allowed(import: &str) -> bool {
    let name = import.split_once('@').map_or(import, |(name, _version)| name);
    ALLOWED_IMPORTS.iter().any(|allowed| match allowed.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *allowed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_held_against_the_allow_list() {
        let check = |import: &str, expected: bool| assert_eq!(is_allowed(import), expected, "{import}");
        check("wasi:io/streams@0.2.6", true);
        check("wasi:cli/terminal-stdin@0.2.6", true);
        check("wasi:cli/environment", true);
        check("wasi:clocks/wall-clock@0.2.12", true);
        check("wasi:filesystem/types@0.2.6", true);
        check("snowscrape:plugin/types@0.1.0", true);
        check("snowscrape:plugin/types-of-another@0.1.0", false);
        check("snowscrape:plugin/extractor@0.1.0", false);
        check("wasi:cli/run@0.2.6", false);
        check("wasi:sockets/tcp@0.2.6", false);
        check("wasi:http/outgoing-handler@0.2.6", false);
        check("wasi:iota/streams@0.2.6", false);
        check("env", false);
        check("", false);
    }

    #[test]
    fn only_the_outermost_imports_count() {
        let outer = wat_component(&["wasi:sockets/network@0.2.6"], &["wasi:http/types@0.2.6"]);
        assert_eq!(imports(&outer).unwrap(), ["wasi:sockets/network@0.2.6"]);
        assert!(imports(b"not a component").is_err());
    }

    #[test]
    fn a_module_that_is_no_component_is_refused() {
        let empty_module = b"\0asm\x01\0\0\0";
        let error = format!("{:#}", encode(b"not a module").unwrap_err());
        assert!(error.contains("module"), "{error}");
        // Without a word on its interfaces a module is a component that imports and exports nothing.
        assert_eq!(imports(&encode(empty_module).unwrap()).unwrap(), Vec::<String>::new());
    }

    /// A component that imports empty instances by these names, around one that does the same.
    fn wat_component(names: &[&str], inner: &[&str]) -> Vec<u8> {
        let inner = binary(inner, None);
        binary(names, Some(&inner))
    }

    /// The component model's binary format: a type section with one empty instance type, an import section, and an inner
    /// component as section 4.
    fn binary(names: &[&str], inner: Option<&[u8]>) -> Vec<u8> {
        let mut bytes = b"\0asm\x0d\0\x01\0".to_vec();
        bytes.extend([7, 3, 1, 0x42, 0]);
        if let Some(inner) = inner {
            bytes.extend([4, inner.len() as u8]);
            bytes.extend(inner);
        }
        let mut section = vec![names.len() as u8];
        for name in names {
            section.extend([0, name.len() as u8]);
            section.extend(name.as_bytes());
            section.extend([5, 0]);
        }
        bytes.extend([10, section.len() as u8]);
        bytes.extend(section);
        bytes
    }
}
