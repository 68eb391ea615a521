//! A folder of files as a site, as web servers have it: `index.html` for a folder, and a redirect to a folder's slash.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use percent_encoding::percent_decode_str;

use crate::loopback::{Loopback, serve_http};

/// The site on 127.0.0.1, until this value is dropped.
#[derive(Debug)]
pub struct FileSite(Loopback);

impl FileSite {
    /// Serves a folder on a free port.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start(folder: &Path) -> Self {
        let folder: Arc<Path> = folder.into();
        let server = Loopback::start(0, move |stream| {
            let folder = Arc::clone(&folder);
            serve_http(stream, move |request| {
                std::future::ready(answer(&folder, request.uri().path()))
            })
        });
        Self(server.expect("loopback has a free port"))
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.0.base_url()
    }
}

/// The documentation that comes with the Rust toolchain: tens of thousands of pages on any machine that builds this.
///
/// # Errors
/// Why it is not there.
pub fn rust_documentation() -> Result<PathBuf, String> {
    let output = Command::new("rustc")
        .args(["--print", "sysroot"])
        .output()
        .map_err(|error| format!("rustc does not run: {error}"))?;
    let folder = Path::new(String::from_utf8_lossy(&output.stdout).trim()).join("share/doc/rust/html");
    if folder.join("std/index.html").is_file() {
        Ok(folder)
    } else {
        Err(format!(
            "{} is not there: install the toolchain's documentation (rustup component add rust-docs)",
            folder.display()
        ))
    }
}

fn answer(folder: &Path, path: &str) -> Response<Full<Bytes>> {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let asked = folder.join(decoded.trim_start_matches('/'));
    if asked.is_dir() && !path.ends_with('/') {
        return Response::builder()
            .status(301)
            .header("location", format!("{path}/"))
            .body(Full::default())
            .expect("the head is right");
    }
    let file = if path.ends_with('/') {
        asked.join("index.html")
    } else {
        asked
    };
    // A path with `..` in it leads nowhere: clients resolve those before they ask.
    let found = (!decoded.contains("..")).then(|| std::fs::read(&file).ok()).flatten();
    let (status, media_type) = match &found {
        Some(_) => (200, media_type(&file)),
        None => (404, "text/html; charset=utf-8"),
    };
    Response::builder()
        .status(status)
        .header("content-type", media_type)
        .body(Full::new(Bytes::from(found.unwrap_or_default())))
        .expect("the head is right")
}

fn media_type(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html" | "htm") => "text/html; charset=utf-8",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
