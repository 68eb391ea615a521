//! What is done with every page of a job: its `render_config`, with its secrets filled in.

use std::fmt;
use std::time::Duration;

use url::Origin;

use crate::model::{Action, RenderConfig, ResourceType, SecretText, Viewport, WaitStrategy};

/// How a job's pages are rendered. `Debug` leaves out what is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageScript {
    /// When a page counts as loaded.
    pub wait: WaitStrategy,
    /// How long that may take, from the request on; the steps together may take as long again.
    pub wait_timeout: Duration,
    /// What is done after that, in order.
    pub steps: Vec<Step>,
    /// What pages may not load.
    pub block_resources: Vec<ResourceType>,
    /// The size of the window.
    pub viewport: Viewport,
    /// Whether a picture of the window is taken.
    pub screenshot: bool,
    /// Whether the content of frames is taken too.
    pub frames: bool,
    /// The origins of the pages that a secret may be typed into. A page may lead elsewhere, and whoever is there could read it.
    pub own_origins: Vec<Origin>,
}

impl PageScript {
    /// Makes a script of a job's settings for these origins; `reveal` gives the value of a secret.
    ///
    /// # Errors
    /// What `reveal` says.
    pub fn new<E>(
        config: &RenderConfig,
        own_origins: Vec<Origin>,
        reveal: impl Fn(&SecretText) -> Result<String, E>,
    ) -> Result<Self, E> {
        let step = |action: &Action| {
            Ok(match action {
                Action::Click(selector) => Step::Click(selector.clone()),
                Action::Type { selector, text } => Step::Type {
                    selector: selector.clone(),
                    text: Typed {
                        text: reveal(text)?,
                        is_secret: matches!(text, SecretText::Secret { .. }),
                    },
                },
                Action::ScrollToEnd => Step::ScrollToEnd,
                Action::WaitFor(selector) => Step::WaitFor(selector.clone()),
                Action::WaitMs(time) => Step::Wait(Duration::from_millis(u64::from(*time))),
                Action::Press(key) => Step::Press(key.clone()),
                Action::Evaluate(script) => Step::Evaluate(script.clone()),
            })
        };
        Ok(Self {
            wait: config.wait.clone(),
            wait_timeout: Duration::from_millis(u64::from(config.wait_timeout_ms)),
            steps: config.actions.iter().map(step).collect::<Result<_, _>>()?,
            block_resources: config.block_resources.clone(),
            viewport: config.viewport,
            screenshot: config.screenshot,
            frames: config.frames,
            own_origins,
        })
    }
}

/// One step in a page: an [`Action`] whose secret is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Clicks the first element that matches a CSS selector, once it can be clicked.
    Click(String),
    /// Types a text into the first element that matches a CSS selector, key by key.
    Type {
        /// The CSS selector.
        selector: String,
        /// What is typed.
        text: Typed,
    },
    /// Scrolls down until the page grows no more.
    ScrollToEnd,
    /// Waits for an element that matches a CSS selector.
    WaitFor(String),
    /// Waits.
    Wait(Duration),
    /// Presses a key, by its name in the UI Events standard.
    Press(String),
    /// Evaluates a script in the page, and waits for what it promises.
    Evaluate(String),
}

impl Step {
    /// The step's key in a definition.
    pub(super) fn key(&self) -> &'static str {
        match self {
            Self::Click(_) => "click",
            Self::Type { .. } => "type",
            Self::ScrollToEnd => "scroll",
            Self::WaitFor(_) => "wait_for",
            Self::Wait(_) => "wait_ms",
            Self::Press(_) => "press",
            Self::Evaluate(_) => "evaluate",
        }
    }
}

/// A text to type, which may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Typed {
    /// The text.
    pub text: String,
    /// Whether only the job's own origins may see it.
    pub is_secret: bool,
}

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SecretName;

    fn config() -> RenderConfig {
        let secret = SecretName::parse("PIN").unwrap();
        RenderConfig {
            wait_timeout_ms: 1_500,
            actions: vec![
                Action::Type {
                    selector: "#pin".into(),
                    text: SecretText::Secret { secret },
                },
                Action::WaitMs(20),
            ],
            ..RenderConfig::default()
        }
    }

    #[test]
    fn secrets_are_filled_in_and_not_shown() {
        let script = PageScript::new(&config(), Vec::new(), |_| Ok::<_, ()>("hunter2".to_owned())).unwrap();
        assert_eq!(script.wait_timeout, Duration::from_millis(1_500));
        let typed = Step::Type {
            selector: "#pin".into(),
            text: Typed {
                text: "hunter2".into(),
                is_secret: true,
            },
        };
        assert_eq!(script.steps, [typed, Step::Wait(Duration::from_millis(20))]);
        assert!(!format!("{script:?}").contains("hunter2"));
    }

    #[test]
    fn an_unknown_secret_is_the_callers_error() {
        assert_eq!(PageScript::new(&config(), Vec::new(), |_| Err("no PIN")), Err("no PIN"));
    }
}
