//! Components in an engine of the test's own, with limits short enough to be reached.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value as Json;
use snowscrape_engine::model::Job;
use snowscrape_engine::plugin::{
    CodeCache, ComponentSource, Limits, LoadError, PageInput, PluginEngine, PluginRegistry,
};

/// The component that serves css, xpath and regex.
pub(crate) const WEB: &str = "plugins/dist/web.wasm";
/// The guests of the tests: the one that misbehaves, and the one whose matches are JSON.
pub(crate) const GUESTS: [&str; 2] = [
    "tests/guests/dist/guest-misbehaving.wasm",
    "tests/guests/dist/guest-structured.wasm",
];

/// The folder in which all tests of a target folder keep compiled code: compiling anew takes each of them seconds.
pub(crate) fn shared_cache() -> PathBuf {
    let executable = std::env::current_exe().expect("a running test has a path");
    let target = executable
        .ancestors()
        .nth(3)
        .expect("a test lies in target/PROFILE/deps");
    target.join("test-cache")
}

/// A component by its path in the repository.
pub(crate) fn source(path: &str) -> ComponentSource {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bytes = fs::read(root.join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}: run `cargo xtask plugins build --guests` first"));
    ComponentSource {
        name: path.to_owned(),
        bytes: Cow::Owned(bytes),
    }
}

/// An engine in which a call may take half a second and an instance 64 MiB.
pub(crate) fn engine() -> PluginEngine {
    PluginEngine::new(Limits {
        call: Duration::from_millis(500),
        memory_bytes: 64 << 20,
        ..Limits::default()
    })
    .expect("the engine starts")
}

/// Loads components from the shared cache.
pub(crate) fn try_registry(engine: &PluginEngine, sources: &[ComponentSource]) -> Result<PluginRegistry, LoadError> {
    let cache = CodeCache::in_folder(shared_cache().join("components")).expect("the target folder can be written to");
    PluginRegistry::load(engine, &cache, sources)
}

/// Loads components by their paths in the repository.
pub(crate) fn registry(engine: &PluginEngine, paths: &[&str]) -> Arc<PluginRegistry> {
    let sources: Vec<_> = paths.iter().map(|path| source(path)).collect();
    Arc::new(try_registry(engine, &sources).expect("the components load"))
}

/// A job from its definition.
#[track_caller]
pub(crate) fn job(definition: &Json, registry: &PluginRegistry) -> Job {
    Job::from_text(&definition.to_string(), registry).unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// A page of `text`, its bytes the same.
pub(crate) fn page(text: &str) -> PageInput<'_> {
    PageInput {
        url: "http://shop.example/",
        base_url: "http://shop.example/",
        media_type: "text/html",
        status: 200,
        scripting: false,
        text,
        bytes: text.as_bytes(),
    }
}
