//! The render stage: a page as a real browser makes it, in the run's own part of the browser and through the run's own gateway.
//!
//! Manners are those of a fetch: the job's rate and the host's limits count a rendered page as one request, and robots.txt is
//! asked about it and about wherever it leads. What a page loads besides is the browser's, and goes through the gateway, which
//! judges every address.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::future::BoxFuture;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::message::Failure;
use super::stop::Stop;
use crate::fetch::proxy::{Gateway, GatewayError, GatewaySettings, ProxyRoute};
use crate::fetch::{AddressGuard, Client, FetchError, FetchSettings, FetchedPage, retry_after};
use crate::model::{ErrorCode, Stage, public};
use crate::render::{
    Awaited, Browsers, ContextOptions, Credentials, Gate, PageRequest, PageScript, RenderContext, RenderError,
    RenderedPage, UserAgent,
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
    pub(crate) async fn render(&self, client: &Client, url: &Url, stop: &Stop) -> Result<Rendered, Failure> {
        let cancel = stop.token();
        allowed(client, url, cancel).await?;
        // Who waits for a part of the browser holds no place at the host: who has that part may need the place. Until then
        // the page is not begun.
        let opened = self.opened.get_or_try_init(|| self.open());
        let opened = stop.no_more().run_until_cancelled(opened).await;
        let opened = opened.unwrap_or_else(|| Err(cancelled()))?;
        let mut attempt = 1;
        loop {
            let tried = async {
                let permit = client.admit(url, cancel).await.map_err(|error| unfetched(&error))?;
                let page = self.attempt(opened, client, url, cancel).await?;
                Ok((page, permit))
            };
            let wait = match tried.await {
                Ok((page, permit)) => {
                    let asked = page.retry_after.as_deref();
                    let asked = asked.and_then(|asked| retry_after(asked, page.fetched_at));
                    permit.answered(page.status, asked);
                    if page.status < 400 {
                        return Ok(rendered(page, attempt));
                    }
                    client
                        .wait_after_status(page.status, asked, attempt)
                        .map_err(|kind| render_failure(ErrorCode::HttpStatus, format!("{}: {kind}", public(url))))
                }
                Err((failed, may_pass)) => {
                    let wait = client.wait_before_next(attempt).filter(|_| may_pass);
                    wait.ok_or(failed)
                }
            }?;
            attempt += 1;
            pause(wait, cancel).await?;
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
    async fn attempt(
        &self,
        Opened { gateway, context }: &Opened,
        client: &Client,
        url: &Url,
        cancel: &CancellationToken,
    ) -> Result<RenderedPage, (Failure, bool)> {
        let manners = Arc::new(Manners {
            client: client.clone(),
            cancel: cancel.clone(),
            refusal: Mutex::default(),
        });
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
            gate: Some(Arc::clone(&manners) as Arc<dyn Gate>),
        };
        let rendered = context.render(&request, &self.script, cancel).await;
        rendered.map_err(|error| match manners.refusal() {
            Some(refused) if matches!(error, RenderError::Network { .. }) => refused,
            _ => explained(&error, gateway),
        })
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

/// Asks before a page leads anywhere, as before a redirect of a fetch.
#[derive(Debug)]
struct Manners {
    client: Client,
    cancel: CancellationToken,
    refusal: Mutex<Option<FetchError>>,
}

impl Manners {
    /// Why the page did not get to where it led, and whether it may later.
    fn refusal(&self) -> Option<(Failure, bool)> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner);
        refusal.as_ref().map(unfetched)
    }
}

impl Gate for Manners {
    fn lets_through<'a>(&'a self, url: &'a Url) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let Err(error) = self.client.may_fetch(url, &self.cancel).await else {
                return true;
            };
            *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            false
        })
    }
}

/// Asks whether a page may be rendered, and again where the answer may come later.
async fn allowed(client: &Client, url: &Url, cancel: &CancellationToken) -> Result<(), Failure> {
    let mut attempt = 1;
    while let Err(error) = client.may_fetch(url, cancel).await {
        let (failed, may_pass) = unfetched(&error);
        let wait = client.wait_before_next(attempt).filter(|_| may_pass).ok_or(failed)?;
        attempt += 1;
        pause(wait, cancel).await?;
    }
    Ok(())
}

async fn pause(wait: Duration, cancel: &CancellationToken) -> Result<(), Failure> {
    let waited = cancel.run_until_cancelled(tokio::time::sleep(wait)).await;
    waited.ok_or_else(cancelled)
}

/// The failure of a page that the client says may not be asked for, and whether it may pass.
fn unfetched(error: &FetchError) -> (Failure, bool) {
    (Failure::fetching(error), error.may_pass())
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
        return (failed, code == ErrorCode::ConnectFailed || refusal.may_pass());
    }
    let code = match error {
        RenderError::Timeout { .. } => ErrorCode::Timeout,
        RenderError::TooLarge { .. } | RenderError::PictureTooLarge { .. } => ErrorCode::BodyTooLarge,
        RenderError::Scheme { .. } => ErrorCode::InvalidUrl,
        RenderError::Cancelled => ErrorCode::Cancelled,
        RenderError::Network { text, .. } if text.contains("CERT") || text.contains("SSL") => ErrorCode::TlsFailed,
        RenderError::Network { .. } => ErrorCode::ConnectFailed,
        _ => ErrorCode::RenderFailed,
    };
    // What the page itself does or does not do in its time, it would do again.
    let is_slow = matches!(
        error,
        RenderError::Timeout {
            waited_for: Awaited::Response | Awaited::Tab,
            ..
        }
    );
    let may_pass = is_slow || matches!(error, RenderError::Lost) || code == ErrorCode::ConnectFailed;
    (render_failure(code, error.to_string()), may_pass)
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

fn cancelled() -> Failure {
    render_failure(ErrorCode::Cancelled, RenderError::Cancelled.to_string())
}

fn render_failure(code: ErrorCode, message: String) -> Failure {
    Failure {
        stage: Stage::Render,
        code,
        message,
    }
}

#[cfg(test)]
mod tests;
