//! `snowscrape serve` as a process, and a client for it: what the demo and the benchmarks of the server share.

use std::error::Error;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Method, Response};
use serde_json::Value;

/// What went wrong, in words.
pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The server, which ends when this is dropped.
#[derive(Debug)]
pub struct Serving {
    child: Child,
    base_url: String,
    snowscrape: PathBuf,
    data: PathBuf,
}

impl Serving {
    /// Starts it on a free port, allowed to fetch from loopback, and waits until it listens.
    pub fn start(snowscrape: &Path, data: &Path) -> Result<Self> {
        let mut child = Command::new(snowscrape)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(["--allow-addresses", "127.0.0.0/8", "--allow-ports", "1-65535"])
            .args(["--rate-limit", "1000000"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let output = child.stdout.take().ok_or("the server's output is not piped")?;
        let mut serving = Self {
            child,
            base_url: String::new(),
            snowscrape: snowscrape.to_owned(),
            data: data.to_owned(),
        };
        for line in BufReader::new(output).lines() {
            if let Some(url) = line?.strip_prefix("listening on ") {
                url.clone_into(&mut serving.base_url);
                return Ok(serving);
            }
        }
        Err("the server ended before it listened".into())
    }

    /// Where it listens.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The id of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// A client with a new key of a user's.
    pub fn client(&self, user: &str) -> Result<Api> {
        // The program that links several providers of cryptography has to say which one it means; a second one is in nobody's
        // way.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut command = Command::new(&self.snowscrape);
        command
            .args(["keys", "create", "--user", user, "--data"])
            .arg(&self.data);
        let output = command.stderr(Stdio::null()).output()?;
        if !output.status.success() {
            return Err(format!("no key could be made at {}", self.base_url).into());
        }
        Ok(Api {
            http: Client::builder().no_proxy().build()?,
            base_url: self.base_url.clone(),
            key: String::from_utf8(output.stdout)?.trim().to_owned(),
        })
    }

    /// Asks it to stop and waits until it has.
    pub fn stop(mut self) -> Result<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // A server that is gone already cannot be ended, and that is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A client with a key.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base_url: String,
    key: String,
}

impl Api {
    /// The part of the key that may be shown.
    pub fn key_id(&self) -> &str {
        &self.key[..16]
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Sends a request; an answer that is no success is an error.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Response> {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.base_url))
            .bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        }
        let response = request.send().await?;
        if response.status().is_success() {
            return Ok(response);
        }
        Err(format!("{path}: {}: {}", response.status(), response.text().await?).into())
    }

    /// [`Self::send`], with the answer's JSON.
    pub async fn json(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value> {
        Ok(serde_json::from_slice(
            &self.send(method, path, body).await?.bytes().await?,
        )?)
    }

    /// Waits for the end of a stream of events; gives the run as it was last.
    pub async fn follow(&self, path: &str) -> Result<Value> {
        let text = self.send(Method::GET, path, None).await?.text().await?;
        let last = text.lines().rev().find_map(|line| line.strip_prefix("data:"));
        Ok(serde_json::from_str(last.ok_or("a stream without an event")?)?)
    }
}
