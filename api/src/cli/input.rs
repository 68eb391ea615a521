//! Where a page or a definition is read from.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use bytes::Bytes;
use snowscrape_engine::fetch::{AddressGuard, Client, FetchEnvironment, FetchSettings, decode};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::failure::Failure;

/// The largest file that is read as a page: as much as a fetched one may have unless its job says otherwise.
const MAX_BYTES: u64 = 256 << 20;

/// A page to try a query on.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) media_type: String,
    pub(crate) status: u16,
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

impl Page {
    /// Reads a file, a URL or standard input. A guard judges what the URL reaches.
    pub(crate) fn read(from: &str, guard: Option<AddressGuard>) -> Result<Self, Failure> {
        if from.starts_with("http://") || from.starts_with("https://") {
            return fetch(from, guard);
        }
        let bytes = if from == "-" {
            read(io::stdin().lock())
                .map_err(|error| Failure::input(format!("standard input cannot be read: {error}")))?
        } else {
            fs::File::open(from)
                .and_then(read)
                .map_err(|error| Failure::input(format!("{from} cannot be read: {error}; give a file, a URL or `-`")))?
        };
        let text = decode(&bytes, None, true).text.into_owned();
        Ok(Self {
            url: local_url(),
            media_type: "text/html".to_owned(),
            status: 200,
            text,
            bytes: bytes.into(),
        })
    }
}

/// The URL of what has none.
pub(crate) fn local_url() -> Url {
    Url::parse("about:blank").expect("about:blank is a URL")
}

/// Reads the text of a file or of standard input.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin().lock())
    } else {
        fs::read_to_string(path)
    };
    text.map_err(|error| Failure::input(format!("{} cannot be read: {error}", path.display())))
}

fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it is larger than {MAX_BYTES} bytes"),
        ));
    }
    Ok(bytes)
}

fn fetch(from: &str, guard: Option<AddressGuard>) -> Result<Page, Failure> {
    let url = Url::parse(from).map_err(|error| Failure::input(format!("{from} is no URL: {error}")))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::work(&error))?;
    let environment = FetchEnvironment {
        guard,
        ..FetchEnvironment::default()
    };
    let client = Client::new(&FetchSettings::default(), environment).map_err(|error| Failure::work(&error))?;
    let page = runtime
        .block_on(client.fetch(&url, &CancellationToken::new()))
        .map_err(|error| Failure::work(&error))?;
    let text = page.text().text.into_owned();
    Ok(Page {
        url: page.url,
        media_type: page.media_type,
        status: page.status,
        text,
        bytes: page.body,
    })
}
