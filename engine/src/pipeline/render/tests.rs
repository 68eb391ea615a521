//! The renderer with the real browser, on pages that would lead it into the private network.

use std::collections::{HashMap, HashSet};
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;

use futures::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;

use super::*;
use crate::fetch::proxy::Resolve;
use crate::fetch::test_server::{Answer, Server};
use crate::model::RenderConfig;
use crate::render::test_settings;

const URLS: &str = include_str!("../../../../tests/hostile-urls/urls.jsonl");
const NAMES: &str = include_str!("../../../../tests/hostile-urls/names.jsonl");

#[derive(Deserialize)]
struct Case {
    url: String,
    code: String,
}

#[derive(Deserialize)]
struct Name {
    #[serde(rename = "name")]
    host: String,
    addresses: Vec<IpAddr>,
    then: Option<Vec<IpAddr>>,
}

/// Answers as an attacker's name server does: what it says the second time is what is dialled if a name is judged by one
/// answer and dialled by another.
#[derive(Debug, Default)]
struct Names {
    answers: HashMap<String, (Vec<IpAddr>, Option<Vec<IpAddr>>)>,
    asked: Mutex<HashSet<String>>,
}

impl Resolve for Names {
    fn resolve<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        let is_first = self.asked.lock().unwrap().insert(name.clone());
        let found = self.answers.get(&name).map(|(first, then)| match then {
            Some(then) if !is_first => then.clone(),
            _ => first.clone(),
        });
        Box::pin(async move { found.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound)) })
    }
}

fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> impl Iterator<Item = T> {
    text.lines().map(|line| serde_json::from_str(line).unwrap())
}

/// How many URLs a page tries: the gateway remembers so many refusals.
const AT_ONCE: usize = 40;

/// What is connected to for a URL, where it is one that must be refused for that.
fn target(case: &Case) -> Option<(String, u16)> {
    let url = Url::parse(&case.url).ok().filter(|_| case.code == "blocked_address")?;
    Some((url.host_str()?.to_owned(), url.port_or_known_default()?))
}

/// A page that tries all URLs in some ways, and names those that were answered when it has.
fn page(cases: &[Case]) -> String {
    let urls: Vec<&str> = cases.iter().map(|case| case.url.as_str()).collect();
    let urls = json!(urls).to_string().replace('<', "\\u003c");
    format!(
        "<!doctype html><body><script>
        const urls = {urls};
        // Read by itself, as of a job, and not as a link of this page.
        const tried = urls.map(async (given) => {{
            let url;
            try {{ url = new URL(given).href; }} catch {{ return null; }}
            try {{ new WebSocket(url.replace(/^http/, 'ws')); }} catch {{}}
            try {{ const image = new Image(); image.src = url; }} catch {{}}
            try {{ await fetch(url, {{ mode: 'no-cors' }}); }} catch {{ return null; }}
            // A data: URL is what it names, and reaches nobody.
            return url.startsWith('data:') ? null : url;
        }});
        Promise.all(tried).then((got) => {{
            const done = document.createElement('p');
            done.id = 'done';
            done.textContent = got.filter((url) => url).join(' ');
            document.body.append(done);
        }});
        </script>"
    )
}

#[tokio::test]
async fn hostile_urls_are_refused_from_inside_a_page() {
    let cases: Vec<Case> = lines(URLS).collect();
    let names = Names {
        answers: lines::<Name>(NAMES)
            .map(|name| {
                (
                    name.host.trim_end_matches('.').to_ascii_lowercase(),
                    (name.addresses, name.then),
                )
            })
            .collect(),
        ..Names::default()
    };
    let pages: Vec<String> = cases.chunks(AT_ONCE).map(page).collect();
    // Of all special addresses the site's alone is open, which none of the URLs names.
    let answer = move |_: usize, request: &str| {
        let number = request
            .split(['/', ' '])
            .nth(2)
            .and_then(|number| number.parse::<usize>().ok());
        match number.and_then(|number| pages.get(number)) {
            Some(page) => Answer::new("200 OK\r\nContent-Type: text/html", page),
            None => Answer::new("404 Not Found", ""),
        }
    };
    let site = Server::start_on("127.0.0.77", answer).await;
    let port = site.url("/").port().unwrap().to_string();
    let guard = AddressGuard::default().allowing(["127.0.0.77/32".parse().unwrap()], [port.parse().unwrap()]);
    let gateway = Gateway::start(GatewaySettings {
        guard: Some(guard),
        resolver: Arc::new(names),
        ..GatewaySettings::default()
    })
    .await
    .unwrap();
    let browsers = Browsers::new(test_settings());
    let options = ContextOptions {
        proxy: gateway.address(),
        user_agent: UserAgent::BrowserWith("SnowScrape/0".into()),
    };
    let context = browsers.context(options).await.unwrap();
    let config = RenderConfig {
        wait: crate::model::WaitStrategy::Selector("#done".into()),
        wait_timeout_ms: 60_000,
        ..RenderConfig::default()
    };
    let script = PageScript::new(&config, Vec::new(), |_| Ok::<_, ()>(String::new())).unwrap();
    let mut refused = 0;
    for (number, cases) in cases.chunks(AT_ONCE).enumerate() {
        let request = PageRequest::get(site.url(&format!("/{number}")));
        let rendered = context
            .render(&request, &script, &CancellationToken::new())
            .await
            .unwrap();
        assert!(rendered.html.contains("<p id=\"done\"></p>"), "{}", rendered.html);
        let targets: HashSet<_> = cases.iter().filter_map(target).collect();
        for (host, port) in targets {
            // Those that the browser refuses itself, such as ports that no web server has, do not get here.
            if let Some(refusal) = gateway.refusal(&host, port) {
                assert!(refusal.blocked().is_some(), "{host}:{port}: {refusal}");
                refused += 1;
            }
        }
    }
    // Many of the URLs name one target in several ways.
    assert!(refused >= 100, "{refused}");
    drop(context);
    browsers.shutdown().await;
}
