//! The components that there are, found by query type or format.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use wasmtime::component::{Component, InstancePre, Linker};

use super::bindings::exporter::{Exporter, ExporterPre};
use super::bindings::extractor::{Extractor, ExtractorPre};
use super::cache::CodeCache;
use super::engine::PluginEngine;
use super::error::{CallError, LoadError, OpenError};
use super::extractor::{ExtractorInstance, QueryRef};
use super::imports;
use super::info::{ExporterInfo, ExtractorInfo, QueryTypeInfo};
use super::instance::{Instance, Label};
use super::wasi::{self, GuestState};
use crate::model::{ExpressionFault, OptionSpec, OptionValue, PluginUse, QueryTypes};

/// What a component is known by: the BLAKE3 hash of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentHash(blake3::Hash);

impl ContentHash {
    /// The hash of a component's bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(blake3::hash(bytes))
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_hex())
    }
}

/// A component that someone brings.
#[derive(Clone, Debug)]
pub struct ComponentSource {
    /// What messages call it before it has said its name, such as a file's name.
    pub name: String,
    /// The component.
    pub bytes: Cow<'static, [u8]>,
}

/// A component that can be started.
pub struct Plugin {
    engine: PluginEngine,
    hash: ContentHash,
    kind: Kind,
}

enum Kind {
    Extractor {
        info: ExtractorInfo,
        pre: ExtractorPre<GuestState>,
    },
    Exporter {
        info: ExporterInfo,
        pre: ExporterPre<GuestState>,
    },
}

impl Plugin {
    fn load(engine: &PluginEngine, cache: &CodeCache, bytes: &[u8]) -> Result<Self, LoadError> {
        let hash = ContentHash::of(bytes);
        let component = cache.load(engine, hash, bytes)?;
        imports::check(&component)?;
        let mut linker = Linker::new(engine.wasmtime());
        wasi::add_to_linker(&mut linker).map_err(LoadError::Engine)?;
        let pre = linker.instantiate_pre(&component).map_err(LoadError::Compile)?;
        let kind = if exports(&component, "snowscrape:plugin/exporting@0.1.0") {
            Kind::exporter(engine, pre)?
        } else {
            Kind::extractor(engine, pre)?
        };
        Ok(Self {
            engine: engine.clone(),
            hash,
            kind,
        })
    }

    /// The hash of its bytes.
    pub fn hash(&self) -> ContentHash {
        self.hash
    }

    /// What it serves, if it is an extractor.
    pub fn extractor_info(&self) -> Option<&ExtractorInfo> {
        match &self.kind {
            Kind::Extractor { info, .. } => Some(info),
            Kind::Exporter { .. } => None,
        }
    }

    /// What it writes, if it is an exporter.
    pub fn exporter_info(&self) -> Option<&ExporterInfo> {
        match &self.kind {
            Kind::Exporter { info, .. } => Some(info),
            Kind::Extractor { .. } => None,
        }
    }

    /// How a run writes it down.
    pub fn as_used(&self) -> PluginUse {
        let (name, version) = self.name_and_version();
        PluginUse {
            name: name.to_owned(),
            version: version.to_owned(),
            hash: self.hash.to_string(),
        }
    }

    pub(crate) fn start_extractor(&self) -> Result<Instance<Extractor>, CallError> {
        match &self.kind {
            Kind::Extractor { pre, .. } => Instance::new(&self.engine, self.label(), |store| pre.instantiate(store)),
            Kind::Exporter { .. } => Err(self
                .label()
                .nonsense("it is an exporter, and an extractor was asked for")),
        }
    }

    pub(crate) fn start_exporter(&self) -> Result<Instance<Exporter>, CallError> {
        match &self.kind {
            Kind::Exporter { pre, .. } => Instance::new(&self.engine, self.label(), |store| pre.instantiate(store)),
            Kind::Extractor { .. } => Err(self
                .label()
                .nonsense("it is an extractor, and an exporter was asked for")),
        }
    }

    fn name_and_version(&self) -> (&str, &str) {
        match &self.kind {
            Kind::Extractor { info, .. } => (&info.name, &info.version),
            Kind::Exporter { info, .. } => (&info.name, &info.version),
        }
    }

    fn label(&self) -> Label {
        let (name, version) = self.name_and_version();
        Label::new(name, version)
    }

    /// The query types and formats that it serves.
    fn served(&self) -> Vec<&str> {
        match &self.kind {
            Kind::Extractor { info, .. } => info.query_types.iter().map(|served| served.name.as_str()).collect(),
            Kind::Exporter { info, .. } => vec![&info.format],
        }
    }
}

impl Kind {
    fn extractor(engine: &PluginEngine, pre: InstancePre<GuestState>) -> Result<Self, LoadError> {
        let pre = ExtractorPre::new(pre).map_err(LoadError::World)?;
        let mut instance =
            Instance::new(engine, unknown(), |store| pre.instantiate(store)).map_err(LoadError::Describe)?;
        let info = instance
            .call(|store, guest| guest.snowscrape_plugin_extracting().call_describe(store))
            .map_err(LoadError::Describe)?;
        Ok(Self::Extractor {
            info: ExtractorInfo::from_wit(info)?,
            pre,
        })
    }

    fn exporter(engine: &PluginEngine, pre: InstancePre<GuestState>) -> Result<Self, LoadError> {
        let pre = ExporterPre::new(pre).map_err(LoadError::World)?;
        let mut instance =
            Instance::new(engine, unknown(), |store| pre.instantiate(store)).map_err(LoadError::Describe)?;
        let info = instance
            .call(|store, guest| guest.snowscrape_plugin_exporting().call_describe(store))
            .map_err(LoadError::Describe)?;
        Ok(Self::Exporter {
            info: ExporterInfo::from_wit(info)?,
            pre,
        })
    }
}

fn unknown() -> Label {
    Label::new("that is loaded", "(unknown version)")
}

fn exports(component: &Component, name: &str) -> bool {
    component.get_export_index(None, name).is_some()
}

impl fmt::Debug for Plugin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, version) = self.name_and_version();
        f.debug_struct("Plugin")
            .field("name", &name)
            .field("version", &version)
            .finish_non_exhaustive()
    }
}

/// All components of a process.
#[derive(Debug)]
pub struct PluginRegistry {
    plugins: Vec<Arc<Plugin>>,
}

impl PluginRegistry {
    /// Loads components; the order is that in which messages list what they serve.
    pub fn load(engine: &PluginEngine, cache: &CodeCache, sources: &[ComponentSource]) -> Result<Self, LoadError> {
        let loaded: Vec<Result<Plugin, LoadError>> = std::thread::scope(|scope| {
            let threads: Vec<_> = sources
                .iter()
                .map(|source| scope.spawn(move || Plugin::load(engine, cache, &source.bytes)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().expect("loading does not panic"))
                .collect()
        });
        let mut registry = Self {
            plugins: Vec::with_capacity(sources.len()),
        };
        for (source, plugin) in sources.iter().zip(loaded) {
            plugin
                .and_then(|plugin| registry.add(plugin))
                .map_err(|error| LoadError::Plugin {
                    name: source.name.clone(),
                    source: Box::new(error),
                })?;
        }
        Ok(registry)
    }

    fn add(&mut self, plugin: Plugin) -> Result<(), LoadError> {
        let exporter = plugin.exporter_info().is_some();
        for name in plugin.served() {
            let other = self
                .plugins
                .iter()
                .find(|other| other.exporter_info().is_some() == exporter && other.served().contains(&name));
            if let Some(other) = other {
                let other = other.as_used();
                return Err(LoadError::Served {
                    name: name.to_owned(),
                    other: format!("{} {}", other.name, other.version),
                });
            }
        }
        self.plugins.push(Arc::new(plugin));
        Ok(())
    }

    /// Every component.
    pub fn plugins(&self) -> &[Arc<Plugin>] {
        &self.plugins
    }

    /// The extractor that serves a query type, and what it says of the type.
    pub fn extractor(&self, query_type: &str) -> Option<(&Arc<Plugin>, &QueryTypeInfo)> {
        self.plugins.iter().find_map(|plugin| {
            let info = plugin.extractor_info()?;
            info.query_types
                .iter()
                .find(|served| served.name == query_type)
                .map(|served| (plugin, served))
        })
    }

    /// The exporter that writes a format, and what it says of itself.
    pub fn exporter(&self, format: &str) -> Option<(&Arc<Plugin>, &ExporterInfo)> {
        self.plugins.iter().find_map(|plugin| {
            plugin
                .exporter_info()
                .filter(|info| info.format == format)
                .map(|info| (plugin, info))
        })
    }

    /// The formats that can be written, in order.
    pub fn formats(&self) -> impl Iterator<Item = &ExporterInfo> {
        self.plugins.iter().filter_map(|plugin| plugin.exporter_info())
    }
}

impl QueryTypes for PluginRegistry {
    fn names(&self) -> Vec<String> {
        let types = self
            .plugins
            .iter()
            .filter_map(|plugin| plugin.extractor_info())
            .flat_map(|info| &info.query_types);
        types.map(|served| served.name.clone()).collect()
    }

    fn options(&self, query_type: &str) -> Option<&[OptionSpec]> {
        self.extractor(query_type).map(|(_, served)| served.options.as_slice())
    }

    fn is_structured(&self, query_type: &str) -> bool {
        self.extractor(query_type).is_some_and(|(_, served)| served.structured)
    }

    fn check_item(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
    ) -> Result<(), ExpressionFault> {
        self.check_with(query_type, expression, options, |instance, query| {
            match instance.open(Some(query), &[], false) {
                Ok(_) => Ok(Ok(())),
                Err(OpenError::Expression { fault, .. }) => Ok(Err(fault)),
                Err(OpenError::Call(error)) => Err(error),
                Err(error @ OpenError::UnknownType(_)) => Ok(Err(whole(expression, error.to_string()))),
            }
        })
    }

    fn check(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
    ) -> Result<(), ExpressionFault> {
        self.check_with(query_type, expression, options, ExtractorInstance::check)
    }
}

impl PluginRegistry {
    /// Expressions that a plugin cannot check without breaking are wrong in the eyes of their author, too.
    fn check_with(
        &self,
        query_type: &str,
        expression: &str,
        options: &[(String, OptionValue)],
        check: impl FnOnce(&mut ExtractorInstance, QueryRef<'_>) -> Result<Result<(), ExpressionFault>, CallError>,
    ) -> Result<(), ExpressionFault> {
        let Some((plugin, _)) = self.extractor(query_type) else {
            return Err(whole(
                expression,
                format!("no plugin serves the query type `{query_type}`"),
            ));
        };
        ExtractorInstance::start(plugin)
            .and_then(|mut instance| {
                check(
                    &mut instance,
                    QueryRef {
                        query_type,
                        expression,
                        options,
                    },
                )
            })
            .unwrap_or_else(|error| Err(whole(expression, error.to_string())))
    }
}

/// A fault of the whole expression.
fn whole(expression: &str, message: String) -> ExpressionFault {
    ExpressionFault {
        offset: 0,
        length: expression.len() as u32,
        message,
    }
}
