//! The render stage: a page as a real browser makes it, in the run's own part of the browser and through the run's own gateway.
//!
//! Manners are those of a fetch: robots.txt, the job's rate and the host's limits count a rendered page as one request. What a
//! page loads besides is the browser's, and goes through the gateway, which judges every address.

use std::fmt;

use bytes::Bytes;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::fetch::failure;
use super::message::Failure;
use crate::fetch::proxy::{Gateway, GatewayError, GatewaySettings, ProxyRoute};
use crate::fetch::{AddressGuard, Client, FetchSettings, FetchedPage};
use crate::model::{ErrorCode, Stage};
use crate::render::{
    Browsers, ContextOptions, Credentials, PageRequest, PageScript, RenderContext, RenderError, RenderedPage, UserAgent,
};

/// What renders the pages of a run.
pub(crate) struct Renderer {
    browsers: Browsers,
    script: PageScript,
    settings: FetchSettings,
    guard: Option<AddressGuard>,
    route: Option<ProxyRoute>,
    fallback_to_fetch: bool,
    /// Opened with the first page: a run that renders none needs no browser.
    opened: OnceCell<Opened>,
}

struct Opened {
    gateway: Gateway,
    context: RenderContext,
}

/// A rendered page.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) page: FetchedPage,
    /// A picture of it, if the job wants one: a PNG.
    pub(crate) screenshot: Option<Bytes>,
}

impl Renderer {
    pub(crate) fn new(
        browsers: Browsers,
        script: PageScript,
        settings: FetchSettings,
        guard: Option<AddressGuard>,
        route: Option<ProxyRoute>,
        fallback_to_fetch: bool,
    ) -> Self {
        Self {
            browsers,
            script,
            settings,
            guard,
            route,
            fallback_to_fetch,
            opened: OnceCell::new(),
        }
    }

    /// Renders a page, and tries again what may pass.
    pub(crate) async fn render(
        &self,
        client: &Client,
        url: &Url,
        cancel: &CancellationToken,
    ) -> Result<Rendered, Failure> {
        let mut attempt = 1;
        loop {
            let permit = client.admit(url, cancel).await.map_err(|error| failure(&error))?;
            let (failed, may_pass) = match self.attempt(url, cancel).await {
                Ok(page) => {
                    permit.answered(page.status, None);
                    if page.status < 400 {
                        return Ok(rendered(page, attempt));
                    }
                    let may_pass = matches!(page.status, 408 | 429 | 500..=599);
                    (bad_status(url, &page), may_pass)
                }
                Err(failed) => failed,
            };
            drop(permit);
            let Some(wait) = client.wait_before_next(attempt).filter(|_| may_pass) else {
                return Err(failed);
            };
            attempt += 1;
            if cancel.run_until_cancelled(tokio::time::sleep(wait)).await.is_none() {
                return Err(failed);
            }
        }
    }

    /// Whether a page that failed so is fetched instead. What may not be reached at all is not fetched either.
    pub(crate) fn falls_back_from(&self, code: ErrorCode) -> bool {
        let is_refused = matches!(
            code,
            ErrorCode::BlockedAddress | ErrorCode::BlockedByRobots | ErrorCode::InvalidUrl | ErrorCode::Cancelled
        );
        self.fallback_to_fetch && !is_refused
    }

    /// Renders a page once; a failure comes with whether it may pass.
    async fn attempt(&self, url: &Url, cancel: &CancellationToken) -> Result<RenderedPage, (Failure, bool)> {
        let Opened { gateway, context } = self
            .opened
            .get_or_try_init(|| self.open())
            .await
            .map_err(|failed| (failed, false))?;
        let settings = if self.settings.owns(url) {
            self.settings.clone()
        } else {
            self.settings.without_credentials()
        };
        let request = PageRequest {
            url: url.clone(),
            method: settings.method,
            headers: settings.headers,
            cookies: settings.cookies,
            body: settings.body,
            auth: settings.auth.map(|auth| Credentials {
                username: auth.username,
                password: auth.password,
            }),
            max_bytes: settings.max_body_bytes,
        };
        context
            .render(&request, &self.script, cancel)
            .await
            .map_err(|error| explained(&error, gateway))
    }

    async fn open(&self) -> Result<Opened, Failure> {
        let settings = GatewaySettings {
            guard: self.guard.clone(),
            route: self.route.clone(),
            ..GatewaySettings::default()
        };
        let gateway = Gateway::start(settings).await.map_err(|error| {
            render_failure(ErrorCode::RenderFailed, format!("the browser gets no way out: {error}"))
        })?;
        let options = ContextOptions {
            proxy: gateway.address(),
            user_agent: match &self.settings.user_agent {
                Some(given) => UserAgent::Exactly(given.clone()),
                None => UserAgent::BrowserWith(FetchSettings::default_user_agent()),
            },
        };
        let context = self
            .browsers
            .context(options)
            .await
            .map_err(|error| explained(&error, &gateway).0)?;
        Ok(Opened { gateway, context })
    }
}

impl fmt::Debug for Renderer {
    /// The settings and the script may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}

/// The failure of a page, and whether it may pass. Where the browser got no connection, the gateway knows why.
fn explained(error: &RenderError, gateway: &Gateway) -> (Failure, bool) {
    let refusal = match error {
        RenderError::Network { url, .. } => url
            .host_str()
            .zip(url.port_or_known_default())
            .and_then(|(host, port)| Some((url, gateway.refusal(host, port)?))),
        _ => None,
    };
    if let Some((url, refusal)) = refusal {
        let code = match &refusal {
            refusal if refusal.blocked().is_some() => ErrorCode::BlockedAddress,
            GatewayError::Proxy { .. } | GatewayError::NoProxy(_) => ErrorCode::ProxyFailed,
            _ => ErrorCode::ConnectFailed,
        };
        let failed = render_failure(code, format!("{url}: {refusal}"));
        return (failed, code == ErrorCode::ConnectFailed);
    }
    let code = match error {
        RenderError::Timeout { .. } => ErrorCode::Timeout,
        RenderError::TooLarge { .. } => ErrorCode::BodyTooLarge,
        RenderError::Scheme { .. } => ErrorCode::InvalidUrl,
        RenderError::Cancelled => ErrorCode::Cancelled,
        RenderError::Network { text, .. } if text.contains("CERT") || text.contains("SSL") => ErrorCode::TlsFailed,
        RenderError::Network { .. } => ErrorCode::ConnectFailed,
        _ => ErrorCode::RenderFailed,
    };
    let may_pass = matches!(error, RenderError::Lost) || code == ErrorCode::ConnectFailed;
    (render_failure(code, error.to_string()), may_pass)
}

fn bad_status(url: &Url, page: &RenderedPage) -> Failure {
    render_failure(
        ErrorCode::HttpStatus,
        format!("{url}: the server answered {}", page.status),
    )
}

fn rendered(page: RenderedPage, attempts: u32) -> Rendered {
    Rendered {
        page: FetchedPage {
            url: page.url,
            status: page.status,
            media_type: page.media_type,
            charset: Some("utf-8".to_owned()),
            etag: None,
            last_modified: None,
            body: Bytes::from(page.html),
            attempts,
            redirects: 0,
            fetched_at: page.fetched_at,
            elapsed: page.elapsed,
        },
        screenshot: page.screenshot,
    }
}

fn render_failure(code: ErrorCode, message: String) -> Failure {
    Failure {
        stage: Stage::Render,
        code,
        message,
    }
}
