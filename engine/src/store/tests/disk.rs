//! The store on disk: there after it was closed, and within its bounds.

use super::*;

#[tokio::test]
async fn a_store_on_disk_is_there_after_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let (ann, id) = (UserId::new("ann"), JobId::generate());
    let store = Store::open(folder.path(), StoreSettings::default()).await.unwrap();
    let created = store
        .create_job(&ann, &id, &definition("Prices"), None, at(5))
        .await
        .unwrap();
    store.close().await.unwrap();
    let store = Store::open(folder.path(), StoreSettings::default()).await.unwrap();
    assert_eq!(store.job(&ann, &id).await.unwrap(), created);
    store.close().await.unwrap();
}

/// The database only logs a name that it does not know: what it wrote down of its options tells what took.
#[tokio::test]
async fn the_bounds_took() {
    let folder = tempfile::tempdir().unwrap();
    let settings = StoreSettings {
        block_cache_bytes: 9 << 20,
        write_buffer_bytes: 5 << 20,
        write_buffers: 3,
        table_bytes: 7 << 20,
    };
    let store = Store::open(folder.path(), settings).await.unwrap();
    store.close().await.unwrap();
    let read = |prefix: &str| -> String {
        let files = std::fs::read_dir(folder.path()).unwrap().flatten();
        let named = files.filter(|file| file.file_name().to_string_lossy().starts_with(prefix));
        named
            .map(|file| std::fs::read_to_string(file.path()).unwrap())
            .collect()
    };
    let options = read("OPTIONS-");
    for option in [
        "\n  write_buffer_size=5242880\n",
        "\n  max_write_buffer_number=3\n",
        "\n  target_file_size_base=7340032\n",
    ] {
        assert!(options.contains(option), "{option}: {options}");
    }
    let log = read("LOG");
    assert!(log.contains("capacity : 9437184"), "{log}");
}

#[tokio::test]
async fn a_folder_that_is_none_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = Store::open(file.path(), StoreSettings::default()).await.unwrap_err();
    let name = file.path().display().to_string();
    assert!(
        matches!(&error, StoreError::Open { folder, .. } if *folder == name),
        "{error}"
    );
}
