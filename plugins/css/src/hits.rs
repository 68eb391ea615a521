//! What was found, in document order and each once, and what it looks like as matches.

use snowscrape_dom::{Document, NodeId, Output};
use snowscrape_plugin_sdk::{Match, QueryFailure};

use crate::pseudo_element::Yield;

/// The most text that one call gives, in bytes: nested elements repeat their text, so a page can ask for far more than
/// it holds.
pub const MAX_OUTPUT: usize = 64 * 1024 * 1024;

/// A thing found: a text node, an element in a form, or an attribute. Attributes stand after their element and before
/// what is in it, as `XPath` orders them (`XPath` 1.0, section 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hit {
    node: NodeId,
    place: u32,
}

/// Where an element's attributes begin among its places: before are the forms of the element itself.
const FIRST_ATTRIBUTE: u32 = 3;

/// Everything that was found in one item.
#[derive(Debug, Default)]
pub(crate) struct Hits {
    hits: Vec<Hit>,
    /// How many hits to gather before they are put in order, so that a list that finds the same again stays small.
    limit: usize,
}

impl Hits {
    /// Takes what the element gives.
    pub(crate) fn push(&mut self, document: &Document, id: NodeId, yields: &Yield) {
        match yields {
            Yield::Element(output) => self.hits.push(Hit {
                node: id,
                place: place_of(*output),
            }),
            Yield::Text => {
                let texts = document.children(id).filter(|child| document.is_text(*child));
                self.hits.extend(texts.map(|node| Hit { node, place: 0 }));
            }
            Yield::Attribute(name) => self.push_attribute(document, id, name),
        }
    }

    /// Takes what the element and all elements in it give.
    pub(crate) fn push_subtree(&mut self, document: &Document, id: NodeId, yields: &Yield) {
        for node in document.subtree(id) {
            match yields {
                Yield::Text if document.is_text(node) => self.hits.push(Hit { node, place: 0 }),
                Yield::Attribute(name) if document.is_element(node) => self.push_attribute(document, node, name),
                _ => {}
            }
        }
    }

    fn push_attribute(&mut self, document: &Document, id: NodeId, name: &str) {
        let Some(tag) = document.tag(name) else { return };
        let place = document
            .attributes(id)
            .iter()
            .position(|attribute| attribute.tag() == tag);
        self.hits.extend(place.map(|place| Hit {
            node: id,
            place: FIRST_ATTRIBUTE + place as u32,
        }));
    }

    /// Puts what was found in document order, each once.
    pub(crate) fn order(&mut self) {
        if !self.hits.is_sorted() {
            self.hits.sort_unstable();
        }
        self.hits.dedup();
        self.limit = (self.hits.len() * 2).max(1 << 16);
    }

    /// Puts in order what was found so far if it is much.
    pub(crate) fn order_if_large(&mut self) {
        if self.hits.len() > self.limit {
            self.order();
        }
    }

    /// The elements, once [`Hits::order`] was called.
    pub(crate) fn into_nodes(self) -> Vec<NodeId> {
        self.hits.into_iter().map(|hit| hit.node).collect()
    }

    /// The matches, once [`Hits::order`] was called.
    pub(crate) fn write(&self, document: &Document, out: &mut Vec<Match>) -> Result<(), QueryFailure> {
        let mut left = MAX_OUTPUT;
        out.reserve(self.hits.len());
        for hit in &self.hits {
            // What would be too much is not made first.
            let least = if hit.place == place_of(Output::Text) {
                document.text(hit.node).len()
            } else {
                0
            };
            let found = (least <= left).then(|| hit.to_match(document));
            let size = found.as_ref().map_or(usize::MAX, |(_, size)| *size);
            let (Some((found, _)), Some(rest)) = (found, left.checked_sub(size)) else {
                return Err(QueryFailure::TooCostly(format!(
                    "the matches are more than {} MB together: choose elements that do not contain each other, or ::text",
                    MAX_OUTPUT >> 20
                )));
            };
            left = rest;
            out.push(found);
        }
        Ok(())
    }
}

impl Hit {
    /// The match and its size in bytes.
    fn to_match(self, document: &Document) -> (Match, usize) {
        let text = match self.place {
            0 if document.is_text(self.node) => {
                let text = document.text(self.node).to_owned();
                let size = text.len();
                return (Match::TextNode(text), size);
            }
            0 => document.output(self.node, Output::Text),
            1 => document.output(self.node, Output::Html),
            2 => document.output(self.node, Output::InnerHtml),
            attribute => {
                let at = (attribute - FIRST_ATTRIBUTE) as usize;
                document.attribute_value(&document.attributes(self.node)[at]).to_owned()
            }
        };
        let size = text.len();
        (Match::Text(text), size)
    }
}

fn place_of(output: Output) -> u32 {
    match output {
        Output::Text => 0,
        Output::Html => 1,
        Output::InnerHtml => 2,
    }
}
