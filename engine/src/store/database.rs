//! The embedded database: opened within its bounds, asked in transactions, closed in order.
//!
//! This is the one module that takes a database apart from its client, which the library does not promise to keep: it is
//! tried anew at every upgrade.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt as _;
use surrealdb::engine::local::Db;
use surrealdb::types::Variables;
use surrealdb::{IndexedResults, Surreal};
use surrealdb_cnf::ConfigMap;
use surrealdb_core::kvs::Datastore;

use super::error::StoreError;
use super::settings::StoreSettings;

/// How often a transaction is made again that another one was faster than.
const ATTEMPTS: u32 = 12;
/// How often, and how long apart, it is looked whether the client has let go of a datastore that is being closed.
const CLOSING_LOOKS: u32 = 400;
const CLOSING_WAIT: Duration = Duration::from_millis(5);

/// A connection to the database. Clones share it.
#[derive(Clone)]
pub(super) struct Database {
    client: Surreal<Db>,
    datastore: Arc<Datastore>,
}

impl Database {
    /// Opens the database in a folder, which is made if it is not there. Every commit is synced to disk before it counts.
    pub(super) async fn open(folder: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        let failed = |reason: String| StoreError::Open {
            folder: folder.display().to_string(),
            reason,
        };
        std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
        let path = folder
            .to_str()
            .ok_or_else(|| failed("its name is not UTF-8".to_owned()))?;
        Self::start(&format!("rocksdb://{path}?sync=every"), settings)
            .await
            .map_err(|error| failed(format!("{error:#}")))
    }

    /// A database in memory, for tests.
    pub(super) async fn in_memory() -> Result<Self, StoreError> {
        Self::start("mem://", StoreSettings::default())
            .await
            .map_err(|error| StoreError::Open {
                folder: "memory".to_owned(),
                reason: format!("{error:#}"),
            })
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

    /// Closes the database once nothing else holds it: what is in memory goes to disk, so that the next start is quick.
    pub(super) async fn close(self) -> Result<(), StoreError> {
        let Self { client, datastore } = self;
        drop(client);
        datastore.shutdown().await.map_err(|error| StoreError::Open {
            folder: "the store".to_owned(),
            reason: format!("it did not close in order: {error:#}"),
        })?;
        // The client's task lets go of the datastore when it notices that the client is gone, and only then is the folder's
        // lock given back.
        for _ in 0..CLOSING_LOOKS {
            if Arc::strong_count(&datastore) == 1 {
                break;
            }
            tokio::time::sleep(CLOSING_WAIT).await;
        }
        Ok(())
    }

    /// Carries out statements, which may be a transaction, and makes it again when another was faster.
    pub(super) async fn run(&self, statements: &str, variables: Variables) -> Result<IndexedResults, StoreError> {
        let mut attempt = 1;
        loop {
            match self.run_once(statements, variables.clone()).await {
                Err(StoreError::Conflict) if attempt < ATTEMPTS => {
                    let longest = Duration::from_millis(1 << attempt.min(8));
                    let wait = longest.mul_f64(rand::rng().random());
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                done => return done,
            }
        }
    }

    async fn run_once(&self, statements: &str, variables: Variables) -> Result<IndexedResults, StoreError> {
        let mut results = self.client.query(statements).bind(variables).await?;
        match StoreError::of_transaction(results.take_errors().into_values()) {
            Some(error) => Err(error),
            None => Ok(results),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}
