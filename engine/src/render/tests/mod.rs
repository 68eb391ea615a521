//! The tests with the real browser.

mod site;

mod endurance;
mod gate;
mod isolation;
mod pages;
mod processes;
mod refused;
mod requests;
mod steps;
mod waits;

use std::ffi::OsString;

use tokio_util::sync::CancellationToken;
use url::Url;

use self::site::Site;
use super::{
    BrowserSettings, Browsers, ContextOptions, PageRequest, PageScript, RenderContext, RenderError, RenderedPage,
    UserAgent,
};
use crate::model::{RenderConfig, SecretText};

/// Not a test: the other tests run it as their supervisor, since a library has no program of its own.
#[test]
#[ignore = "it is the supervisor of the other tests"]
fn as_supervisor() {
    super::supervise();
}

/// The arguments that have this program run one of its tests.
fn this_program(test: &str) -> Vec<OsString> {
    let (_, module) = module_path!().split_once("::").unwrap();
    let program = std::env::current_exe().unwrap().into_os_string();
    let arguments = [&format!("{module}::{test}"), "--exact", "--ignored", "--nocapture"];
    std::iter::once(program).chain(arguments.map(OsString::from)).collect()
}

/// A browser whose supervisor is this program.
pub(crate) fn settings() -> BrowserSettings {
    BrowserSettings::new(this_program("as_supervisor"))
}

fn script() -> PageScript {
    script_of(&config())
}

fn config() -> RenderConfig {
    RenderConfig {
        wait_timeout_ms: 20_000,
        ..RenderConfig::default()
    }
}

/// The script of a `render_config`.
fn script_of(config: &RenderConfig) -> PageScript {
    let plain = |text: &SecretText| match text {
        SecretText::Plain(text) => Ok::<_, ()>(text.clone()),
        SecretText::Secret { .. } => Err(()),
    };
    PageScript::new(config, Vec::new(), plain).unwrap()
}

/// A browser with one context in front of a site.
struct Stage {
    browsers: Browsers,
    context: RenderContext,
}

impl Stage {
    async fn open(site: &Site) -> Self {
        Self::with(settings(), site).await
    }

    async fn with(settings: BrowserSettings, site: &Site) -> Self {
        let browsers = Browsers::new(settings);
        let context = browsers.context(options(site)).await.unwrap();
        Self { browsers, context }
    }

    async fn try_render(&self, url: &Url, script: &PageScript) -> Result<RenderedPage, RenderError> {
        let request = PageRequest::get(url.clone());
        self.context.render(&request, script, &CancellationToken::new()).await
    }

    async fn render(&self, path: &str, script: &PageScript) -> RenderedPage {
        self.try_render(&site::url(path), script).await.unwrap()
    }

    async fn fail(&self, path: &str, script: &PageScript) -> RenderError {
        self.try_render(&site::url(path), script).await.unwrap_err()
    }

    /// Nothing of it is left afterwards.
    async fn close(self) {
        drop(self.context);
        self.browsers.shutdown().await;
    }
}

fn options(site: &Site) -> ContextOptions {
    ContextOptions {
        proxy: site.proxy,
        user_agent: UserAgent::BrowserWith("SnowScrape/0".into()),
    }
}
