//! How much memory the embedded database may take.

/// The bounds of the embedded database. Its own defaults grow with the machine's memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// The cache of blocks read from disk, in bytes.
    pub block_cache_bytes: u64,
    /// One buffer of writes that are not in a table on disk yet, in bytes.
    pub write_buffer_bytes: u64,
    /// How many such buffers there may be: one that is written to, the others on their way to disk.
    pub write_buffers: u32,
    /// How large a table on disk grows, in bytes.
    pub table_bytes: u64,
}

impl Default for StoreSettings {
    fn default() -> Self {
        Self {
            block_cache_bytes: 64 << 20,
            write_buffer_bytes: 16 << 20,
            write_buffers: 2,
            table_bytes: 16 << 20,
        }
    }
}

impl StoreSettings {
    /// The database's names for them. A name that it does not know would only be logged, so a test reads back what took.
    pub(super) fn pairs(self) -> [(&'static str, String); 5] {
        [
            ("rocksdb_block_cache_size", self.block_cache_bytes.to_string()),
            ("rocksdb_write_buffer_size", self.write_buffer_bytes.to_string()),
            ("rocksdb_max_write_buffer_number", self.write_buffers.to_string()),
            ("rocksdb_target_file_size_base", self.table_bytes.to_string()),
            // The engine writes its options into its log in the folder, and what it flushes and compacts: a few lines each.
            ("rocksdb_storage_log_level", "info".to_owned()),
        ]
    }
}
