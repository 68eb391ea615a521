//! Compiled code kept on disk, by content hash, engine version and configuration.
//!
//! Compiling takes hundreds of milliseconds and loading one. Compiled code is machine code that the process will run, so
//! the folder is its owner's alone, each file is written beside its place and moved there, and a file whose digest is
//! not the recorded one is compiled anew.

use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use wasmtime::component::Component;

use super::engine::PluginEngine;
use super::error::LoadError;
use super::registry::ContentHash;

/// Where compiled code is kept, if anywhere.
#[derive(Clone, Debug, Default)]
pub struct CodeCache {
    folder: Option<PathBuf>,
}

impl CodeCache {
    /// Keeps nothing: each process compiles for itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// Keeps code in a folder, which is made if it is not there.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Result<Self, LoadError> {
        let folder = folder.into();
        make_private(&folder).map_err(|source| LoadError::Cache {
            folder: folder.clone(),
            source,
        })?;
        Ok(Self { folder: Some(folder) })
    }

    /// The component, compiled now or earlier.
    pub(crate) fn load(&self, engine: &PluginEngine, hash: ContentHash, bytes: &[u8]) -> Result<Component, LoadError> {
        let Some(folder) = &self.folder else {
            return Component::new(engine.wasmtime(), bytes).map_err(LoadError::Compile);
        };
        let entry = Entry::new(folder, engine, hash);
        if let Some(component) = entry.read(engine) {
            return Ok(component);
        }
        let started = std::time::Instant::now();
        let code = engine
            .wasmtime()
            .precompile_component(bytes)
            .map_err(LoadError::Compile)?;
        tracing::debug!(%hash, elapsed = ?started.elapsed(), "component compiled");
        if let Err(error) = entry.write(&code) {
            tracing::warn!(%hash, %error, "compiled code could not be kept");
        }
        // SAFETY: the bytes came from `precompile_component` of the same engine just now.
        unsafe { Component::deserialize(engine.wasmtime(), &code) }.map_err(LoadError::Compile)
    }
}

/// The two files of one component: the code, and the digest that says that it is whole.
struct Entry {
    code: PathBuf,
    digest: PathBuf,
}

impl Entry {
    fn new(folder: &Path, engine: &PluginEngine, hash: ContentHash) -> Self {
        let mut configuration = Blake3Hasher(blake3::Hasher::new());
        engine
            .wasmtime()
            .precompile_compatibility_hash()
            .hash(&mut configuration);
        let stem = format!("{hash}-{}", &configuration.0.finalize().to_hex()[..16]);
        Self {
            code: folder.join(format!("{stem}.cwasm")),
            digest: folder.join(format!("{stem}.blake3")),
        }
    }

    fn read(&self, engine: &PluginEngine) -> Option<Component> {
        let recorded = std::fs::read_to_string(&self.digest).ok()?;
        let mut digest = blake3::Hasher::new();
        digest.update_reader(std::fs::File::open(&self.code).ok()?).ok()?;
        if digest.finalize().to_hex().as_str() != recorded.trim() {
            tracing::warn!(file = %self.code.display(), "compiled code is damaged and is made anew");
            return None;
        }
        // SAFETY: the file holds what this program wrote, as its digest says, in a folder that only its owner can write
        // to, for an engine of the same version and configuration, as the file's name says. It is mapped and not copied:
        // files of the cache are replaced and never changed in place.
        unsafe { Component::deserialize_file(engine.wasmtime(), &self.code) }
            .inspect_err(|error| tracing::warn!(%error, "compiled code was refused and is made anew"))
            .ok()
    }

    /// The digest goes last: without it the code is not read.
    fn write(&self, code: &[u8]) -> std::io::Result<()> {
        write_whole(&self.code, code)?;
        write_whole(&self.digest, blake3::hash(code).to_hex().as_bytes())
    }
}

fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().expect("a file of the cache lies in its folder");
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

fn make_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, PermissionsExt};
        let metadata = std::fs::metadata(folder)?;
        if metadata.mode() & 0o022 != 0 {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
    }
    Ok(())
}

/// `std`'s hashers may change from release to release; a name on disk must not.
struct Blake3Hasher(blake3::Hasher);

impl Hasher for Blake3Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        let hash = self.0.finalize();
        u64::from_le_bytes(hash.as_bytes()[..8].try_into().expect("a slice of eight bytes"))
    }
}
