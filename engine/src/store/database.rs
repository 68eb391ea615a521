//! The embedded database: opened within its bounds, asked in transactions, closed in order.
//!
//! This is the one module that takes a database apart from its client, which the library does not promise to keep: it is
//! tried anew at every upgrade.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt as _;
use surrealdb::engine::local::Db;
use surrealdb::types::Variables;
use surrealdb::{IndexedResults, Surreal};
use surrealdb_cnf::ConfigMap;
use surrealdb_core::kvs::Datastore;
use tokio::sync::RwLock;

use super::error::StoreError;
use super::settings::StoreSettings;

/// How often a transaction is made again that another one was faster than.
const ATTEMPTS: u32 = 12;
/// How often, and how long apart, it is looked whether the client has let go of a datastore that is being closed.
const CLOSING_LOOKS: u32 = 400;
/// What the database writes beside its buffers when it is opened, in bytes: its manifest, its options, its own log.
const SMALL_FILES: u64 = 1 << 20;
const CLOSING_WAIT: Duration = Duration::from_millis(5);

/// The database. Clones share it.
#[derive(Clone)]
pub(super) struct Database(Arc<Shared>);

struct Shared {
    place: Place,
    settings: StoreSettings,
    /// Gone while it is being opened again, and for good once it is closed.
    connection: RwLock<Option<Connection>>,
    /// How often it was opened: who failed on an earlier connection need not open a new one.
    openings: AtomicU64,
}

enum Place {
    Folder(PathBuf),
    Memory,
}

struct Connection {
    client: Surreal<Db>,
    datastore: Arc<Datastore>,
}

impl Database {
    /// Opens the database in a folder, which is made if it is not there. Every commit is synced to disk before it counts.
    pub(super) async fn open(folder: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder).map_err(|error| StoreError::Open {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        })?;
        Self::at(Place::Folder(folder.to_owned()), settings).await
    }

    /// A database in memory, for tests.
    pub(super) async fn in_memory() -> Result<Self, StoreError> {
        Self::at(Place::Memory, StoreSettings::default()).await
    }

    async fn at(place: Place, settings: StoreSettings) -> Result<Self, StoreError> {
        let connection = Connection::open(&place, settings).await?;
        Ok(Self(Arc::new(Shared {
            place,
            settings,
            connection: RwLock::new(Some(connection)),
            openings: AtomicU64::new(1),
        })))
    }

    /// Closes the database: what is in memory goes to disk, so that the next start is quick.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        match self.0.connection.write().await.take() {
            Some(connection) => connection.close().await,
            None => Ok(()),
        }
    }

    /// Carries out statements, which may be a transaction, and makes it again when another was faster.
    pub(super) async fn run(&self, statements: &str, variables: Variables) -> Result<IndexedResults, StoreError> {
        let mut attempt = 1;
        let mut reopened = false;
        loop {
            let opening = self.0.openings.load(Ordering::Acquire);
            match self.run_once(statements, variables.clone()).await {
                Err(StoreError::Conflict) if attempt < ATTEMPTS => {
                    let longest = Duration::from_millis(1 << attempt.min(8));
                    let wait = longest.mul_f64(rand::rng().random());
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                Err(StoreError::StorageFull) if !reopened && self.reopen(opening).await => reopened = true,
                done => return done,
            }
        }
    }

    async fn run_once(&self, statements: &str, variables: Variables) -> Result<IndexedResults, StoreError> {
        let connection = self.0.connection.read().await;
        // It could not be opened again for want of room.
        let Some(connection) = connection.as_ref() else {
            return Err(StoreError::StorageFull);
        };
        let mut results = connection.client.query(statements).bind(variables).await?;
        match StoreError::of_transaction(results.take_errors().into_values()) {
            Some(error) => Err(error),
            None => Ok(results),
        }
    }

    /// Opens the database again where it found no room and there is room now; true if it may be asked again.
    ///
    /// A write that finds no room in the log leaves RocksDB's state in memory uncertain. It takes no more writes then until
    /// it has been read from disk anew: every commit that was answered is there.
    async fn reopen(&self, failed: u64) -> bool {
        let Place::Folder(folder) = &self.0.place else {
            return false;
        };
        if !has_room(folder, self.0.settings) {
            return false;
        }
        let mut connection = self.0.connection.write().await;
        if self.0.openings.load(Ordering::Acquire) != failed {
            return true;
        }
        if let Some(old) = connection.take()
            && let Err(error) = old.close().await
        {
            tracing::debug!(%error, "a database that had no room was closed");
        }
        match Connection::open(&self.0.place, self.0.settings).await {
            Ok(new) => {
                tracing::info!("the store was opened again, since there is room on its disk");
                *connection = Some(new);
                self.0.openings.fetch_add(1, Ordering::AcqRel);
                true
            }
            Err(error) => {
                tracing::error!(%error, "the store could not be opened again");
                false
            }
        }
    }
}

impl Connection {
    async fn open(place: &Place, settings: StoreSettings) -> Result<Self, StoreError> {
        let failed = |reason: String| StoreError::Open {
            folder: match place {
                Place::Folder(folder) => folder.display().to_string(),
                Place::Memory => "memory".to_owned(),
            },
            reason,
        };
        let path = match place {
            Place::Memory => "mem://".to_owned(),
            Place::Folder(folder) => {
                let folder = folder
                    .to_str()
                    .ok_or_else(|| failed("its name is not UTF-8".to_owned()))?;
                format!("rocksdb://{folder}?sync=every")
            }
        };
        Self::start(&path, settings)
            .await
            .map_err(|error| failed(format!("{error:#}")))
    }

    async fn start(path: &str, settings: StoreSettings) -> anyhow::Result<Self> {
        let config = settings
            .pairs()
            .into_iter()
            .fold(ConfigMap::empty(), |config, (key, value)| {
                config.with_key_value(key, value)
            });
        let datastore = Datastore::builder()
            .with_config(config)
            .without_maintenance_tasks()
            .build_with_path(path)
            .await?;
        datastore.check_version().await?;
        datastore.bootstrap().await?;
        datastore.start_maintenance_tasks();
        let client = Surreal::<Db>::unstable_from_datastore(Arc::clone(&datastore), None).await?;
        client
            .query("DEFINE NAMESPACE IF NOT EXISTS snowscrape")
            .await?
            .check()?;
        client.use_ns("snowscrape").await?;
        client.query("DEFINE DATABASE IF NOT EXISTS main").await?.check()?;
        client.use_db("main").await?;
        Ok(Self { client, datastore })
    }

    async fn close(self) -> Result<(), StoreError> {
        let Self { client, datastore } = self;
        drop(client);
        let closed = datastore.shutdown().await;
        // The client's task lets go of the datastore when it notices that the client is gone, and only then is the folder's
        // lock given back.
        for _ in 0..CLOSING_LOOKS {
            if Arc::strong_count(&datastore) == 1 {
                break;
            }
            tokio::time::sleep(CLOSING_WAIT).await;
        }
        closed.map_err(|error| StoreError::Open {
            folder: "the store".to_owned(),
            reason: format!("it did not close in order: {error:#}"),
        })
    }
}

/// Whether the disk has room for what the database writes when it is opened: its buffers, and a log for new ones.
fn has_room(folder: &Path, settings: StoreSettings) -> bool {
    let needed = settings.write_buffer_bytes * u64::from(settings.write_buffers + 1) + SMALL_FILES;
    rustix::fs::statvfs(folder).is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= needed)
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}
