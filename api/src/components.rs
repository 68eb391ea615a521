//! The components that this binary brings, and where their compiled code is kept.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::available_parallelism;

use snowscrape_engine::plugin::{CodeCache, ComponentSource, Limits, LoadError, PluginEngine, PluginRegistry};

const BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/built_in.rs"));

/// How many of the built-in components are extractors: all query types of a job are one's.
const EXTRACTORS: usize = 1;
/// Each may need four gigabytes of addresses, and a process has 128 terabytes of them.
const MOST_INSTANCES: u32 = 8_192;
/// Instances for what takes one for a moment: a definition that is checked, the head of a download, a run that ends while the
/// next one begins.
const SPARE_INSTANCES: usize = 64;

/// What goes on at once in a process and holds instances of components for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct AtOnce {
    /// Runs: each has every extractor on every core.
    pub(crate) runs: usize,
    /// Queries tried out: each has every extractor once.
    pub(crate) trials: usize,
    /// Files being written: each has its exporter.
    pub(crate) exports: usize,
}

impl AtOnce {
    /// What a command without a server does.
    pub(crate) const ONE_RUN: Self = Self {
        runs: 1,
        trials: 0,
        exports: 1,
    };

    /// As many instances as all of it may hold together, up to the most that there can be. What is not used takes addresses and
    /// no memory.
    fn instances(self, cores: usize) -> u32 {
        let pipelines = self.runs.saturating_mul(cores).saturating_add(self.trials);
        let held = pipelines.saturating_mul(EXTRACTORS).saturating_add(self.exports);
        u32::try_from(held.saturating_add(SPARE_INSTANCES)).map_or(MOST_INSTANCES, |count| count.min(MOST_INSTANCES))
    }
}

/// Loads the built-in components. The first time on a machine they are compiled, which takes a few seconds.
pub(crate) fn load(at_once: AtOnce) -> Result<Arc<PluginRegistry>, LoadError> {
    let cores = available_parallelism().map_or(1, usize::from);
    let engine = PluginEngine::new(Limits {
        instances: at_once.instances(cores),
        ..Limits::default()
    })?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_goes_on_at_once_has_its_instances() {
        let check = |runs, trials, exports, expected: usize| {
            let at_once = AtOnce { runs, trials, exports };
            assert_eq!(at_once.instances(2) as usize, expected, "{at_once:?}");
        };
        check(0, 0, 0, SPARE_INSTANCES);
        check(4, 3, 8, 4 * 2 + 3 + 8 + SPARE_INSTANCES);
        let most = MOST_INSTANCES as usize;
        check(0, 0, most - SPARE_INSTANCES, most);
        check(0, 0, most - SPARE_INSTANCES + 1, most);
        check(usize::MAX, usize::MAX, usize::MAX, most);
    }

    #[test]
    fn the_extractors_are_counted() {
        let registry = load(AtOnce::ONE_RUN).unwrap();
        let extractors = registry
            .plugins()
            .iter()
            .filter(|plugin| plugin.extractor_info().is_some());
        assert_eq!(extractors.count(), EXTRACTORS);
    }
}
