//! The pseudo-elements that say what of an element a selector gives.

use snowscrape_dom::Output;

/// What a selector gives of each element that it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Yield {
    /// The element itself in a form: without a pseudo-element, and `::html` and `::inner-html`.
    Element(Output),
    /// `::text`: each text node that is a child of it.
    Text,
    /// `::attr(name)`: the value of an attribute, by its name in lower case.
    Attribute(String),
}

/// The pseudo-elements there are, for messages.
pub(crate) const KNOWN: &str = "::text, ::attr(name), ::html and ::inner-html";

impl Yield {
    /// The pseudo-element of that name without an argument. Names compare without case, as all of CSS's do.
    pub(crate) fn from_name(name: &str) -> Result<Self, String> {
        match name.to_ascii_lowercase().as_str() {
            "text" => Ok(Self::Text),
            "html" => Ok(Self::Element(Output::Html)),
            "inner-html" => Ok(Self::Element(Output::InnerHtml)),
            "attr" => Err("::attr needs the name of an attribute: write ::attr(href)".to_owned()),
            _ => Err(format!("the pseudo-element ::{name} is unknown; there are {KNOWN}")),
        }
    }

    /// The pseudo-element of that name with an argument.
    pub(crate) fn from_function(name: &str, argument: Option<&str>) -> Result<Self, String> {
        match (name.to_ascii_lowercase().as_str(), argument) {
            ("attr", Some(attribute)) => Ok(Self::Attribute(attribute.to_ascii_lowercase())),
            ("attr", None) => Err("::attr() takes the name of one attribute: write ::attr(href)".to_owned()),
            (known @ ("text" | "html" | "inner-html"), _) => {
                Err(format!("::{known} takes no argument: write ::{known}"))
            }
            _ => Err(format!("the pseudo-element ::{name}() is unknown; there are {KNOWN}")),
        }
    }
}
