//! A tab: one page at a time, what is known of it, and what is done about what it does.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::browser::BrowserContextId;
use chromiumoxide::cdp::browser_protocol::emulation::{
    SetDeviceMetricsOverrideParams, SetFocusEmulationEnabledParams, SetUserAgentOverrideParams,
};
use chromiumoxide::cdp::browser_protocol::page::{
    AddScriptToEvaluateOnNewDocumentParams, HandleJavaScriptDialogParams, NavigateParams, NavigateReturns,
    RemoveScriptToEvaluateOnNewDocumentParams, ResetNavigationHistoryParams, ScriptIdentifier,
    SetLifecycleEventsEnabledParams,
};
use chromiumoxide::cdp::browser_protocol::target::{
    AttachToTargetParams, CloseTargetParams, CreateTargetParams, SetAutoAttachParams, TargetId,
};
use chromiumoxide::cdp::browser_protocol::{dom, fetch, inspector, network, page};
use chromiumoxide::cdp::js_protocol::heap_profiler::CollectGarbageParams;
use chromiumoxide::cdp::js_protocol::runtime::{
    GetHeapUsageParams, RunIfWaitingForDebuggerParams, TerminateExecutionParams,
};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio_util::task::AbortOnDropHandle;

use super::devtools::{CallError, Events, Listener, Session};
use super::events::TabEvent;
use super::page::PageRequest;
use super::rules::{Rules, Verdict, refuse};
use super::script::PageScript;
use super::state::PageState;

/// The bytes of responses that the browser keeps for [`network::GetResponseBodyParams`].
const KEPT_BYTES: i64 = 32 * 1024 * 1024;
/// The bytes of a tab's heap at which its garbage is collected between pages.
const GARBAGE: f64 = 64.0 * 1024.0 * 1024.0;
/// How long an empty page may take, after which the tab is closed.
const CLEAR: Duration = Duration::from_secs(5);

/// A tab. It is closed when this is dropped.
#[derive(Debug)]
pub(super) struct Tab {
    target: OpenTarget,
    session: Session,
    shared: Arc<Shared>,
    /// The script that the last page's rules put before those of documents.
    script: Mutex<Option<ScriptIdentifier>>,
    pump: AbortHandle,
}

/// A target that is closed when this is dropped.
#[derive(Debug)]
struct OpenTarget {
    browser: Session,
    id: TargetId,
}

impl Drop for OpenTarget {
    fn drop(&mut self) {
        self.browser.send(&CloseTargetParams::new(self.id.clone()));
    }
}

/// What the tab and its pump both know.
#[derive(Debug)]
struct Shared {
    state: watch::Sender<PageState>,
    rules: Mutex<Option<Rules>>,
    /// The gate's answer that is waited for. A page that goes elsewhere meanwhile needs it no more.
    question: Mutex<Option<AbortOnDropHandle<()>>>,
    blocked: AtomicU64,
    user_agent: String,
}

impl Shared {
    /// Waits for another answer than before, or for none.
    fn wait_for(&self, question: Option<AbortOnDropHandle<()>>) {
        *self.question.lock().unwrap_or_else(PoisonError::into_inner) = question;
    }
}

impl Tab {
    /// Opens an empty tab in a context.
    pub(super) async fn open(
        browser: &Session,
        context: &BrowserContextId,
        user_agent: &str,
    ) -> Result<Self, CallError> {
        let mut create = CreateTargetParams::new("about:blank");
        create.browser_context_id = Some(context.clone());
        // A tab behind another one would not be drawn.
        create.new_window = Some(true);
        let target = OpenTarget {
            id: browser.call(create).await?.target_id,
            browser: browser.clone(),
        };
        let mut attach = AttachToTargetParams::new(target.id.clone());
        attach.flatten = Some(true);
        let id = String::from(browser.call(attach).await?.session_id);
        let session = browser.devtools().session(id.as_str());
        let (listener, events) = session.events();
        let shared = Arc::new(Shared {
            // The main frame of a tab has the tab's own name.
            state: watch::Sender::new(PageState::new(target.id.as_ref().to_owned())),
            rules: Mutex::default(),
            question: Mutex::default(),
            blocked: AtomicU64::new(0),
            user_agent: user_agent.to_owned(),
        });
        let pump = Pump {
            shared: Arc::clone(&shared),
            session: session.clone(),
            id,
            listener,
        };
        let tab = Self {
            target,
            session,
            shared: Arc::clone(&shared),
            script: Mutex::default(),
            pump: tokio::spawn(pump.run(events)).abort_handle(),
        };
        tab.session.call(page::EnableParams::default()).await?;
        tab.session.send(&SetFocusEmulationEnabledParams::new(true));
        prepare(&tab.session, &shared);
        tab.session.call(inspector::EnableParams::default()).await?;
        Ok(tab)
    }

    /// The session of the tab's main frame.
    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The session by its name in the page's state.
    pub(super) fn session_of(&self, name: Option<&str>) -> Session {
        name.map_or_else(|| self.session.clone(), |name| self.session.devtools().session(name))
    }

    /// What is known of the page, from now on.
    pub(super) fn watch(&self) -> watch::Receiver<PageState> {
        self.shared.state.subscribe()
    }

    /// Asks the page's state something.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&PageState) -> T) -> T {
        question(&self.shared.state.borrow())
    }

    /// Waits until something holds of the page.
    pub(super) async fn until(&self, condition: impl FnMut(&PageState) -> bool) {
        let mut state = self.watch();
        // The sender lives as long as the tab, so that there is no other end.
        let _ = state.wait_for(condition).await;
    }

    /// Waits for the page's crash.
    pub(super) async fn crashed(&self) {
        self.until(PageState::crashed).await;
    }

    /// Makes the tab ready for a page.
    pub(super) async fn prepare(&self, request: &PageRequest, script: &PageScript) -> Result<(), CallError> {
        let rules = Rules::new(request, &script.block_resources);
        self.shared.blocked.store(0, Ordering::Relaxed);
        self.shared.state.send_modify(PageState::clear);
        let (width, height) = (i64::from(script.viewport.width), i64::from(script.viewport.height));
        self.session
            .call(SetDeviceMetricsOverrideParams::new(width, height, 1.0, false))
            .await?;
        if let Some(old) = self.script.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.session.send(&RemoveScriptToEvaluateOnNewDocumentParams::new(old));
        }
        if let Some(source) = rules.script() {
            let added = self
                .session
                .call(AddScriptToEvaluateOnNewDocumentParams::new(source))
                .await?;
            *self.script.lock().unwrap_or_else(PoisonError::into_inner) = Some(added.identifier);
        }
        let patterns = rules.patterns();
        *self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner) = Some(rules);
        if patterns.is_empty() {
            self.session.call(fetch::DisableParams::default()).await?;
        } else {
            self.session.call(intercept(patterns)).await?;
        }
        Ok(())
    }

    /// Sends the tab to a URL; it waits for the document's response.
    pub(super) async fn navigate(&self, url: &str) -> Result<NavigateReturns, CallError> {
        self.session.call(NavigateParams::new(url)).await
    }

    /// How many of the page's requests were not let through.
    pub(super) fn blocked(&self) -> u64 {
        self.shared.blocked.load(Ordering::Relaxed)
    }

    /// Takes the page out of the tab; whether that went well, so that another may come.
    pub(super) async fn clear(&self) -> bool {
        let cleared = async {
            *self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner) = None;
            self.shared.wait_for(None);
            let blank = self.navigate("about:blank").await?;
            if let Some(loader) = blank.loader_id.map(String::from) {
                self.until(|state| state.committed(&loader)).await;
            }
            // Refused while something else is on its way; the next page's will do as well.
            self.session.send(&ResetNavigationHistoryParams::default());
            // The browser would let the garbage of many pages add up to a gigabyte before it collects any.
            let heap = self.session.call(GetHeapUsageParams::default()).await?;
            if heap.used_size + heap.embedder_heap_used_size + heap.backing_storage_size > GARBAGE {
                self.session.call(CollectGarbageParams::default()).await?;
            }
            Ok::<_, CallError>(())
        };
        matches!(tokio::time::timeout(CLEAR, cleared).await, Ok(Ok(())))
    }
}

impl Drop for Tab {
    fn drop(&mut self) {
        self.pump.abort();
        self.shared.wait_for(None);
        // A script that never ends would keep the tab from closing.
        self.session.send(&TerminateExecutionParams::default());
        self.session.forget();
        tracing::trace!(target = self.target.id.as_ref(), "a tab is closed");
    }
}

/// Turns on what is told by a tab, or by a frame or a worker of its in another process.
fn prepare(session: &Session, shared: &Shared) {
    session.send(&page::EnableParams::default());
    session.send(&SetLifecycleEventsEnabledParams::new(true));
    session.send(&dom::EnableParams::default());
    session.send(&network::EnableParams {
        max_total_buffer_size: Some(KEPT_BYTES),
        max_resource_buffer_size: Some(KEPT_BYTES),
        ..network::EnableParams::default()
    });
    // What a service worker answers would pass the rules by.
    session.send(&network::SetBypassServiceWorkerParams::new(true));
    let mut attach = SetAutoAttachParams::new(true, true);
    attach.flatten = Some(true);
    session.send(&attach);
    session.send(&SetUserAgentOverrideParams::new(&shared.user_agent));
    let rules = shared.rules.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(rules) = &*rules {
        if let Some(source) = rules.script() {
            session.send(&AddScriptToEvaluateOnNewDocumentParams::new(source));
        }
        let patterns = rules.patterns();
        if !patterns.is_empty() {
            session.send(&intercept(patterns));
        }
    }
}

fn intercept(patterns: Vec<fetch::RequestPattern>) -> fetch::EnableParams {
    fetch::EnableParams {
        patterns: Some(patterns),
        handle_auth_requests: None,
    }
}

/// Takes the events of a tab and answers those that want an answer.
struct Pump {
    shared: Arc<Shared>,
    session: Session,
    /// The name of the tab's own session.
    id: String,
    listener: Listener,
}

impl Pump {
    async fn run(self, mut events: Events) {
        while let Some(event) = events.recv().await {
            let from = event.session.clone().filter(|session| *session != self.id);
            if let Some(event) = TabEvent::read(event) {
                self.take(event, from);
            }
        }
    }

    /// Takes one event; `from` names its session where it is not the tab's own.
    fn take(&self, event: TabEvent, from: Option<String>) {
        let session = || {
            from.as_ref()
                .map_or_else(|| self.session.clone(), |id| self.session.devtools().session(id))
        };
        match event {
            TabEvent::DialogOpened(dialog) => {
                // To say no to leaving a page would keep the tab on it.
                let yes = matches!(dialog.kind.as_str(), "alert" | "beforeunload");
                session().send(&HandleJavaScriptDialogParams::new(yes));
            }
            TabEvent::RequestPaused(paused) => {
                let main = self.shared.state.borrow().main().clone();
                let mut rules = self.shared.rules.lock().unwrap_or_else(PoisonError::into_inner);
                match rules.as_mut().map(|rules| rules.judge(paused, &main)) {
                    Some(Verdict::Pass(pass)) => session().send(&*pass),
                    Some(Verdict::Ask { pass, gate, url }) => {
                        let session = session();
                        // The answer may take a while, and other events do not wait for it.
                        let question = tokio::spawn(async move {
                            if gate.lets_through(&url).await {
                                session.send(&*pass);
                            } else {
                                session.send(&refuse(pass.request_id));
                            }
                        });
                        self.shared.wait_for(Some(AbortOnDropHandle::new(question)));
                    }
                    Some(Verdict::Block(block)) => {
                        self.shared.blocked.fetch_add(1, Ordering::Relaxed);
                        session().send(&block);
                    }
                    // The page is on its way out, and its requests end with it.
                    None => {}
                }
            }
            TabEvent::TargetAttached(attached) => {
                let child = self.session.devtools().session(attached.session_id.as_str());
                child.listen(&self.listener);
                self.note(|state| state.on_session(&attached.target_info.target_id, attached.session_id));
                prepare(&child, &self.shared);
                child.send(&RunIfWaitingForDebuggerParams::default());
            }
            TabEvent::TargetDetached(detached) => {
                self.session.devtools().session(detached.session_id.as_str()).forget();
                self.note(|state| state.on_session_gone(&detached.session_id));
            }
            TabEvent::Crashed if from.is_none() => self.note(PageState::on_crash),
            // The content of a frame is lost, the page goes on.
            TabEvent::Crashed => {}
            TabEvent::FrameAttached(attached) => self.note(|state| state.on_attached(attached, from)),
            TabEvent::FrameNavigated(navigated) => self.note(|state| state.on_navigated(navigated, from)),
            TabEvent::FrameDetached(detached) => self.note(|state| state.on_detached(&detached)),
            TabEvent::NavigationRequested(frame) => self.note(|state| state.on_navigation_requested(&frame)),
            TabEvent::LoadingStopped(frame) => self.note(|state| state.on_loading_stopped(&frame)),
            TabEvent::Lifecycle(event) => self.note(|state| state.on_lifecycle(&event)),
            TabEvent::RequestSent(sent) => self.note(|state| state.on_request(sent, from)),
            TabEvent::ResponseReceived(received) => self.note(|state| state.on_response(received)),
            TabEvent::RequestFinished(finished) => self.note(|state| state.on_finished(finished)),
        }
    }

    fn note(&self, change: impl FnOnce(&mut PageState)) {
        self.shared.state.send_modify(change);
    }
}
