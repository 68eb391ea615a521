//! `render_config`.

use poem_openapi::registry::MetaSchema;
use poem_openapi::{Object, Union};
use snowscrape_engine::model::{ResourceType, WaitStrategy};

use super::described::{Described, Form, words};
use super::optional::{Optional, no, whole, yes};
use super::secret::SecretText;

/// How pages go through a browser before they are extracted.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields, skip_serializing_if_is_none)]
pub(crate) struct RenderConfig {
    /// Whether pages are rendered.
    #[oai(default = "yes")]
    enabled: Optional<bool>,
    /// When a page counts as loaded: at its event `load` or `domcontentloaded`, after 500 ms without a request
    /// (`networkidle`), or when `wait_for_selector` matches (`selector`). If left out it is `selector` where
    /// `wait_for_selector` is given, else `load`.
    wait_strategy: Optional<Described<WaitWord>>,
    /// The CSS selector of the element that is waited for. `selector` needs it, and no other `wait_strategy` allows it.
    #[oai(validator(min_length = 1))]
    wait_for_selector: Optional<String>,
    /// How long a page may take to load, in milliseconds.
    #[oai(
        default = "whole::<30_000>",
        validator(minimum(value = "1"), maximum(value = "600000"))
    )]
    wait_timeout_ms: Optional<u32>,
    /// What is done in the page once it has loaded, in order; nothing if left out.
    actions: Optional<Vec<Action>>,
    /// What the page may not load; nothing is kept from it if left out.
    block_resources: Optional<Vec<Described<ResourceType>>>,
    /// The size of the page's window; 1280 by 800 if left out.
    viewport: Optional<Viewport>,
    /// Whether a picture of the page is kept.
    #[oai(default = "no")]
    screenshot: Optional<bool>,
    /// Whether the content of frames is taken too.
    #[oai(default = "no")]
    frames: Optional<bool>,
    /// Whether a page that cannot be rendered is fetched instead.
    #[oai(default = "no")]
    fallback_to_fetch: Optional<bool>,
}

/// The size of a page's window, in CSS pixels.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct Viewport {
    /// Its width.
    #[oai(validator(minimum(value = "16"), maximum(value = "8192")))]
    width: u32,
    /// Its height.
    #[oai(validator(minimum(value = "16"), maximum(value = "8192")))]
    height: u32,
}

/// One step in a rendered page: an object with one key.
#[derive(Debug, Union)]
#[oai(one_of)]
pub(crate) enum Action {
    Click(ClickAction),
    Type(TypeAction),
    Scroll(ScrollAction),
    WaitFor(WaitForAction),
    WaitMs(WaitMsAction),
    Press(PressAction),
    Evaluate(EvaluateAction),
}

/// Clicks an element.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct ClickAction {
    /// A CSS selector. The first element that matches it is clicked.
    #[oai(validator(min_length = 1))]
    click: String,
}

/// Types a text into an element.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct TypeAction {
    /// Where and what.
    #[oai(rename = "type")]
    typing: Typing,
}

/// A text, and the element that it is typed into.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct Typing {
    /// The CSS selector of the element.
    #[oai(validator(min_length = 1))]
    selector: String,
    /// What is typed.
    text: SecretText,
}

/// Scrolls down until the page grows no more.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct ScrollAction {
    /// How far.
    scroll: Described<ScrollWord>,
}

/// Waits for an element.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct WaitForAction {
    /// The CSS selector of the element.
    #[oai(validator(min_length = 1))]
    wait_for: String,
}

/// Waits for some time.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct WaitMsAction {
    /// How long, in milliseconds.
    #[oai(validator(minimum(value = "0"), maximum(value = "600000")))]
    wait_ms: u32,
}

/// Presses a key.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct PressAction {
    /// The key's name in the UI Events standard, such as `Enter`.
    #[oai(validator(min_length = 1))]
    press: String,
}

/// Evaluates a script.
#[derive(Debug, Object)]
#[oai(deny_unknown_fields)]
pub(crate) struct EvaluateAction {
    /// The script, in JavaScript.
    #[oai(validator(min_length = 1))]
    evaluate: String,
}

/// The words of `wait_strategy`, which the engine keeps beside an enum that holds the selector too.
#[derive(Debug)]
pub(crate) struct WaitWord;

impl Form for WaitWord {
    fn schema() -> MetaSchema {
        words(WaitStrategy::NAMES)
    }
}

/// The word of `scroll`.
#[derive(Debug)]
pub(crate) struct ScrollWord;

impl Form for ScrollWord {
    fn schema() -> MetaSchema {
        words(["end"])
    }
}
