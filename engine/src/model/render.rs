//! How pages are rendered in a browser.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use super::SecretText;

/// Whether and how pages go through a browser before they are extracted.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the definition's own, independent of each other"
)]
pub struct RenderConfig {
    /// Whether pages are rendered; true where the section stands without it.
    pub enabled: bool,
    /// When a page counts as loaded.
    #[serde(flatten)]
    pub wait: WaitStrategy,
    /// How long that may take, in milliseconds.
    pub wait_timeout_ms: u32,
    /// What is done in the page after that, in order.
    pub actions: Vec<Action>,
    /// What the page may not load.
    pub block_resources: Vec<ResourceType>,
    /// The size of the page's window.
    pub viewport: Viewport,
    /// Whether a picture of the page is kept.
    pub screenshot: bool,
    /// Whether the content of frames is taken too.
    pub frames: bool,
    /// Whether a page that cannot be rendered is fetched instead.
    pub fallback_to_fetch: bool,
}

impl Default for RenderConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            wait: WaitStrategy::default(),
            wait_timeout_ms: 30_000,
            actions: Vec::new(),
            block_resources: Vec::new(),
            viewport: Viewport::default(),
            screenshot: false,
            frames: false,
            fallback_to_fetch: false,
        }
    }
}

/// When a page counts as loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(tag = "wait_strategy", content = "wait_for_selector", rename_all = "lowercase")]
pub enum WaitStrategy {
    /// Its `load` event.
    #[default]
    Load,
    /// Its `DOMContentLoaded` event.
    DomContentLoaded,
    /// No request for 500 ms.
    NetworkIdle,
    /// An element that matches this CSS selector.
    Selector(String),
}

impl WaitStrategy {
    /// The words of all strategies, in the order in which a message lists them.
    pub const NAMES: [&'static str; 4] = ["load", "domcontentloaded", "networkidle", "selector"];
}

/// One step in a rendered page. In a definition each is an object with one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `{"click": "#more"}`: clicks the first element that matches a CSS selector.
    Click(String),
    /// `{"type": {"selector": "#q", "text": "shoes"}}`: types a text into an element; the text may be a secret.
    Type {
        /// The CSS selector of the element.
        selector: String,
        /// What is typed.
        text: SecretText,
    },
    /// `{"scroll": "end"}`: scrolls down until the page grows no more.
    ScrollToEnd,
    /// `{"wait_for": ".loaded"}`: waits for an element that matches a CSS selector.
    WaitFor(String),
    /// `{"wait_ms": 200}`: waits so many milliseconds.
    WaitMs(u32),
    /// `{"press": "Enter"}`: presses a key, by its name in the UI Events standard.
    Press(String),
    /// `{"evaluate": "…"}`: evaluates a script.
    Evaluate(String),
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        match self {
            Self::Click(selector) => map.serialize_entry("click", selector)?,
            Self::Type { selector, text } => {
                let inner = serde_json::json!({ "selector": selector, "text": text });
                map.serialize_entry("type", &inner)?;
            }
            Self::ScrollToEnd => map.serialize_entry("scroll", "end")?,
            Self::WaitFor(selector) => map.serialize_entry("wait_for", selector)?,
            Self::WaitMs(time) => map.serialize_entry("wait_ms", time)?,
            Self::Press(key) => map.serialize_entry("press", key)?,
            Self::Evaluate(script) => map.serialize_entry("evaluate", script)?,
        }
        map.end()
    }
}

/// The size of a page's window, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Viewport {
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
}

impl Viewport {
    /// The smallest width and height.
    pub const MIN: u32 = 16;
    /// The largest width and height.
    pub const MAX: u32 = 8_192;
    /// The most pixels of which a picture is taken.
    pub const MAX_PICTURE: u32 = 4_096 * 4_096;
}

impl Default for Viewport {
    fn default() -> Self {
        Self {
            width: 1280,
            height: 800,
        }
    }
}

closed_set! {
    /// The kinds of resource that a browser can be kept from loading, as its protocol names them, in lower case.
    pub enum ResourceType {
        /// Pictures.
        Image = "image",
        /// Fonts.
        Font = "font",
        /// Style sheets.
        Stylesheet = "stylesheet",
        /// Scripts.
        Script = "script",
        /// Video and audio.
        Media = "media",
        /// Requests of the page's scripts by `XMLHttpRequest`.
        Xhr = "xhr",
        /// Requests of the page's scripts by `fetch`.
        Fetch = "fetch",
        /// Web sockets.
        Websocket = "websocket",
        /// Web application manifests.
        Manifest = "manifest",
        /// Anything else but the page itself.
        Other = "other",
    }
}
