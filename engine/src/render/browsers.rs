//! The browser that all of a process's runs share.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::Semaphore;

use super::browser::Browser;
use super::context::{ContextOptions, RenderContext};
use super::error::RenderError;
use super::settings::BrowserSettings;

/// The browser of this process: started when it is first needed, and again when it died or has done enough.
///
/// Clones share it. It ends with [`shutdown`](Self::shutdown), or when the last clone and the last context are dropped.
#[derive(Debug, Clone)]
pub struct Browsers(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: BrowserSettings,
    slots: Arc<Semaphore>,
    current: tokio::sync::Mutex<Option<Arc<Browser>>>,
    /// All that may still be up: the current one, and those that contexts have not left yet.
    all: Mutex<Vec<Weak<Browser>>>,
}

impl Browsers {
    /// Nothing is started yet.
    pub fn new(settings: BrowserSettings) -> Self {
        let slots = Arc::new(Semaphore::new(settings.contexts.max(1)));
        Self(Arc::new(Shared {
            settings,
            slots,
            current: tokio::sync::Mutex::default(),
            all: Mutex::default(),
        }))
    }

    /// A context of its own for a run: cookies, storage and cache are no other's. It waits until there is a free one.
    ///
    /// # Errors
    /// [`RenderError::NotFound`] and [`RenderError::Start`] where there can be no browser, and
    /// [`RenderError::Cancelled`] after [`shutdown`](Self::shutdown).
    pub async fn context(&self, options: ContextOptions) -> Result<RenderContext, RenderError> {
        let slot = Arc::clone(&self.0.slots).acquire_owned().await;
        let slot = slot.map_err(|_| RenderError::Cancelled)?;
        RenderContext::open(self.clone(), options, slot).await
    }

    /// Ends all browsers and waits until nothing is left of them. Pages in them fail, and no context is given any more.
    pub async fn shutdown(&self) {
        self.0.slots.close();
        let current = self.0.current.lock().await.take();
        let all: Vec<_> = {
            let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
            all.drain(..).filter_map(|browser| browser.upgrade()).collect()
        };
        let ended = tokio::task::spawn_blocking(move || all.iter().for_each(|browser| browser.end()));
        drop(current);
        if let Err(error) = ended.await {
            tracing::warn!(%error, "the browser's end was not waited for");
        }
    }

    /// The browser that pages go to now.
    pub(super) async fn current(&self) -> Result<Arc<Browser>, RenderError> {
        let mut current = self.0.current.lock().await;
        if self.0.slots.is_closed() {
            return Err(RenderError::Cancelled);
        }
        if let Some(browser) = current.as_ref().filter(|browser| browser.is_good()) {
            return Ok(Arc::clone(browser));
        }
        let browser = Arc::new(Browser::start(&self.0.settings).await?);
        let mut all = self.0.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|browser| browser.strong_count() > 0);
        all.push(Arc::downgrade(&browser));
        Ok(Arc::clone(current.insert(browser)))
    }
}
