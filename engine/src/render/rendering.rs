//! One page in one tab, from its URL to its content.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use bytes::Bytes;
use chromiumoxide::cdp::browser_protocol::network::GetResponseBodyParams;
use chromiumoxide::cdp::browser_protocol::page::{CaptureScreenshotFormat, CaptureScreenshotParams};
use jiff::Timestamp;
use tokio::time::Instant;
use url::Url;

use super::clock::Clock;
use super::content::{self, Document};
use super::error::{Awaited, RenderError};
use super::page::{PageRequest, RenderedPage};
use super::script::PageScript;
use super::state::Head;
use super::steps::take_steps;
use super::tab::Tab;
use super::wait::wait_for_page;
use crate::model::public;

/// How long the content and the picture of a finished page may take.
const CONTENT: Duration = Duration::from_secs(30);

/// What the browser calls responses that it shows a page of its own for.
const OWN_PAGES: [&str; 2] = [
    "net::ERR_HTTP_RESPONSE_CODE_FAILURE",
    "net::ERR_INVALID_AUTH_CREDENTIALS",
];

/// Renders a page in a tab that is ready for it.
pub(super) async fn render(tab: &Tab, request: &PageRequest, script: &PageScript) -> Result<RenderedPage, RenderError> {
    let started = Instant::now();
    let clock = Clock::start(script.wait_timeout);
    let arrival = clock.within(arrive(tab, request), || Awaited::Response).await??;
    let (document, picture) = match arrival {
        Arrival::Page => {
            wait_for_page(tab, &script.wait, &clock).await?;
            take_steps(tab, script).await?;
            reachable(tab)?;
            let clock = Clock::start(CONTENT);
            let document = clock
                .within(take(tab, script, request.max_bytes), || Awaited::Content)
                .await??;
            let picture = clock
                .within(picture(tab, script.screenshot), || Awaited::Content)
                .await??;
            (document, picture)
        }
        Arrival::Empty(url) => (empty(url), None),
    };
    let head = tab.ask(|state| state.head().or_else(|| state.any_head()).cloned());
    Ok(RenderedPage {
        url: Url::parse(&document.url).map_or_else(|_| public(&request.url), |url| public(&url)),
        // A document that a script wrote has no response.
        status: head.as_ref().map_or(200, |head| head.status),
        retry_after: head.and_then(|head| head.retry_after),
        media_type: document.media_type,
        html: document.html,
        screenshot: picture,
        fetched_at: Timestamp::now(),
        elapsed: started.elapsed(),
        blocked: tab.blocked(),
    })
}

/// What came of asking for a page.
enum Arrival {
    /// A document.
    Page,
    /// A response without a body, from there.
    Empty(Url),
}

async fn arrive(tab: &Tab, request: &PageRequest) -> Result<Arrival, RenderError> {
    let mut url = request.url.clone();
    // They go in a header, and would be shown to the page.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    let arrived = tab.navigate(url.as_str()).await?;
    let Some(text) = arrived.error_text.filter(|text| !text.is_empty()) else {
        if let Some(loader) = arrived.loader_id.map(String::from) {
            tab.until(|state| state.committed(&loader)).await;
        }
        return Ok(Arrival::Page);
    };
    let (head, asked) = tab.ask(|state| (state.any_head().cloned(), state.asked().map(Url::parse)));
    let url = public(&asked.and_then(Result::ok).unwrap_or(url));
    match head {
        // The browser has a page of its own for a bad status without a body, and for a login that nobody gives.
        Some(_) if OWN_PAGES.contains(&text.as_str()) => Ok(Arrival::Empty(url)),
        Some(Head { status: 204 | 205, .. }) => Ok(Arrival::Empty(url)),
        Some(Head { media_type, .. }) if arrived.is_download == Some(true) => {
            Err(RenderError::NotADocument { url, media_type })
        }
        _ => Err(RenderError::Network { url, text }),
    }
}

fn empty(url: Url) -> Document {
    Document {
        html: String::new(),
        url: url.into(),
        media_type: "text/html".to_owned(),
    }
}

/// That the browser does not show a page of its own, for a document that a script led to and that did not come.
fn reachable(tab: &Tab) -> Result<(), RenderError> {
    let unreachable = tab.ask(|state| {
        let (url, text) = state.unreachable()?;
        Some((url.to_owned(), text.to_owned()))
    });
    match unreachable {
        None => Ok(()),
        Some((url, text)) => Err(match Url::parse(&url) {
            Ok(url) => RenderError::Network {
                url: public(&url),
                text,
            },
            Err(_) => RenderError::Protocol {
                command: "Page.frameNavigated".to_owned(),
                reason: text,
            },
        }),
    }
}

async fn take(tab: &Tab, script: &PageScript, max_bytes: u64) -> Result<Document, RenderError> {
    let document = content::take(tab, script.frames, max_bytes).await?;
    if matches!(document.media_type.as_str(), "text/html" | "application/xhtml+xml") {
        return Ok(document);
    }
    let url = || Url::parse(&document.url).map(|url| public(&url));
    let loader = tab.ask(|state| state.loader().cloned());
    let (Ok(url), Some(loader), true) = (url(), loader, is_text(&document.media_type)) else {
        let url = url().map_err(|error| RenderError::Protocol {
            command: "document.URL".to_owned(),
            reason: error.to_string(),
        })?;
        let media_type = document.media_type;
        return Err(RenderError::NotADocument { url, media_type });
    };
    let body = tab.session().call(GetResponseBodyParams::new(loader)).await?;
    if body.body.len() as u64 > max_bytes {
        return Err(RenderError::TooLarge { limit: max_bytes });
    }
    let html = if body.base64_encoded {
        let bytes = BASE64
            .decode(&body.body)
            .map_err(|_| not_base64("Network.getResponseBody"))?;
        String::from_utf8_lossy(&bytes).into_owned()
    } else {
        body.body
    };
    Ok(Document {
        html,
        url: url.into(),
        media_type: document.media_type,
    })
}

/// Whether a document that is no page can be taken as it was sent.
fn is_text(media_type: &str) -> bool {
    let kinds = [
        "application/json",
        "application/xml",
        "application/javascript",
        "image/svg+xml",
    ];
    media_type.starts_with("text/")
        || kinds.contains(&media_type)
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

/// The bytes that a picture may have.
const MOST_PICTURE: usize = 32 * 1024 * 1024;

async fn picture(tab: &Tab, wanted: bool) -> Result<Option<Bytes>, RenderError> {
    if !wanted {
        return Ok(None);
    }
    let capture = CaptureScreenshotParams {
        format: Some(CaptureScreenshotFormat::Png),
        optimize_for_speed: Some(true),
        ..CaptureScreenshotParams::default()
    };
    let picture = tab.session().call(capture).await?;
    decoded(picture.data.as_ref(), MOST_PICTURE).map(Some)
}

fn decoded(picture: &str, limit: usize) -> Result<Bytes, RenderError> {
    let bytes = BASE64
        .decode(picture)
        .map_err(|_| not_base64("Page.captureScreenshot"))?;
    if bytes.len() > limit {
        return Err(RenderError::PictureTooLarge { limit });
    }
    Ok(bytes.into())
}

fn not_base64(command: &str) -> RenderError {
    RenderError::Protocol {
        command: command.to_owned(),
        reason: "its answer is no base 64".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_a_largest_size() {
        let picture = BASE64.encode([7; 10]);
        assert_eq!(decoded(&picture, 10), Ok(Bytes::from_static(&[7; 10])));
        assert_eq!(decoded(&picture, 9), Err(RenderError::PictureTooLarge { limit: 9 }));
    }
}
