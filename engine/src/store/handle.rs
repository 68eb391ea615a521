//! The store itself: opened, brought up to date, closed.

use std::path::Path;

use super::database::Database;
use super::error::StoreError;
use super::migrations::migrate;
use super::settings::StoreSettings;

/// Everything that the server keeps. Clones share it.
#[derive(Clone, Debug)]
pub struct Store {
    pub(super) database: Database,
}

impl Store {
    /// Opens the store in a folder of its own, and brings its schema up to date.
    ///
    /// # Errors
    /// A folder that cannot be used, such as one that another process has open, or a store of a newer version.
    pub async fn open(folder: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        Self::with(Database::open(folder, settings).await?).await
    }

    /// A store in memory, which is gone with the process.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::with(Database::in_memory().await?).await
    }

    async fn with(database: Database) -> Result<Self, StoreError> {
        migrate(&database).await?;
        Ok(Self { database })
    }

    /// Closes the store in order. What was committed is on disk without that, too.
    pub async fn close(self) -> Result<(), StoreError> {
        self.database.close().await
    }
}
