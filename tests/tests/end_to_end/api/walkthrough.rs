//! The README's first run with `curl`, as it stands there but for the shop and the port.

use std::fs;
use std::process::{Command, Stdio};

use snowscrape_tests::site::DemoSite;

use crate::support::{free_port, snowscrape};

#[test]
fn the_readme_is_right() {
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap();
    let (_, block) = readme
        .split_once("```sh walk-through\n")
        .expect("the README has a walk-through");
    let (script, _) = block.split_once("\n```").unwrap();
    let site = DemoSite::start();
    let folder = tempfile::tempdir().unwrap();
    let port = free_port();
    let script = script
        .replace("https://shop.example", &site.base_url())
        .replace("127.0.0.1:3000", &format!("127.0.0.1:{port}"))
        .replace(
            "snowscrape serve",
            &format!("snowscrape serve --listen 127.0.0.1:{port}"),
        );
    // Whatever happens, the server ends with the script.
    let script = format!("set -eu\ntrap 'kill $!' EXIT\n{script}\n");
    let program = snowscrape(&[]).get_program().to_owned();
    let path = std::path::Path::new(&program).parent().unwrap().to_owned();
    let searched = std::env::var_os("PATH").unwrap_or_default();
    let searched = std::env::join_paths(std::iter::once(path).chain(std::env::split_paths(&searched))).unwrap();
    let output = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", searched)
        .env("SNOWSCRAPE_CACHE", crate::support::shared_cache())
        .env("SNOWSCRAPE_ALLOW_ADDRESSES", "127.0.0.0/8")
        .env("SNOWSCRAPE_ALLOW_PORTS", "1-65535")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (stdout, stderr) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{stdout}\n{stderr}");
    assert!(stdout.contains("\"count\":3,\"total\":100"), "{stdout}");
    let events = fs::read_to_string(folder.path().join("events.txt")).unwrap();
    assert!(
        events.contains("event: status") && events.contains("\"status\":\"success\""),
        "{events}"
    );
    let csv = fs::read_to_string(folder.path().join("prices.csv")).unwrap();
    assert!(csv.starts_with("title,price\r\n"), "{csv}");
}
