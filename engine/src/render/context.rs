//! A run's part of the browser: its own cookies, storage and cache behind its own proxy, and the tabs that it reuses.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chromiumoxide::cdp::browser_protocol::browser::{
    BrowserContextId, SetDownloadBehaviorBehavior, SetDownloadBehaviorParams,
};
use chromiumoxide::cdp::browser_protocol::network::{Cookie, CookieParam};
use chromiumoxide::cdp::browser_protocol::storage::{GetCookiesParams, SetCookiesParams};
use chromiumoxide::cdp::browser_protocol::target::{CreateBrowserContextParams, DisposeBrowserContextParams};
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use super::browser::Browser;
use super::browsers::Browsers;
use super::clock::Clock;
use super::devtools::CallError;
use super::error::{Awaited, RenderError};
use super::page::{PageRequest, RenderedPage};
use super::rendering::render;
use super::script::PageScript;
use super::state::PageState;
use super::tab::Tab;
use crate::model::public;

/// How long the browser may take over what needs no page, after which another is started.
const PATIENCE: Duration = Duration::from_secs(30);

/// What all pages of a context have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextOptions {
    /// The SOCKS 5 proxy that everything goes through, loopback included, and which resolves all names.
    pub proxy: SocketAddr,
    /// The `User-Agent`, for scripts too.
    pub user_agent: UserAgent,
}

/// What the browser says it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAgent {
    /// Just this.
    Exactly(String),
    /// What it would say by itself, and this product's name after it.
    BrowserWith(String),
}

/// A run's part of the browser. It is disposed of when this is dropped.
///
/// Where the browser is started anew, the context moves: its cookies go along if the old browser still lives, its
/// storage and cache do not, and pages that are being rendered end in the old one.
#[derive(Debug)]
pub struct RenderContext {
    browsers: Browsers,
    options: ContextOptions,
    home: tokio::sync::Mutex<Arc<Home>>,
    _slot: OwnedSemaphorePermit,
}

impl RenderContext {
    pub(super) async fn open(
        browsers: Browsers,
        options: ContextOptions,
        slot: OwnedSemaphorePermit,
    ) -> Result<Self, RenderError> {
        let home = Home::open(browsers.current().await?, &options).await?;
        Ok(Self {
            browsers,
            options,
            home: tokio::sync::Mutex::new(Arc::new(home)),
            _slot: slot,
        })
    }

    /// Renders a page. Several may be rendered at once; each has a tab for as long as it takes.
    ///
    /// # Errors
    /// Every kind of [`RenderError`]. A page with a bad status is no error.
    pub async fn render(
        &self,
        request: &PageRequest,
        script: &PageScript,
        cancel: &CancellationToken,
    ) -> Result<RenderedPage, RenderError> {
        if !matches!(request.url.scheme(), "http" | "https") {
            let scheme = request.url.scheme().to_owned();
            return Err(RenderError::Scheme { scheme });
        }
        let home = tokio::select! {
            biased;
            () = cancel.cancelled() => return Err(RenderError::Cancelled),
            home = self.home() => home?,
        };
        tokio::select! {
            biased;
            () = cancel.cancelled() => Err(RenderError::Cancelled),
            () = home.browser.lost().cancelled() => Err(RenderError::Lost),
            page = home.render(request, script) => page,
        }
    }

    /// The context in the browser that pages go to now.
    async fn home(&self) -> Result<Arc<Home>, RenderError> {
        let mut home = self.home.lock().await;
        if !home.browser.is_good() {
            let new = Home::open(self.browsers.current().await?, &self.options).await?;
            home.move_to(&new).await;
            *home = Arc::new(new);
        }
        Ok(Arc::clone(&home))
    }

    /// The browser that the context is in.
    #[cfg(test)]
    pub(super) async fn browser(&self) -> Arc<Browser> {
        Arc::clone(&self.home.lock().await.browser)
    }

    /// How many tabs wait for a page.
    #[cfg(test)]
    pub(super) async fn idle_tabs(&self) -> usize {
        self.home.lock().await.tabs().len()
    }
}

/// A context in one browser.
#[derive(Debug)]
struct Home {
    browser: Arc<Browser>,
    id: BrowserContextId,
    user_agent: String,
    /// Those that wait for a page.
    tabs: Mutex<Vec<Tab>>,
    /// The hosts that have the job's cookies.
    with_cookies: tokio::sync::Mutex<HashSet<String>>,
}

impl Home {
    async fn open(browser: Arc<Browser>, options: &ContextOptions) -> Result<Self, RenderError> {
        // On a task of its own: the browser makes the context even if nobody waits for it any more, and then it is disposed of.
        let created = tokio::spawn(Self::create(Arc::clone(&browser), options.clone()));
        let created = Clock::start(PATIENCE).within(created, || Awaited::Tab).await;
        let created = created.inspect_err(|_| browser.retire())?;
        // The task goes with the runtime, and so does the browser.
        Ok(created.map_err(|_| RenderError::Lost)??)
    }

    async fn create(browser: Arc<Browser>, options: ContextOptions) -> Result<Self, CallError> {
        let create = CreateBrowserContextParams {
            dispose_on_detach: Some(true),
            proxy_server: Some(format!("socks5://{}", options.proxy)),
            proxy_bypass_list: Some("<-loopback>".to_owned()),
            origins_with_universal_network_access: None,
        };
        let id = browser.session().call(create).await?.browser_context_id;
        let user_agent = match options.user_agent {
            UserAgent::Exactly(text) => text,
            UserAgent::BrowserWith(product) => format!("{} {product}", browser.user_agent()),
        };
        let home = Self {
            browser,
            id,
            user_agent,
            tabs: Mutex::default(),
            with_cookies: tokio::sync::Mutex::default(),
        };
        let mut downloads = SetDownloadBehaviorParams::new(SetDownloadBehaviorBehavior::Deny);
        downloads.browser_context_id = Some(home.id.clone());
        home.browser.session().call(downloads).await?;
        Ok(home)
    }

    async fn render(&self, request: &PageRequest, script: &PageScript) -> Result<RenderedPage, RenderError> {
        let clock = Clock::start(PATIENCE);
        let tab = clock.within(self.tab(request, script), || Awaited::Tab).await;
        let tab = tab.inspect_err(|_| self.browser.retire())??;
        let page = tokio::select! {
            biased;
            () = tab.crashed() => Err(RenderError::Crashed),
            page = render(&tab, request, script) => page,
        };
        self.browser.count_page();
        // A tab whose page failed may still be busy with it, and is closed.
        if page.is_ok() && tab.clear().await {
            self.tabs().push(tab);
        }
        page
    }

    /// A tab that is ready for a page.
    async fn tab(&self, request: &PageRequest, script: &PageScript) -> Result<Tab, CallError> {
        self.set_cookies(request).await?;
        let idle = {
            let mut tabs = self.tabs();
            tabs.retain(|tab| !tab.ask(PageState::crashed));
            tabs.pop()
        };
        let tab = match idle {
            Some(tab) => tab,
            None => Tab::open(&self.browser.session(), &self.id, &self.user_agent).await?,
        };
        tab.prepare(request, script).await?;
        Ok(tab)
    }

    fn tabs(&self) -> std::sync::MutexGuard<'_, Vec<Tab>> {
        self.tabs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the job's cookies to the page's host, once.
    async fn set_cookies(&self, request: &PageRequest) -> Result<(), CallError> {
        if request.cookies.is_empty() {
            return Ok(());
        }
        let host = request.url.host_str().unwrap_or_default().to_owned();
        // Held until the browser has them, so that no other page of the host goes before.
        let mut hosts = self.with_cookies.lock().await;
        if hosts.contains(&host) {
            return Ok(());
        }
        let mut root = public(&request.url);
        root.set_path("/");
        root.set_query(None);
        let cookie = |(name, value): &(String, String)| {
            let mut cookie = CookieParam::new(name, value);
            cookie.url = Some(root.to_string());
            cookie
        };
        self.put_cookies(request.cookies.iter().map(cookie).collect()).await?;
        hosts.insert(host);
        Ok(())
    }

    async fn put_cookies(&self, cookies: Vec<CookieParam>) -> Result<(), CallError> {
        let mut set = SetCookiesParams::new(cookies);
        set.browser_context_id = Some(self.id.clone());
        self.browser.session().call(set).await.map(drop)
    }

    /// Takes the cookies along to another browser, where this one still lives.
    async fn move_to(&self, new: &Self) {
        let get = GetCookiesParams {
            browser_context_id: Some(self.id.clone()),
        };
        let moved = async {
            let cookies = self.browser.session().call(get).await?.cookies;
            new.put_cookies(cookies.into_iter().map(as_given).collect()).await?;
            let known = self.with_cookies.lock().await.clone();
            *new.with_cookies.lock().await = known;
            Ok::<_, CallError>(())
        };
        // Whoever is gone has no cookies left to give, and then the new context takes the job's own again.
        let moved = Clock::start(PATIENCE).within(moved, || Awaited::Tab).await;
        if !matches!(moved, Ok(Ok(()))) {
            tracing::warn!("a run's cookies were lost with its browser");
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        self.browser
            .session()
            .send(&DisposeBrowserContextParams::new(self.id.clone()));
    }
}

/// A cookie as it is set. One without a leading dot is its host's alone, which only a URL can say.
fn as_given(cookie: Cookie) -> CookieParam {
    let mut given = CookieParam::new(cookie.name, cookie.value);
    if cookie.domain.starts_with('.') {
        given.domain = Some(cookie.domain);
    } else {
        let scheme = if cookie.secure { "https" } else { "http" };
        given.url = Some(format!("{scheme}://{}/", cookie.domain));
    }
    given.path = Some(cookie.path);
    given.secure = Some(cookie.secure);
    given.http_only = Some(cookie.http_only);
    given.same_site = cookie.same_site;
    if !cookie.session {
        given.expires = Some(chromiumoxide::cdp::browser_protocol::network::TimeSinceEpoch::new(
            cookie.expires,
        ));
    }
    given.partition_key = cookie.partition_key;
    given
}
