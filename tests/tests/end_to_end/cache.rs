//! The cache of compiled code: used when it is whole, made anew when it is not, and never needed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::SystemTime;

use snowscrape_engine::plugin::{CodeCache, PluginRegistry};

use crate::support::{Ended, Folder, GUESTS, engine, snowscrape, source};

/// Loads a guest with its code kept in `folder`, and makes sure that it is the guest.
fn load(folder: &Path) {
    let cache = CodeCache::in_folder(folder).unwrap();
    let registry = PluginRegistry::load(&engine(), &cache, &[source(GUESTS[1])]).unwrap();
    assert!(registry.extractor("pointer").is_some());
}

/// The files of a folder, each with its content and when it was written.
fn files(folder: &Path) -> BTreeMap<String, (Vec<u8>, SystemTime)> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let written = entry.metadata().unwrap().modified().unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, (fs::read(entry.path()).unwrap(), written))
        })
        .collect()
}

/// What is done to the bytes of a file.
type Damage = fn(&[u8]) -> Vec<u8>;

#[test]
fn what_is_whole_is_used_and_what_is_damaged_is_made_anew() {
    let folder = Folder::new();
    let folder = folder.path();
    load(folder);
    let compiled = files(folder);
    let names: Vec<&String> = compiled.keys().collect();
    let [digest, code] = names[..] else {
        panic!("{names:?}");
    };
    assert_eq!(Path::new(digest).extension(), Some("blake3".as_ref()), "{names:?}");
    assert_eq!(Path::new(code).extension(), Some("cwasm".as_ref()), "{names:?}");

    load(folder);
    assert_eq!(files(folder), compiled, "the second load compiled again");

    let flip = |bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    };
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let nothing = |_: &[u8]| Vec::new();
    let damages: [(&str, Damage); 3] = [("a bit flipped", flip), ("cut off", half), ("emptied", nothing)];
    for file in [digest, code] {
        for (damage, damaged) in damages {
            fs::write(folder.join(file), damaged(&compiled[file].0)).unwrap();
            load(folder);
            let mended = files(folder);
            assert_eq!(mended[digest].0.len(), 64, "{file} {damage}");
            let hash = blake3_of(&mended[code].0);
            assert_eq!(mended[digest].0, hash.as_bytes(), "{file} {damage}");
            let before = files(folder);
            load(folder);
            assert_eq!(files(folder), before, "{file} {damage}: not used after it was mended");
        }
        fs::remove_file(folder.join(file)).unwrap();
        load(folder);
        assert_eq!(files(folder).len(), 2, "{file} removed");
    }
}

fn blake3_of(bytes: &[u8]) -> String {
    snowscrape_engine::plugin::ContentHash::of(bytes).to_string()
}

#[test]
fn the_folder_is_its_owners_alone() {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let folder = Folder::new();
    let made = folder.join("made");
    load(&made);
    assert_eq!(mode(&made), 0o700);

    // What others could have written to is closed before anything is put there.
    let open = folder.join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, fs::Permissions::from_mode(0o777)).unwrap();
    load(&open);
    assert_eq!(mode(&open), 0o700);
}

#[test]
fn without_a_folder_everything_works() {
    let folder = Folder::new();
    folder.write("page.html", "<p>a</p>");
    // A file stands where the folder should be, which stops even root.
    folder.write("cache", "");
    let page = folder.join("page.html");
    let ended = Ended::of(
        snowscrape(&["extract", "--type", "css", "--query", "p", page.to_str().unwrap()])
            .env("SNOWSCRAPE_CACHE", folder.join("cache")),
    )
    .expect(0, &["SNOWSCRAPE_CACHE", "cannot be used"]);
    assert_eq!(ended.json(), serde_json::json!(["a"]));
}
