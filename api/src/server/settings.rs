//! The server's settings: from flags, else from the environment, else from a file, else their defaults.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use ipnet::IpNet;
use serde::{Deserialize, Deserializer};
use snowscrape_engine::fetch::proxy::{
    HealthSettings, PoolError, ProxyPool, ProxyServer, ProxySettings, ProxySettingsError,
};
use snowscrape_engine::fetch::{AddressGuard, HostSettings, PortRange};
use snowscrape_engine::queue::QueueSettings;
use snowscrape_engine::render::BrowserSettings;
use snowscrape_engine::store::StoreSettings;

use crate::components::AtOnce;

/// How many queries are tried out at once: each holds a page in memory.
pub(super) const TRIALS: usize = 4;

/// The command that runs the browser, hidden as it is from people.
pub(crate) const SUPERVISE: &str = "supervise-browser";

/// Settings as they are given, each of them or none.
#[derive(Clone, Debug, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Given {
    /// Where to listen [default: 127.0.0.1:3000]; port 0 lets the system choose
    #[arg(long, value_name = "ADDR:PORT", env = "SNOWSCRAPE_LISTEN")]
    listen: Option<SocketAddr>,
    /// Requests a minute for each API key, and wrong keys a minute for each address [default: 60]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_RATE_LIMIT")]
    rate_limit: Option<NonZeroU32>,
    /// The largest body of a request, in bytes [default: 1048576]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_MAX_BODY_BYTES")]
    max_body_bytes: Option<usize>,
    /// Origins whose pages may call the API, separated by commas; `*` for all [default: none]
    #[arg(long, value_name = "ORIGINS", env = "SNOWSCRAPE_CORS_ORIGINS", value_delimiter = ',')]
    #[serde(deserialize_with = "some_list")]
    cors_origins: Option<Vec<String>>,
    /// Networks to fetch from beside the public internet, in CIDR notation, separated by commas [default: none]
    #[arg(
        long,
        value_name = "CIDRS",
        env = "SNOWSCRAPE_ALLOW_ADDRESSES",
        value_delimiter = ','
    )]
    #[serde(deserialize_with = "some_list")]
    allow_addresses: Option<Vec<IpNet>>,
    /// Ports to fetch from beside 80, 443 and 8000-8999, such as 3000,5000-5999 [default: none]
    #[arg(long, value_name = "RANGES", env = "SNOWSCRAPE_ALLOW_PORTS", value_delimiter = ',')]
    #[serde(deserialize_with = "some_list")]
    allow_ports: Option<Vec<PortRange>>,
    /// Requests in flight to one host at once, of all runs together [default: 16]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_HOST_CONCURRENCY")]
    host_concurrency: Option<NonZeroU32>,
    /// Proxies for jobs that want one: an array of tables in the file alone, since their URLs may hold credentials.
    #[arg(skip)]
    proxies: Option<Vec<ProxySettings>>,
    /// The browser that renders pages [default: `chromium` or one of its kin on the path]
    #[arg(long, value_name = "FILE", env = "SNOWSCRAPE_BROWSER_EXECUTABLE")]
    browser_executable: Option<PathBuf>,
    /// The user that the browser runs as where the server is root [default: nobody]
    #[arg(long, value_name = "NAME", env = "SNOWSCRAPE_BROWSER_USER")]
    browser_user: Option<String>,
    /// Whether the browser's sandbox is on; off, a page that breaks into the browser has its user's rights [default: true]
    #[arg(long, value_name = "BOOL", env = "SNOWSCRAPE_BROWSER_SANDBOX")]
    browser_sandbox: Option<bool>,
    /// Runs that render at once [default: 4]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_BROWSER_CONTEXTS")]
    browser_contexts: Option<NonZeroU32>,
    /// After how many pages the browser is started anew [default: 1000]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_BROWSER_PAGES")]
    browser_pages: Option<NonZeroU32>,
    /// The memory of all of the browser's processes above which it is started anew, in bytes [default: 2147483648]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_BROWSER_MEMORY_BYTES")]
    browser_memory_bytes: Option<u64>,
    /// Runs that go at once [default: 4]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_RUNS")]
    runs: Option<NonZeroU32>,
    /// Runs of one user that go at once [default: 2]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_RUNS_PER_USER")]
    runs_per_user: Option<NonZeroU32>,
    /// What the rows of one user may take in the store, in bytes [default: no cap]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_USER_BYTES")]
    user_bytes: Option<u64>,
    /// Files that are written at once for downloads, half of them for one user [default: 8]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_EXPORTS")]
    exports: Option<NonZeroU32>,
    /// How long a client that takes nothing of its answer keeps its connection, in seconds [default: 60]
    #[arg(long, value_name = "SECONDS", env = "SNOWSCRAPE_STALL_SECONDS")]
    stall_seconds: Option<NonZeroU32>,
    /// Whether `/metrics` can be read without a key [default: false]
    #[arg(long, value_name = "BOOL", env = "SNOWSCRAPE_OPEN_METRICS")]
    open_metrics: Option<bool>,
    /// How long pages that are in flight have to come to their end when the server stops, in seconds [default: 5]
    #[arg(long, value_name = "SECONDS", env = "SNOWSCRAPE_GRACE_SECONDS")]
    grace_seconds: Option<u64>,
    /// How long a run is held without a sign of life before another worker takes it up, in seconds [default: 30]
    #[arg(long, value_name = "SECONDS", env = "SNOWSCRAPE_LEASE_SECONDS")]
    lease_seconds: Option<NonZeroU32>,
    /// The store's cache of what it read, in bytes [default: 67108864]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_STORE_BLOCK_CACHE_BYTES")]
    store_block_cache_bytes: Option<u64>,
    /// One buffer of the store for what is not in a table yet, in bytes [default: 16777216]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_STORE_WRITE_BUFFER_BYTES")]
    store_write_buffer_bytes: Option<u64>,
    /// How many such buffers there may be [default: 2]
    #[arg(long, value_name = "COUNT", env = "SNOWSCRAPE_STORE_WRITE_BUFFERS")]
    store_write_buffers: Option<u32>,
    /// How large a table of the store grows, in bytes [default: 16777216]
    #[arg(long, value_name = "BYTES", env = "SNOWSCRAPE_STORE_TABLE_BYTES")]
    store_table_bytes: Option<u64>,
}

/// Where everything is kept, and the settings with it.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataFolder {
    /// The folder of the store [default: `snowscrape` in the user's folder for data]
    #[arg(long = "data", value_name = "DIR", env = "SNOWSCRAPE_DATA")]
    folder: Option<PathBuf>,
}

/// The server's settings.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) listen: SocketAddr,
    pub(crate) rate_limit: NonZeroU32,
    pub(crate) max_body_bytes: usize,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) guard: AddressGuard,
    pub(crate) hosts: HostSettings,
    pub(crate) proxies: Option<ProxyPool>,
    pub(crate) browser: BrowserSettings,
    pub(crate) exports: usize,
    pub(crate) stall: Duration,
    pub(crate) open_metrics: bool,
    pub(crate) grace: Duration,
    pub(crate) queue: QueueSettings,
    pub(crate) store: StoreSettings,
}

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// The file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The file says something wrong.
    #[error("{}: {}", path.display(), message.trim_end())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What, with its line and column.
        message: String,
    },
    /// A proxy that cannot be used.
    #[error("proxies[{place}]: {source}")]
    Proxy {
        /// Its place among them, from 0.
        place: usize,
        /// What is wrong with it.
        #[source]
        source: ProxySettingsError,
    },
    /// Proxies that cannot be used together.
    #[error("proxies: {0}")]
    Proxies(PoolError),
    /// There is nowhere to keep anything.
    #[error("there is no folder for data on this platform; name one by --data or SNOWSCRAPE_DATA")]
    NoFolder,
}

impl DataFolder {
    /// The folder.
    pub(crate) fn find(&self) -> Result<PathBuf, SettingsError> {
        self.folder
            .clone()
            .or_else(|| dirs::data_dir().map(|folder| folder.join("snowscrape")))
            .ok_or(SettingsError::NoFolder)
    }
}

/// What a run without a server takes of a file of settings, if one is named.
pub(crate) fn read_for_run(
    file: Option<&Path>,
    guard: Option<AddressGuard>,
) -> Result<(Option<ProxyPool>, BrowserSettings), SettingsError> {
    let given = match file {
        Some(file) => Given::read(file)?.ok_or_else(|| SettingsError::Read {
            path: file.to_owned(),
            source: io::ErrorKind::NotFound.into(),
        })?,
        None => Given::default(),
    };
    let browser = given.browser();
    Ok((proxy_pool(given.proxies.unwrap_or_default(), guard)?, browser))
}

/// This program, as what starts the browser and ends it.
fn supervisor() -> Vec<OsString> {
    let program = std::env::current_exe().map_or_else(|_| OsString::from("snowscrape"), PathBuf::into_os_string);
    vec![program, SUPERVISE.into()]
}

fn proxy_pool(proxies: Vec<ProxySettings>, guard: Option<AddressGuard>) -> Result<Option<ProxyPool>, SettingsError> {
    let servers = proxies
        .into_iter()
        .enumerate()
        .map(|(place, proxy)| ProxyServer::try_from(proxy).map_err(|source| SettingsError::Proxy { place, source }));
    let servers = servers.collect::<Result<Vec<_>, _>>()?;
    if servers.is_empty() {
        return Ok(None);
    }
    ProxyPool::new(servers, guard, HealthSettings::default())
        .map(Some)
        .map_err(SettingsError::Proxies)
}

impl Default for Settings {
    fn default() -> Self {
        Given::default().with_defaults()
    }
}

impl Settings {
    /// What the server does at once that takes instances of components.
    pub(crate) fn at_once(&self) -> AtOnce {
        AtOnce {
            runs: self.queue.runs,
            trials: TRIALS,
            exports: self.exports,
        }
    }

    /// Fills in what is not given: from the file, if it is there, and else by the defaults. A file that is named must be there.
    pub(crate) fn complete(given: Given, folder: &Path, file: Option<&Path>) -> Result<Self, SettingsError> {
        let from_file = match file {
            Some(file) => Given::read(file)?.ok_or_else(|| SettingsError::Read {
                path: file.to_owned(),
                source: io::ErrorKind::NotFound.into(),
            })?,
            None => Given::read(&folder.join("snowscrape.toml"))?.unwrap_or_default(),
        };
        let mut given = given.or(from_file);
        let proxies = given.proxies.take().unwrap_or_default();
        let settings = given.with_defaults();
        let guard = settings.guard.clone();
        Ok(Self {
            proxies: proxy_pool(proxies, Some(guard))?,
            ..settings
        })
    }
}

impl Given {
    fn read(path: &Path) -> Result<Option<Self>, SettingsError> {
        let text = match fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text.map_err(|source| SettingsError::Read {
                path: path.to_owned(),
                source,
            })?,
        };
        toml::from_str(&text).map(Some).map_err(|error| SettingsError::Wrong {
            path: path.to_owned(),
            message: told(&text, &error),
        })
    }

    fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            rate_limit: self.rate_limit.or(other.rate_limit),
            max_body_bytes: self.max_body_bytes.or(other.max_body_bytes),
            cors_origins: self.cors_origins.or(other.cors_origins),
            allow_addresses: self.allow_addresses.or(other.allow_addresses),
            allow_ports: self.allow_ports.or(other.allow_ports),
            host_concurrency: self.host_concurrency.or(other.host_concurrency),
            proxies: self.proxies.or(other.proxies),
            browser_executable: self.browser_executable.or(other.browser_executable),
            browser_user: self.browser_user.or(other.browser_user),
            browser_sandbox: self.browser_sandbox.or(other.browser_sandbox),
            browser_contexts: self.browser_contexts.or(other.browser_contexts),
            browser_pages: self.browser_pages.or(other.browser_pages),
            browser_memory_bytes: self.browser_memory_bytes.or(other.browser_memory_bytes),
            runs: self.runs.or(other.runs),
            runs_per_user: self.runs_per_user.or(other.runs_per_user),
            user_bytes: self.user_bytes.or(other.user_bytes),
            exports: self.exports.or(other.exports),
            stall_seconds: self.stall_seconds.or(other.stall_seconds),
            open_metrics: self.open_metrics.or(other.open_metrics),
            grace_seconds: self.grace_seconds.or(other.grace_seconds),
            lease_seconds: self.lease_seconds.or(other.lease_seconds),
            store_block_cache_bytes: self.store_block_cache_bytes.or(other.store_block_cache_bytes),
            store_write_buffer_bytes: self.store_write_buffer_bytes.or(other.store_write_buffer_bytes),
            store_write_buffers: self.store_write_buffers.or(other.store_write_buffers),
            store_table_bytes: self.store_table_bytes.or(other.store_table_bytes),
        }
    }

    fn browser(&self) -> BrowserSettings {
        let default = BrowserSettings::new(supervisor());
        BrowserSettings {
            executable: self.browser_executable.clone(),
            user: self.browser_user.clone().unwrap_or(default.user),
            sandbox: self.browser_sandbox.unwrap_or(default.sandbox),
            contexts: self
                .browser_contexts
                .map_or(default.contexts, |contexts| contexts.get() as usize),
            pages_before_restart: self
                .browser_pages
                .map_or(default.pages_before_restart, |pages| pages.get().into()),
            max_memory_bytes: self.browser_memory_bytes.unwrap_or(default.max_memory_bytes),
            supervisor: default.supervisor,
        }
    }

    fn with_defaults(self) -> Settings {
        let store = StoreSettings::default();
        let queue = QueueSettings::default();
        let hosts = HostSettings::default();
        let browser = self.browser();
        let count = |count: Option<NonZeroU32>, default: usize| count.map_or(default, |count| count.get() as usize);
        let grace = self.grace_seconds.map_or(queue.grace, Duration::from_secs);
        let ports = self.allow_ports.unwrap_or_default();
        Settings {
            listen: self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000))),
            rate_limit: self.rate_limit.unwrap_or(const { NonZeroU32::new(60).unwrap() }),
            max_body_bytes: self.max_body_bytes.unwrap_or(1 << 20),
            cors_origins: self.cors_origins.unwrap_or_default(),
            guard: AddressGuard::default().allowing(self.allow_addresses.unwrap_or_default(), ports),
            hosts: HostSettings {
                in_flight: self.host_concurrency.unwrap_or(hosts.in_flight),
                ..hosts
            },
            proxies: None,
            browser,
            exports: count(self.exports, 8),
            stall: Duration::from_secs(self.stall_seconds.map_or(60, |seconds| seconds.get().into())),
            open_metrics: self.open_metrics.unwrap_or(false),
            grace,
            queue: QueueSettings {
                runs: count(self.runs, queue.runs),
                runs_per_user: count(self.runs_per_user, queue.runs_per_user),
                user_bytes: self.user_bytes,
                lease: self
                    .lease_seconds
                    .map_or(queue.lease, |seconds| Duration::from_secs(seconds.get().into())),
                grace,
            },
            store: StoreSettings {
                block_cache_bytes: self.store_block_cache_bytes.unwrap_or(store.block_cache_bytes),
                write_buffer_bytes: self.store_write_buffer_bytes.unwrap_or(store.write_buffer_bytes),
                write_buffers: self.store_write_buffers.unwrap_or(store.write_buffers),
                table_bytes: self.store_table_bytes.unwrap_or(store.table_bytes),
            },
        }
    }
}

/// What is wrong with a file of settings, without the line itself: it may hold the URL of a proxy with its password, under
/// whatever name. The parser's words quote a value that is read as something else, and are left out for proxies.
fn told(text: &str, error: &toml::de::Error) -> String {
    let at = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let table = before.rfind("\n[").map_or(before, |header| &before[header..]);
    let this_line = text.lines().nth(line - 1).unwrap_or_default();
    if table.contains("proxies") || this_line.contains("proxies") {
        format!(
            "line {line}: a proxy is described by [[proxies]] with url, country and weight, each at most once, and all else is an error"
        )
    } else {
        // What is before the sign may be part of a value that is no TOML.
        let is_key = |text: &&str| {
            text.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
        };
        let key = this_line.split_once('=').map(|(key, _)| key.trim()).filter(is_key);
        let key = key.map(|key| format!("{key}: ")).unwrap_or_default();
        format!("line {line}: {key}{}", error.message())
    }
}

/// A list of the file: each of its texts is read as the flag's would be.
fn some_list<'de, D: Deserializer<'de>, T: FromStr<Err: std::fmt::Display>>(
    deserializer: D,
) -> Result<Option<Vec<T>>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    let values = texts.iter().map(|text| {
        text.parse()
            .map_err(|error| serde::de::Error::custom(format!("`{text}`: {error}")))
    });
    values.collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Given, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("snowscrape.toml");
        fs::write(&file, text).unwrap();
        let given = Given::read(&file).map_err(|error| error.to_string())?;
        Ok(given.unwrap())
    }

    #[test]
    fn what_is_given_first_counts() {
        let file = read(
            "listen = \"127.0.0.1:8080\"\nrate_limit = 600\nallow_addresses = [\"10.0.0.0/8\"]\nallow_ports = \
             [\"5000-5999\"]\n",
        )
        .unwrap();
        let flags = Given {
            rate_limit: NonZeroU32::new(6),
            ..Given::default()
        };
        let settings = flags.or(file).with_defaults();
        assert_eq!(settings.rate_limit.get(), 6);
        assert_eq!(settings.listen.port(), 8080);
        assert_eq!(settings.max_body_bytes, 1 << 20);
        assert!(
            settings
                .guard
                .check_url(&"http://10.1.2.3:5001/".parse().unwrap())
                .is_ok()
        );
        assert!(
            settings
                .guard
                .check_url(&"http://11.1.2.3:6001/".parse().unwrap())
                .is_err()
        );
    }

    #[test]
    fn what_is_wrong_in_the_file_is_named() {
        let check = |text: &str, words: &[&str]| {
            let error = read(text).unwrap_err();
            for word in words {
                assert!(error.contains(word), "{error}");
            }
        };
        check("rate_limit = 0", &["snowscrape.toml", "line 1", "rate_limit"]);
        check("\nrate = 5", &["line 2", "unknown field `rate`"]);
        check("listen = \"here\"", &["listen"]);
        check("allow_addresses = [\"10.0.0.0/33\"]", &["10.0.0.0/33"]);
        check("allow_ports = [\"9-1\"]", &["9-1"]);
        check("= 5", &["line 1"]);
    }

    #[test]
    fn a_proxys_password_is_not_shown_however_its_table_is_spelled() {
        for text in [
            "proxy = [{ url = \"http://user:hush@h:3128\" }]",
            "[[proxy]]\nurl = \"http://user:hush@h:3128\"",
            "[[proxies]]\nuri = \"http://user:hush@h:3128\"",
            "proxies = \"http://user:hush@h:3128\"",
            "listen = \"127.0.0.1:80\"\nproxies = [{ url = 5, uri = \"http://user:hush@h:3128\" }]",
            "[[proxies]]\nurl = \"http://user:hush@h:3128",
            "[[proxy]]\nurl: \"http://user:hush=x@h:3128\"",
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains("line") && !error.contains("hush"), "{text}: {error}");
        }
    }

    #[test]
    fn a_file_that_is_named_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("other.toml");
        assert!(Settings::complete(Given::default(), folder.path(), None).is_ok());
        let error = Settings::complete(Given::default(), folder.path(), Some(&missing)).unwrap_err();
        assert!(error.to_string().contains("other.toml cannot be read"), "{error}");
    }
}
