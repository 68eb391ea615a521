//! `snowscrape serve` as a process of its own, and a client with a key.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value as Json;
use tokio::runtime::Runtime;

use super::{Ended, snowscrape};

/// How long it is waited for what should come soon.
const PATIENCE: Duration = Duration::from_mins(1);

/// All clients share a runtime, since tests have none of their own.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A server, killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    base_url: String,
    data: PathBuf,
}

/// Someone with a key.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    base_url: String,
    key: Option<String>,
}

/// What the server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
    /// The body as text, for what is text.
    pub(crate) text: String,
}

impl Server {
    /// Starts a server on a free port that may fetch from loopback.
    pub(crate) fn start(data: &Path) -> Self {
        Self::with(data, |command| command)
    }

    /// Starts a server as it is where nobody has allowed it anything.
    pub(crate) fn guarded(data: &Path) -> Self {
        Self::with(data, |command| {
            command
                .env_remove("SNOWSCRAPE_ALLOW_ADDRESSES")
                .env_remove("SNOWSCRAPE_ALLOW_PORTS")
        })
    }

    /// [`Self::start`] with further arguments or variables.
    pub(crate) fn with(data: &Path, change: impl FnOnce(&mut Command) -> &mut Command) -> Self {
        let mut command = snowscrape(&["serve", "--listen", "127.0.0.1:0"]);
        command
            .arg("--data")
            .arg(data)
            .env("SNOWSCRAPE_ALLOW_ADDRESSES", "127.0.0.0/8")
            .env("SNOWSCRAPE_ALLOW_PORTS", "1-65535")
            .env("SNOWSCRAPE_RATE_LIMIT", "1000000")
            .stderr(Stdio::inherit());
        let mut child = change(&mut command).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let base_url = loop {
            let Some(line) = lines.next() else {
                panic!("the server ended before it listened: {:?}", child.wait());
            };
            if let Some(url) = line.unwrap().strip_prefix("listening on ") {
                break url.to_owned();
            }
        };
        Self {
            child,
            base_url,
            data: data.to_owned(),
        }
    }

    /// A client with a new key of a user's.
    pub(crate) fn client(&self, user: &str) -> Client {
        self.client_with(Some(&self.key(user)))
    }

    /// A new key of a user's.
    pub(crate) fn key(&self, user: &str) -> String {
        let made = Ended::of(snowscrape(&["keys", "create", "--user", user, "--data"]).arg(&self.data));
        made.expect(0, &["keep it"]).stdout.trim().to_owned()
    }

    /// A client with a key, or none.
    pub(crate) fn client_with(&self, key: Option<&str>) -> Client {
        // The program that links several providers of cryptography has to say which one it means.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Client {
            http: reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap(),
            base_url: self.base_url.clone(),
            key: key.map(str::to_owned),
        }
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The id of its process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop, as service managers do, and waits until it has; gives its exit code.
    pub(crate) fn stop(mut self) -> Option<i32> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
        self.child.wait().unwrap().code()
    }

    /// Waits until it has ended by itself.
    pub(crate) fn wait_for_end(mut self) {
        let began = Instant::now();
        while self.child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < PATIENCE, "the server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Client {
    /// Its key.
    pub(crate) fn key(&self) -> &str {
        self.key.as_deref().expect("this client has a key")
    }

    /// Sends a request; `headers` come on top of the key.
    pub(crate) fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Option<Vec<u8>>) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    /// [`Self::send`], where the server may be gone.
    pub(crate) fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Result<Answer, reqwest::Error> {
        let mut request = self.http.request(method, format!("{}{path}", self.base_url));
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        RUNTIME.block_on(async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let bytes = response.bytes().await?.to_vec();
            Ok(Answer {
                status,
                headers,
                text: String::from_utf8_lossy(&bytes).into_owned(),
                bytes,
            })
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None)
    }

    pub(crate) fn post(&self, path: &str) -> Answer {
        self.send(Method::POST, path, &[], None)
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None)
    }

    pub(crate) fn post_json(&self, path: &str, body: &Json) -> Answer {
        self.send_json(Method::POST, path, body)
    }

    pub(crate) fn put_json(&self, path: &str, body: &Json) -> Answer {
        self.send_json(Method::PUT, path, body)
    }

    fn send_json(&self, method: Method, path: &str, body: &Json) -> Answer {
        let headers = [(CONTENT_TYPE.as_str(), "application/json")];
        self.send(method, path, &headers, Some(body.to_string().into()))
    }

    /// Makes a job and gives its id.
    pub(crate) fn create(&self, job: &Json) -> String {
        self.post_json("/jobs", job).expect(201)["job_id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Triggers a job and gives the run's id.
    pub(crate) fn run(&self, job: &str) -> String {
        let started = self.post(&format!("/jobs/{job}/run")).expect(202);
        started["run_id"].as_str().unwrap().to_owned()
    }

    /// Waits until a job has this state.
    #[track_caller]
    pub(crate) fn wait_for(&self, job: &str, status: &str) -> Json {
        let state = self.wait_until(job, |job| job["status"] == status || is_over(job));
        assert_eq!(state["status"], status, "{state:#}");
        state
    }

    /// Waits until a job is as it should be.
    #[track_caller]
    pub(crate) fn wait_until(&self, job: &str, good: impl Fn(&Json) -> bool) -> Json {
        self.wait_until_within(PATIENCE, job, good)
    }

    /// Makes jobs until one is refused for want of room; gives the answer.
    #[track_caller]
    pub(crate) fn wait_until_refused(&self, job: &Json) -> Json {
        for _ in 0..1_000 {
            let answer = self.post_json("/jobs", job);
            if answer.status != 201 {
                return answer.expect(507);
            }
        }
        panic!("a full disk takes all that is written");
    }

    /// Waits until an address is answered with a status.
    #[track_caller]
    pub(crate) fn wait_for_status(&self, path: &str, status: u16) {
        let began = Instant::now();
        while self.get(path).status != status {
            assert!(began.elapsed() < PATIENCE, "{path} was never answered with {status}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// [`Self::wait_until`], for so long.
    #[track_caller]
    pub(crate) fn wait_until_within(&self, patience: Duration, job: &str, good: impl Fn(&Json) -> bool) -> Json {
        let began = Instant::now();
        loop {
            let state = self.get(&format!("/jobs/{job}")).expect(200);
            if good(&state) {
                return state;
            }
            assert!(began.elapsed() < patience, "it never came: {state:#}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All rows of a job, read page by page.
    pub(crate) fn rows(&self, job: &str) -> Vec<Json> {
        let mut rows = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("/jobs/{job}/results?limit=1000{cursor}")).expect(200);
            rows.extend(page["results"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    }
}

fn is_over(job: &Json) -> bool {
    job["status"] == "success" || job["status"] == "failed"
}

impl Answer {
    /// That the status is this; gives the body as JSON.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Json {
        assert_eq!(self.status, status, "{}", self.text);
        self.json()
    }

    /// The body as JSON, null where it is empty.
    #[track_caller]
    pub(crate) fn json(&self) -> Json {
        if self.text.is_empty() {
            return Json::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error} in {}", self.text))
    }

    /// A header's value, empty if it is not there.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A port that was free a moment ago, for what cannot be told to choose one itself.
pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
