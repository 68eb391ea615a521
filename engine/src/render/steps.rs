//! The steps in a page that a job asks for.

use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::input::{DispatchMouseEventParams, DispatchMouseEventType, MouseButton};
use chromiumoxide::cdp::js_protocol::runtime::{
    AwaitPromiseParams, CallArgument, EvaluateParams, ExceptionDetails, RemoteObjectSubtype,
};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use tokio::time::{Instant, sleep};
use url::Origin;

use super::clock::Clock;
use super::devtools::CallError;
use super::error::{Awaited, RenderError};
use super::keys;
use super::script::{PageScript, Step};
use super::tab::Tab;
use super::wait::{LOOK, wait_for_next_page, wait_for_selector};
use super::world::{ScriptError, World, description, value};

const PLACE: &str = concat!(
    "async function (selector) {\n",
    include_str!("scripts/find.js"),
    include_str!("scripts/place.js"),
    "}"
);
const FOCUS: &str = concat!(
    "function (selector) {\n",
    include_str!("scripts/find.js"),
    include_str!("scripts/focus.js"),
    "return true; }"
);
const SECRET: &str = concat!(
    "function (selector, secret, origins) {\n",
    include_str!("scripts/find.js"),
    include_str!("scripts/focus.js"),
    include_str!("scripts/secret.js"),
    "}"
);
const SCROLL: &str = include_str!("scripts/scroll.js");

/// How long a page that was scrolled to its end may take to begin to grow.
const GROWTH: Duration = Duration::from_secs(1);
/// The same while a request is under way that the scrolling brought about.
const SLOW_GROWTH: Duration = Duration::from_secs(5);

/// Takes the steps, in order and within one limit. After each, a document that it led to is waited for.
pub(super) async fn take_steps(tab: &Tab, script: &PageScript) -> Result<(), RenderError> {
    let clock = Clock::start(script.wait_timeout);
    for (index, step) in script.steps.iter().enumerate() {
        let action = step.key();
        let doing = Doing {
            tab,
            own_origins: &script.own_origins,
            held_up: Mutex::new(String::new()),
        };
        let waited_for = || Awaited::Action {
            index,
            action,
            held_up: doing.held_up.lock().map(|held_up| held_up.clone()).unwrap_or_default(),
        };
        let done = clock.within(doing.take(step), waited_for).await?;
        done.map_err(|fault| match fault {
            Fault::Reason(reason) => RenderError::Action { index, action, reason },
            Fault::Call(error) => error.into(),
        })?;
        doing.hold_up("the page that it led to");
        let next = wait_for_next_page(tab, &script.wait);
        clock.within(next, waited_for).await?;
    }
    Ok(())
}

/// A step that cannot be taken.
enum Fault {
    Reason(String),
    Call(CallError),
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

/// A step that is being taken.
struct Doing<'a> {
    tab: &'a Tab,
    own_origins: &'a [Origin],
    /// What it waits for at the moment.
    held_up: Mutex<String>,
}

/// What a look at an element found.
#[derive(Deserialize)]
#[serde(untagged)]
enum Look<T> {
    HeldUp { held_up: String },
    Ready(T),
}

#[derive(Deserialize)]
struct Place {
    x: f64,
    y: f64,
}

/// What became of a secret.
#[derive(Deserialize)]
struct Entrusted {
    /// The document's origin, as it is written in HTTP, where that may not have it: `null` where no URL could say it.
    stranger: Option<String>,
}

impl Doing<'_> {
    fn hold_up(&self, by: impl Into<String>) {
        if let Ok(mut held_up) = self.held_up.lock() {
            *held_up = by.into();
        }
    }

    async fn take(&self, step: &Step) -> Result<(), Fault> {
        let session = self.tab.session();
        match step {
            Step::Click(selector) => self.click(selector).await,
            Step::Type { selector, text } if text.is_secret => self.entrust(selector, &text.text).await,
            Step::Type { selector, text } => {
                self.hold_up("the page takes no keys");
                self.look::<IgnoredAny>(FOCUS, vec![value(selector.as_str())]).await?;
                Ok(keys::type_text(session, &text.text).await?)
            }
            Step::ScrollToEnd => self.scroll_to_end().await,
            Step::WaitFor(selector) => {
                self.hold_up(format!("no element matches `{selector}`"));
                wait_for_selector(self.tab, selector).await.map_err(fault)
            }
            Step::Wait(time) => {
                self.hold_up("the steps wait longer than they may take together");
                sleep(*time).await;
                Ok(())
            }
            Step::Press(name) => {
                self.hold_up("the page takes no keys");
                let unknown = || {
                    let reason = format!("there is no key '{name}'; take a name such as Enter, Tab, ArrowDown or a");
                    Fault::Reason(reason)
                };
                Ok(keys::press(session, keys::key(name).ok_or_else(unknown)?).await?)
            }
            Step::Evaluate(script) => self.evaluate(script).await,
        }
    }

    /// Puts a secret into an element, in a page of the job's own origins only.
    async fn entrust(&self, selector: &str, secret: &str) -> Result<(), Fault> {
        self.hold_up("the page takes no text");
        let origins = self.own_origins.iter().filter(|origin| origin.is_tuple());
        let origins: Vec<String> = origins.map(Origin::ascii_serialization).collect();
        let arguments = vec![value(selector), value(secret), value(origins)];
        let Entrusted { stranger } = self.look(SECRET, arguments).await?;
        let Some(origin) = stranger else {
            return Ok(());
        };
        Err(Fault::Reason(format!(
            "the page is one of {origin}, which is none of the job's own origins, and a secret is typed into their pages \
             only; add one of its pages to `urls` if it may have the secret"
        )))
    }

    /// Looks at an element until it is ready, in whichever document comes.
    async fn look<T: DeserializeOwned>(&self, function: &str, arguments: Vec<CallArgument>) -> Result<T, Fault> {
        loop {
            let main = self.tab.ask(|state| state.main().clone());
            let looked = async {
                let world = World::of(self.tab.session(), &main).await?;
                world.call(function, arguments.clone()).await
            };
            match looked.await {
                Ok(found) => match serde_json::from_value(found) {
                    Ok(Look::Ready(ready)) => return Ok(ready),
                    Ok(Look::HeldUp { held_up }) => self.hold_up(held_up),
                    Err(error) => return Err(Fault::Reason(error.to_string())),
                },
                Err(ScriptError::Gone) => {}
                Err(error) => return Err(fault(error)),
            }
            sleep(LOOK).await;
        }
    }

    async fn click(&self, selector: &str) -> Result<(), Fault> {
        let Place { x, y } = self.look(PLACE, vec![value(selector)]).await?;
        self.hold_up("the page takes no clicks");
        let session = self.tab.session();
        session
            .call(DispatchMouseEventParams::new(DispatchMouseEventType::MouseMoved, x, y))
            .await?;
        for kind in [
            DispatchMouseEventType::MousePressed,
            DispatchMouseEventType::MouseReleased,
        ] {
            let mut event = DispatchMouseEventParams::new(kind, x, y);
            event.button = Some(MouseButton::Left);
            event.click_count = Some(1);
            session.call(event).await?;
        }
        Ok(())
    }

    /// Scrolls to the end as often as there is a new one.
    async fn scroll_to_end(&self) -> Result<(), Fault> {
        let mut height = None;
        loop {
            self.hold_up(format!("the page still grows, to {} px by now", height.unwrap_or(0.0)));
            let before: HashSet<String> = self.tab.ask(|state| state.request_ids().cloned().collect());
            let scrolled = Instant::now();
            let mut reached = self.scroll().await?;
            while reached == height {
                let loading = self.tab.ask(|state| state.request_ids().any(|id| !before.contains(id)));
                if scrolled.elapsed() > if loading { SLOW_GROWTH } else { GROWTH } {
                    return Ok(());
                }
                sleep(LOOK).await;
                reached = self.scroll().await?;
            }
            height = reached;
        }
    }

    /// The page's height after scrolling; none while there is no document.
    async fn scroll(&self) -> Result<Option<f64>, Fault> {
        let main = self.tab.ask(|state| state.main().clone());
        let scrolled = async {
            let world = World::of(self.tab.session(), &main).await?;
            world.call(SCROLL, Vec::new()).await
        };
        match scrolled.await {
            Ok(height) => Ok(height.as_f64()),
            Err(ScriptError::Gone) => Ok(None),
            Err(error) => Err(fault(error)),
        }
    }

    /// In the page's own world, as its scripts are.
    async fn evaluate(&self, script: &str) -> Result<(), Fault> {
        self.hold_up("the script has not ended");
        let mut evaluate = EvaluateParams::new(script);
        evaluate.await_promise = Some(true);
        // It may await at its outermost level; what it ends with is then not awaited by itself.
        evaluate.repl_mode = Some(true);
        evaluate.user_gesture = Some(true);
        match self.settle(evaluate).await {
            // It may have led to another document.
            Ok(None) | Err(ScriptError::Gone) => Ok(()),
            Ok(Some(thrown)) => Err(Fault::Reason(description(&thrown))),
            Err(error) => Err(fault(error)),
        }
    }

    /// Evaluates, waits for what was promised, and gives what was thrown.
    async fn settle(&self, evaluate: EvaluateParams) -> Result<Option<ExceptionDetails>, ScriptError> {
        let session = self.tab.session();
        let evaluated = session.call(evaluate).await?;
        match evaluated.result.object_id {
            Some(object) if evaluated.result.subtype == Some(RemoteObjectSubtype::Promise) => {
                Ok(session.call(AwaitPromiseParams::new(object)).await?.exception_details)
            }
            _ => Ok(evaluated.exception_details),
        }
    }
}

fn fault(error: ScriptError) -> Fault {
    match error {
        ScriptError::Thrown(reason) => Fault::Reason(reason),
        ScriptError::Call(error) => Fault::Call(error),
        ScriptError::Gone => Fault::Reason("the document has gone".to_owned()),
    }
}
