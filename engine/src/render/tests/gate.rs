//! Where pages lead, and who is asked before they do.

use std::sync::{Arc, Mutex};

use chromiumoxide::cdp::browser_protocol::target::GetTargetsParams;
use futures::future::BoxFuture;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::site::{Answer, Site};
use super::{Stage, config, script_of};
use crate::model::{Action, RenderConfig, WaitStrategy};
use crate::render::{Gate, PageRequest, PageScript, RenderError, RenderedPage};

/// Keeps what it is asked, and says no to one path.
#[derive(Debug)]
struct Keeper {
    closed: &'static str,
    asked: Mutex<Vec<String>>,
}

impl Gate for Keeper {
    fn lets_through<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, bool> {
        self.asked.lock().unwrap().push(url.path().to_owned());
        Box::pin(async { url.path() != self.closed })
    }
}

/// A page behind a gate, and what the gate was asked.
async fn render(
    stage: &Stage,
    url: &str,
    closed: &'static str,
    script: &PageScript,
) -> (Result<RenderedPage, RenderError>, Vec<String>) {
    let keeper = Arc::new(Keeper {
        closed,
        asked: Mutex::default(),
    });
    let request = PageRequest {
        gate: Some(Arc::clone(&keeper) as Arc<dyn Gate>),
        ..PageRequest::get(Url::parse(url).unwrap())
    };
    let rendered = stage.context.render(&request, script, &CancellationToken::new()).await;
    let asked = keeper.asked.lock().unwrap().clone();
    (rendered, asked)
}

fn until(selector: &str, actions: Vec<Action>) -> PageScript {
    script_of(&RenderConfig {
        wait: WaitStrategy::Selector(selector.into()),
        actions,
        ..config()
    })
}

#[tokio::test]
async fn the_gate_is_asked_wherever_a_page_leads() {
    let site = Site::start(|path, _| match path {
        "/redirect" => Answer::redirect("/script"),
        "/script" => Answer::html("<script>location.href = '/link'</script>"),
        "/link" => Answer::html("<a id=a href=/end>x</a>"),
        _ => Answer::html("<p id=end>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let script = until("#a", vec![Action::Click("#a".into()), Action::WaitFor("#end".into())]);
    let way = ["/redirect", "/script", "/link", "/end"];
    let (rendered, asked) = render(&stage, "http://site.test/redirect", "", &script).await;
    assert_eq!(rendered.unwrap().url.path(), "/end");
    assert_eq!(asked, way);

    for (number, closed) in way.into_iter().enumerate() {
        let before = site.count(closed);
        let hasty = PageScript {
            wait_timeout: std::time::Duration::from_secs(2),
            ..script.clone()
        };
        let (rendered, asked) = render(&stage, "http://site.test/redirect", closed, &hasty).await;
        assert!(rendered.is_err(), "{closed}");
        assert_eq!(asked, way[..=number]);
        assert_eq!(site.count(closed), before, "{closed}");
    }
    stage.close().await;
}

#[tokio::test]
async fn no_service_worker_answers_past_the_gate() {
    let site = Site::start(|path, _| match path {
        "/worker.js" => Answer::new(
            "200 OK\r\nContent-Type: text/javascript",
            "self.addEventListener('install', () => self.skipWaiting());
             self.addEventListener('activate', (event) => event.waitUntil(clients.claim()));
             self.addEventListener('fetch', (event) => event.respondWith(fetch(event.request.url + '?by-worker')));",
        ),
        "/page" => Answer::html(
            "<script>
             navigator.serviceWorker.register('/worker.js')
               .then(() => navigator.serviceWorker.ready)
               .then(() => { location.href = '/end'; });
             </script>",
        ),
        _ => Answer::html("<p id=end>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let (rendered, asked) = render(&stage, "http://secure.localhost/page", "", &until("#end", Vec::new())).await;
    rendered.unwrap();
    assert_eq!(asked, ["/page", "/end"]);
    assert_eq!((site.count("/worker.js"), site.count("/end")), (1, 1));
    stage.close().await;
}

#[tokio::test]
async fn a_window_that_a_click_opens_is_closed() {
    let site = Site::start(|path, _| match path {
        "/" => {
            Answer::html("<a id=a target=_blank href=/opened>x</a><a id=b target=_blank rel=opener href=/opened>x</a>")
        }
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let script = until("#a", vec![Action::Click("#a".into()), Action::Click("#b".into())]);
    stage.render("/", &script).await;
    // Another page gives the browser the time to say what it opened.
    stage.render("/", &until("#a", Vec::new())).await;
    let browser = stage.context.browser().await;
    let targets = browser.session().call(GetTargetsParams::default()).await.unwrap();
    let opened = targets
        .target_infos
        .iter()
        .filter(|target| target.url.contains("/opened"));
    assert_eq!(opened.count(), 0);
    stage.close().await;
}
