//! Keys while the server runs: it has the store to itself, so `snowscrape keys` asks it, through a socket in the data
//! folder that only the folder's owner can open. One line of JSON each way.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use snowscrape_engine::model::UserId;
use snowscrape_engine::store::{Store, StoreError};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::JoinHandle;

use crate::auth::ApiKey;

const FILE: &str = "keys.sock";
/// The longest request, in bytes.
const LONGEST: u64 = 4_096;
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked of the keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyRequest {
    /// A new key of a user's.
    Create {
        /// The user.
        user: String,
    },
    /// All keys, or those of a user.
    List {
        /// The user.
        user: Option<String>,
    },
    /// A key taken away.
    Revoke {
        /// Its visible prefix.
        id: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyAnswer {
    /// The new key: this once.
    Created(String),
    /// The keys.
    Listed(Vec<ListedKey>),
    /// It is gone.
    Revoked,
    /// There is none of this prefix.
    Unknown,
    /// It did not work.
    Failed(String),
}

/// A key as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ListedKey {
    /// Its visible prefix.
    pub(crate) id: String,
    /// Whose it is.
    pub(crate) user: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it was last used.
    pub(crate) last_used_at: Option<Timestamp>,
}

impl KeyRequest {
    /// Does what is asked, in a store that is open.
    pub(crate) async fn carry_out(self, store: &Store) -> KeyAnswer {
        self.try_carry_out(store)
            .await
            .unwrap_or_else(|error| KeyAnswer::Failed(error.to_string()))
    }

    async fn try_carry_out(self, store: &Store) -> Result<KeyAnswer, StoreError> {
        match self {
            Self::Create { user } => {
                let key = match ApiKey::generate() {
                    Ok(key) => key,
                    Err(error) => return Ok(KeyAnswer::Failed(format!("the system has no randomness: {error}"))),
                };
                let hash = *key.hash().as_bytes();
                store
                    .create_api_key(key.id().as_str(), &UserId::new(user), hash, Timestamp::now())
                    .await?;
                Ok(KeyAnswer::Created(key.reveal().to_owned()))
            }
            Self::List { user } => {
                let keys = store.api_keys(user.map(UserId::new).as_ref()).await?;
                let keys = keys.into_iter().map(|key| ListedKey {
                    id: key.id,
                    user: key.user.to_string(),
                    created_at: key.created_at,
                    last_used_at: key.last_used_at,
                });
                Ok(KeyAnswer::Listed(keys.collect()))
            }
            Self::Revoke { id } => match store.revoke_api_key(&id).await {
                Err(StoreError::NotFound(_)) => Ok(KeyAnswer::Unknown),
                revoked => revoked.map(|()| KeyAnswer::Revoked),
            },
        }
    }
}

/// Asks the server that has the folder's store open; `None` where there is none.
pub(crate) fn ask(folder: &Path, request: &KeyRequest) -> io::Result<Option<KeyAnswer>> {
    let mut stream = match std::os::unix::net::UnixStream::connect(folder.join(FILE)) {
        // A socket that nobody listens on is left over from a server that was killed.
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        stream => stream?,
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    Ok(Some(serde_json::from_str(&answer)?))
}

/// The server's end; dropping it takes the socket away.
#[derive(Debug)]
pub(super) struct KeySocket {
    path: PathBuf,
    task: JoinHandle<()>,
}

impl KeySocket {
    pub(super) fn listen(folder: &Path, store: Store) -> io::Result<Self> {
        let path = folder.join(FILE);
        // The store's lock says that no other server is alive here.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // The folder is its owner's alone, so nobody else gets to the socket before it is, too.
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((stream, _)) => {
                        tokio::spawn(answer(stream, store.clone()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "the socket for keys failed");
                        tokio::time::sleep(Duration::from_secs(1)).await;
                    }
                }
            }
        });
        Ok(Self { path, task })
    }
}

impl Drop for KeySocket {
    fn drop(&mut self) {
        self.task.abort();
        // It is in nobody's way at the next start, either.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, store: Store) {
    let (read, mut write) = stream.into_split();
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(read.take(LONGEST));
    let answer = match tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await {
        Ok(Ok(_)) => match serde_json::from_str::<KeyRequest>(&line) {
            Ok(request) => request.carry_out(&store).await,
            Err(error) => KeyAnswer::Failed(format!("the request was not understood: {error}")),
        },
        _ => return,
    };
    let mut bytes = serde_json::to_vec(&answer).expect("an answer is JSON");
    bytes.push(b'\n');
    if let Err(error) = write.write_all(&bytes).await {
        tracing::debug!(%error, "whoever asked about keys is gone");
    }
}
