//! One browser, from its start to its end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::browser::GetVersionParams;
use chromiumoxide::cdp::browser_protocol::target::{
    CloseTargetParams, FilterEntry, SetDiscoverTargetsParams, TargetFilter,
};
use serde::Deserialize as _;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::devtools::{DevTools, Events, Session};
use super::error::RenderError;
use super::events::TargetCreated;
use super::processes::{descendants, memory};
use super::settings::BrowserSettings;
use super::supervisor::Supervisor;

/// How often the browser's memory is looked at.
const MEMORY_CHECK: Duration = Duration::from_secs(2);

/// A browser that is up, or was. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Browser {
    supervisor: Supervisor,
    devtools: DevTools,
    user_agent: String,
    lost: CancellationToken,
    /// Whether contexts are to leave it.
    retired: Arc<AtomicBool>,
    pages: AtomicU64,
    pages_before_restart: u64,
}

impl Browser {
    /// Starts one.
    ///
    /// # Errors
    /// [`RenderError::NotFound`] and [`RenderError::Start`].
    pub(super) async fn start(settings: &BrowserSettings) -> Result<Self, RenderError> {
        let failed = |reason: String| RenderError::Start { reason };
        let lost = CancellationToken::new();
        let (given, ended) = (settings.clone(), lost.clone());
        let started = tokio::task::spawn_blocking(move || Supervisor::start(&given, ended)).await;
        let supervisor = started.map_err(|error| failed(error.to_string()))??;
        let devtools = DevTools::connect(supervisor.url(), lost.clone())
            .await
            .map_err(|error| failed(format!("its DevTools cannot be reached: {error}")))?;

        let browser = devtools.browser();
        let (_, events) = browser.events();
        let mut discover = SetDiscoverTargetsParams::new(true);
        let pages = FilterEntry {
            exclude: None,
            r#type: Some("page".to_owned()),
        };
        discover.filter = Some(TargetFilter::new(vec![pages]));
        browser.call(discover).await?;
        let user_agent = browser.call(GetVersionParams {}).await?.user_agent;
        tokio::spawn(close_windows(browser, events, lost.clone()));

        let retired = Arc::new(AtomicBool::new(false));
        let of_this = Arc::clone(&retired);
        tokio::spawn(watch_memory(
            supervisor.process(),
            settings.max_memory_bytes,
            of_this,
            lost.clone(),
        ));
        tracing::info!(
            process = supervisor.process().as_raw_nonzero().get(),
            "the browser is up"
        );
        Ok(Self {
            supervisor,
            devtools,
            user_agent,
            lost,
            retired,
            pages: AtomicU64::new(0),
            pages_before_restart: settings.pages_before_restart,
        })
    }

    /// Its end of the protocol.
    pub(super) fn session(&self) -> Session {
        self.devtools.browser()
    }

    /// What it calls itself to servers, unless told otherwise.
    pub(super) fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// Cancelled when the browser is gone.
    pub(super) fn lost(&self) -> &CancellationToken {
        &self.lost
    }

    /// Whether new pages may still be rendered in it.
    pub(super) fn is_good(&self) -> bool {
        !self.lost.is_cancelled() && !self.retired.load(Ordering::Relaxed)
    }

    /// Has contexts leave it: it does not do what it is told.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Counts a page.
    pub(super) fn count_page(&self) {
        let pages = self.pages.fetch_add(1, Ordering::Relaxed) + 1;
        if pages >= self.pages_before_restart && !self.retired.swap(true, Ordering::Relaxed) {
            tracing::info!(pages, "the browser has rendered enough pages and is started anew");
        }
    }

    /// Ends it and waits until nothing is left of it. It blocks.
    pub(super) fn end(&self) {
        self.supervisor.end();
    }

    /// The supervisor's process.
    #[cfg(test)]
    pub(super) fn process(&self) -> rustix::process::Pid {
        self.supervisor.process()
    }
}

/// Closes whatever a page opens: nobody would ever look at it.
async fn close_windows(browser: Session, mut events: Events, lost: CancellationToken) {
    while let Some(Some(event)) = lost.run_until_cancelled(events.recv()).await {
        if event.method != "Target.targetCreated" {
            continue;
        }
        if let Ok(TargetCreated { target_info }) = TargetCreated::deserialize(event.params)
            && target_info.kind == "page"
            && target_info.opener_id.is_some()
        {
            browser.send(&CloseTargetParams::new(target_info.target_id));
        }
    }
}

/// Retires the browser when it has grown too large, and ends it when it is twice that.
async fn watch_memory(supervisor: rustix::process::Pid, max: u64, retired: Arc<AtomicBool>, lost: CancellationToken) {
    while lost.run_until_cancelled(sleep(MEMORY_CHECK)).await.is_some() {
        let processes = tokio::task::spawn_blocking(move || {
            let processes = descendants(supervisor);
            (memory(&processes), processes)
        });
        let Ok((bytes, processes)) = processes.await else {
            return;
        };
        if bytes > max.saturating_mul(2) {
            tracing::warn!(bytes, "the browser is far too large and is ended");
            for process in processes {
                let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            }
            return;
        }
        if bytes > max && !retired.swap(true, Ordering::Relaxed) {
            tracing::info!(bytes, "the browser has grown too large and is started anew");
        }
    }
}
