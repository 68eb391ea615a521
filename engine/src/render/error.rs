//! Why a page could not be rendered, in words for the job's user or the server's operator.

use std::fmt;
use std::time::Duration;

use url::Url;

use super::devtools::CallError;

/// A page that could not be rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// There is no browser on this machine, or not where the settings say.
    #[error(
        "no browser was found ({looked_for}); install Debian's package `chromium`, or set `browser_executable` to its \
         program"
    )]
    NotFound {
        /// The names, or the path, that were looked for.
        looked_for: String,
    },
    /// The browser did not come up.
    #[error("the browser did not start: {reason}")]
    Start {
        /// What it said, and how to mend it where that is known.
        reason: String,
    },
    /// The browser ended while it was needed.
    #[error(
        "the browser ended while the page was rendered; it is started again for the next page, so try this one again"
    )]
    Lost,
    /// The page's own process ended.
    #[error(
        "the page crashed its tab; it may need more memory than a page gets, so block resources or lower the viewport"
    )]
    Crashed,
    /// Something did not happen in time.
    #[error("timed out after {} s waiting for {waited_for}; {}", limit.as_secs_f64(), waited_for.remedy())]
    Timeout {
        /// What was waited for.
        waited_for: Awaited,
        /// How long.
        limit: Duration,
    },
    /// The selector that is waited for cannot be read.
    #[error("render_config.wait_for_selector `{selector}` is no CSS selector: {reason}")]
    Selector {
        /// The selector.
        selector: String,
        /// What the browser said.
        reason: String,
    },
    /// A step in the page failed.
    #[error("render_config.actions[{index}] ({action}) failed: {reason}")]
    Action {
        /// Which, from 0.
        index: usize,
        /// Its key in the definition.
        action: &'static str,
        /// What happened, and how to mend it.
        reason: String,
    },
    /// The page's document could not be loaded.
    #[error(
        "{url}: the browser could not load it: {text}; check that the server is up and that the address is allowed"
    )]
    Network {
        /// What was asked for last, without credentials and fragment; a redirect may have led there.
        url: Url,
        /// The browser's name of the error, such as `net::ERR_SOCKS_CONNECTION_FAILED`.
        text: String,
    },
    /// A URL that the browser is not sent to.
    #[error("the scheme '{scheme}' cannot be rendered; give an http or https URL")]
    Scheme {
        /// The scheme, without its colon.
        scheme: String,
    },
    /// An answer that is neither a page nor text.
    #[error(
        "{url}: the answer is {media_type}, which is not rendered; set render_config.enabled to false to fetch it, or \
         render_config.fallback_to_fetch to true"
    )]
    NotADocument {
        /// Where it came from, without credentials and fragment.
        url: Url,
        /// What it is.
        media_type: String,
    },
    /// A document above the request's limit.
    #[error("the page is larger than {limit} bytes; raise request.max_body_bytes if it is meant to be so large")]
    TooLarge {
        /// The limit, in bytes.
        limit: u64,
    },
    /// A picture above the limit.
    #[error("the picture of the page is larger than {limit} bytes; lower render_config.viewport, or take none")]
    PictureTooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The run was stopped, or the server is ending.
    #[error("cancelled before the page was rendered")]
    Cancelled,
    /// The browser refused what it was told, which no page can bring about.
    #[error(
        "the browser refused {command}: {reason}; this is an error of the program, or of this version of the browser"
    )]
    Protocol {
        /// The command's name in the `DevTools` protocol.
        command: String,
        /// What the browser said.
        reason: String,
    },
}

impl From<CallError> for RenderError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Lost => Self::Lost,
            CallError::Refused { command, reason } => Self::Protocol { command, reason },
        }
    }
}

/// What a page was waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Awaited {
    /// A tab to render it in.
    Tab,
    /// The head of the server's answer.
    Response,
    /// The document that the page's script leads to.
    Redirect,
    /// The `load` event.
    Load,
    /// The `DOMContentLoaded` event.
    DomContentLoaded,
    /// No request for 500 ms.
    NetworkIdle {
        /// How many requests were open at the end.
        open: usize,
        /// The URL of one of them, without its query.
        such_as: Option<String>,
    },
    /// An element that matches this selector.
    Selector(String),
    /// A step in the page.
    Action {
        /// Which, from 0.
        index: usize,
        /// Its key in the definition.
        action: &'static str,
        /// What it was held up by.
        held_up: String,
    },
    /// The content of the finished page.
    Content,
}

impl Awaited {
    /// How to mend it.
    fn remedy(&self) -> &'static str {
        match self {
            Self::Tab | Self::Content => "the machine may be too busy for so many pages at once, so lower concurrency",
            Self::Response | Self::Redirect | Self::DomContentLoaded => "raise render_config.wait_timeout_ms",
            Self::Load => "raise render_config.wait_timeout_ms, or set wait_strategy to domcontentloaded",
            Self::NetworkIdle { .. } => {
                "raise render_config.wait_timeout_ms, or set wait_strategy to load or wait_for_selector"
            }
            Self::Selector(_) => "raise render_config.wait_timeout_ms, or correct render_config.wait_for_selector",
            Self::Action { .. } => "raise render_config.wait_timeout_ms, or correct the action",
        }
    }
}

impl fmt::Display for Awaited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tab => f.write_str("a tab of the browser"),
            Self::Response => f.write_str("the server's answer"),
            Self::Redirect => f.write_str("the page that a script leads to"),
            Self::Load => f.write_str("the load event (wait_strategy load)"),
            Self::DomContentLoaded => f.write_str("the DOMContentLoaded event (wait_strategy domcontentloaded)"),
            Self::NetworkIdle { open, such_as } => {
                f.write_str("500 ms without a request (wait_strategy networkidle")?;
                match such_as {
                    Some(url) => write!(f, "; {open} open, such as {url})"),
                    None => f.write_str("; requests came too often)"),
                }
            }
            Self::Selector(selector) => write!(f, "an element that matches `{selector}` (wait_for_selector)"),
            Self::Action { index, action, held_up } => {
                write!(f, "render_config.actions[{index}] ({action}): {held_up}")
            }
            Self::Content => f.write_str("the content of the finished page"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_says_what_was_waited_for_and_the_remedy() {
        let check = |waited_for: Awaited, expected: &str| {
            let limit = Duration::from_millis(2_500);
            assert_eq!(RenderError::Timeout { waited_for, limit }.to_string(), expected);
        };
        check(
            Awaited::Selector("#done".into()),
            "timed out after 2.5 s waiting for an element that matches `#done` (wait_for_selector); raise \
             render_config.wait_timeout_ms, or correct render_config.wait_for_selector",
        );
        check(
            Awaited::NetworkIdle {
                open: 2,
                such_as: Some("http://a.example/poll".into()),
            },
            "timed out after 2.5 s waiting for 500 ms without a request (wait_strategy networkidle; 2 open, such as \
             http://a.example/poll); raise render_config.wait_timeout_ms, or set wait_strategy to load or \
             wait_for_selector",
        );
        check(
            Awaited::Action {
                index: 1,
                action: "click",
                held_up: "no element matches `#more`".into(),
            },
            "timed out after 2.5 s waiting for render_config.actions[1] (click): no element matches `#more`; raise \
             render_config.wait_timeout_ms, or correct the action",
        );
    }
}
