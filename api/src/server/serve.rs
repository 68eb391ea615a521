//! The server from its start to its end.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use poem::Server;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use snowscrape_engine::fetch::proxy::ProxyPool;
use snowscrape_engine::fetch::{AddressGuard, FetchEnvironment, HostLimits, RobotsCache};
use snowscrape_engine::plugin::PluginRegistry;
use snowscrape_engine::queue::{Queue, QueueSettings, SharedSecrets, WorkerEnvironment};
use snowscrape_engine::render::Browsers;
use snowscrape_engine::store::{Store, StoreError, StoreSettings};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::endpoint::{endpoint, operations};
use super::impatient::Impatient;
use super::key_socket::KeySocket;
use super::settings::{Settings, TRIALS};
use crate::app::App;
use crate::connections::Connections;
use crate::document::{document, service, to_text};
use crate::exports::Exports;
use crate::metrics::Metrics;
use crate::secrets;
use crate::terminal::say;

/// What of the data folder is the store's.
const STORE_FOLDER: &str = "store";

/// Why the server did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; choose another by --listen")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The socket for keys cannot be made.
    #[error("cannot make the socket for `snowscrape keys`: {0}")]
    Socket(#[source] std::io::Error),
    /// Serving failed.
    #[error("serving failed: {0}")]
    Serve(#[source] std::io::Error),
}

/// Opens the store in a data folder, which is its owner's alone.
pub(crate) async fn open_store(folder: &Path, settings: StoreSettings) -> Result<Store, StoreError> {
    if let Err(error) = private_folder(folder) {
        return Err(StoreError::Open {
            folder: folder.display().to_string(),
            reason: error.to_string(),
        });
    }
    Store::open(&folder.join(STORE_FOLDER), settings).await
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))
}

/// Serves until it is told to stop, and stops in order: no more requests, no more pages, everything written down.
pub(crate) async fn serve(settings: Settings, folder: &Path, registry: Arc<PluginRegistry>) -> Result<(), ServeError> {
    let store = open_store(folder, settings.store).await?;
    let stopping = CancellationToken::new();
    // Proxies that are down are asked from time to time whether they are back, for as long as this lives.
    let _watched = settings.proxies.as_ref().map(ProxyPool::watch);
    let app = app(
        &settings,
        store.clone(),
        Arc::clone(&registry),
        settings.queue,
        stopping.clone(),
    )
    .await?;
    let keys = KeySocket::listen(folder, store.clone()).map_err(ServeError::Socket)?;
    if store.api_keys(None).await?.is_empty() {
        say(&format!(
            "there is no API key yet; make one: snowscrape keys create --user NAME --data {}",
            folder.display()
        ));
    }
    let listening = |source| ServeError::Listen {
        address: settings.listen,
        source,
    };
    let acceptor = TcpListener::bind(settings.listen)
        .into_acceptor()
        .await
        .map_err(listening)?;
    let acceptor = Impatient::new(acceptor, settings.stall, app.connections.clone());
    for address in acceptor.local_addr() {
        announce(&address.to_string());
    }
    let endpoint = endpoint(&app, &settings, &registry);
    let stop = {
        let stopping = stopping.clone();
        async move {
            stop_signal().await;
            tracing::info!("stopping: no more requests are taken");
            stopping.cancel();
        }
    };
    let served = Server::new_with_acceptor(acceptor)
        .run_with_graceful_shutdown(endpoint, stop, Some(settings.grace))
        .await;
    drop(keys);
    app.queue.shutdown().await;
    app.browsers.shutdown().await;
    drop(app);
    store.close().await?;
    served.map_err(ServeError::Serve)
}

/// The committed OpenAPI document, which needs components and no store of its own.
pub(crate) async fn specification(registry: Arc<PluginRegistry>) -> Result<String, StoreError> {
    let store = Store::in_memory().await?;
    let settings = Settings::default();
    let queue = QueueSettings::default();
    let app = app(&settings, store, Arc::clone(&registry), queue, CancellationToken::new()).await?;
    let document = document(&service(operations(&app, &Arc::new(Metrics::new()))), &registry);
    app.queue.shutdown().await;
    Ok(to_text(&document))
}

async fn app(
    settings: &Settings,
    store: Store,
    registry: Arc<PluginRegistry>,
    queue: QueueSettings,
    stopping: CancellationToken,
) -> Result<App, StoreError> {
    let guard: AddressGuard = settings.guard.clone();
    let fetch = FetchEnvironment {
        guard: Some(guard.clone()),
        hosts: HostLimits::new(settings.hosts),
        robots: Some(RobotsCache::default()),
        proxies: settings.proxies.clone(),
    };
    let browsers = Browsers::new(settings.browser.clone());
    let secrets: SharedSecrets = Arc::new(secrets::from_environment);
    let environment = WorkerEnvironment {
        registry: Arc::clone(&registry),
        secrets: Arc::clone(&secrets),
        fetch: fetch.clone(),
        browsers: browsers.clone(),
    };
    Ok(App {
        queue: Queue::start(store.clone(), environment, queue).await?,
        store,
        registry,
        guard,
        fetch,
        browsers,
        secrets,
        connections: Connections::default(),
        exports: Exports::new(settings.exports),
        stall: settings.stall,
        trials: Arc::new(Semaphore::new(TRIALS)),
        stopping,
    })
}

/// Ctrl-C, or what service managers send.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        // Without the one signal there is still the other.
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// Says where the server listens: on standard output, so that whoever started it with port 0 can read it.
fn announce(address: &str) {
    let address = address.strip_prefix("socket://").unwrap_or(address);
    let mut out = std::io::stdout().lock();
    // Without a standard output there is nobody to tell.
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
}
