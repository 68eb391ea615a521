//! The components that this binary brings, and where their compiled code is kept.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;

use snowscrape_engine::plugin::{CodeCache, ComponentSource, Limits, LoadError, PluginEngine, PluginRegistry};

const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// Loads the built-in components. The first time on a machine they are compiled, which takes a few seconds.
pub(crate) fn load() -> Result<Arc<PluginRegistry>, LoadError> {
    let engine = PluginEngine::new(Limits::default())?;
    let sources: Vec<_> = BUILT_IN
        .iter()
        .map(|(name, bytes)| ComponentSource {
            name: (*name).to_owned(),
            bytes: Cow::Borrowed(*bytes),
        })
        .collect();
    PluginRegistry::load(&engine, &code_cache(), &sources).map(Arc::new)
}

/// Without a folder for caches there is no cache: everything works, and starts more slowly.
fn code_cache() -> CodeCache {
    let Some(folder) = cache_folder() else {
        tracing::warn!("no folder for caches: set SNOWSCRAPE_CACHE to start faster");
        return CodeCache::none();
    };
    CodeCache::in_folder(folder.join("components")).unwrap_or_else(|error| {
        tracing::warn!(error = %report(&error), "compiled components are not kept: set SNOWSCRAPE_CACHE to another folder");
        CodeCache::none()
    })
}

/// `SNOWSCRAPE_CACHE`, else `snowscrape` in the user's folder for caches (XDG Base Directory Specification).
fn cache_folder() -> Option<PathBuf> {
    let variable = |name| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    variable("SNOWSCRAPE_CACHE").or_else(|| dirs::cache_dir().map(|folder| folder.join("snowscrape")))
}

fn report(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}
