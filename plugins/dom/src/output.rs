//! What an element's match is made of.

use crate::arena::{Document, NodeId};

/// The form in which an element is answered: the option `output` of css and xpath.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// Its text content.
    #[default]
    Text,
    /// Its HTML, its own tags included.
    Html,
    /// The HTML inside of it.
    InnerHtml,
}

impl Output {
    /// The names by which the option chooses, in the order of the variants.
    pub const NAMES: [&str; 3] = ["text", "html", "inner-html"];

    /// The form of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "html" => Some(Self::Html),
            "inner-html" => Some(Self::InnerHtml),
            _ => None,
        }
    }
}

impl Document {
    /// An element in the form that was asked for.
    pub fn output(&self, id: NodeId, output: Output) -> String {
        match output {
            Output::Text => self.text(id).to_owned(),
            Output::Html => self.outer_html(id),
            Output::InnerHtml => self.inner_html(id),
        }
    }
}
