//! The pseudo-classes that `selectors` leaves to its user.

use std::fmt;

use cssparser::ToCss;
use selectors::parser;

use crate::language::LanguageRange;

/// A pseudo-class that is not one of the tree's structure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PseudoClass {
    /// `:checked`.
    Checked,
    /// `:disabled`.
    Disabled,
    /// `:enabled`.
    Enabled,
    /// `:link` and `:any-link`: no page here was visited before.
    Link,
    /// `:lang()`.
    Lang(Vec<LanguageRange>),
    /// `:has()`, by the place of its argument among those of the expression.
    Has(usize),
    /// One that needs a live page, by its place in [`LIVE`].
    Live(usize),
}

/// Those that only a page before a user's eyes can match. Here they match nothing.
const LIVE: [&str; 22] = [
    "active",
    "autofill",
    "buffering",
    "current",
    "focus",
    "focus-visible",
    "focus-within",
    "fullscreen",
    "future",
    "hover",
    "modal",
    "past",
    "paused",
    "picture-in-picture",
    "playing",
    "popover-open",
    "stalled",
    "target",
    "target-within",
    "user-invalid",
    "user-valid",
    "visited",
];

impl PseudoClass {
    /// Those without an argument that can match, for messages.
    pub(crate) const NAMES: [&str; 5] = [":checked", ":disabled", ":enabled", ":link", ":any-link"];

    /// All that take an argument, for messages.
    pub(crate) const FUNCTIONS: [&str; 9] = [
        "not",
        "is",
        "where",
        "has",
        "lang",
        "nth-child",
        "nth-last-child",
        "nth-of-type",
        "nth-last-of-type",
    ];

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        Some(match name.as_str() {
            "checked" => Self::Checked,
            "disabled" => Self::Disabled,
            "enabled" => Self::Enabled,
            "link" | "any-link" => Self::Link,
            other => Self::Live(LIVE.iter().position(|live| *live == other)?),
        })
    }

    pub(crate) fn is_functional(name: &str) -> bool {
        Self::FUNCTIONS.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

impl parser::NonTSPseudoClass for PseudoClass {
    fn is_active_or_hover(&self) -> bool {
        matches!(self, Self::Live(at) if ["active", "hover"].contains(&LIVE[*at]))
    }

    fn is_user_action_state(&self) -> bool {
        matches!(self, Self::Live(at) if ["active", "hover", "focus", "focus-visible", "focus-within"].contains(&LIVE[*at]))
    }
}

impl ToCss for PseudoClass {
    fn to_css<W: fmt::Write>(&self, to: &mut W) -> fmt::Result {
        match self {
            Self::Checked => to.write_str(":checked"),
            Self::Disabled => to.write_str(":disabled"),
            Self::Enabled => to.write_str(":enabled"),
            Self::Link => to.write_str(":link"),
            Self::Lang(ranges) => {
                to.write_str(":lang(")?;
                for (at, range) in ranges.iter().enumerate() {
                    if at > 0 {
                        to.write_str(", ")?;
                    }
                    range.to_css(to)?;
                }
                to.write_str(")")
            }
            Self::Has(at) => write!(to, ":has(#{at})"),
            Self::Live(at) => write!(to, ":{}", LIVE[*at]),
        }
    }
}
