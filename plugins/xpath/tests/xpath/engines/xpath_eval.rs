//! `xpath-eval` over the arena itself.

use std::cmp::Ordering;

use snowscrape_dom::{Document, NodeId, NodeKind};

pub(crate) fn ask_xpath_eval(document: &Document, expression: &str) -> Result<Vec<String>, String> {
    let parsed = xpath_eval::parse(expression).map_err(|error| format!("{error:?}"))?;
    let context = xpath_eval::EvaluationContext::new(Node {
        document,
        at: super::root(document),
        attribute: None,
    });
    match xpath_eval::evaluate(&parsed, &context).map_err(|error| format!("{error:?}"))? {
        xpath_eval::Value::NodeSet(mut nodes) => {
            nodes.sort_by(|a, b| xpath_eval::Node::document_order(*a, *b));
            Ok(nodes.into_iter().map(xpath_eval::Node::string_value).collect())
        }
        other => Ok(vec![other.to_xpath_string()]),
    }
}

/// A node of the arena as `xpath-eval` wants to see it.
#[derive(Clone, Copy)]
struct Node<'d> {
    document: &'d Document,
    at: NodeId,
    attribute: Option<usize>,
}

impl PartialEq for Node<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.attribute) == (other.at, other.attribute)
    }
}

impl Eq for Node<'_> {}

impl Node<'_> {
    fn moved(self, at: NodeId) -> Self {
        Node {
            at,
            attribute: None,
            ..self
        }
    }
}

impl<'d> xpath_eval::Node<'d> for Node<'d> {
    fn kind(self) -> xpath_eval::NodeKind {
        match (self.attribute, self.document.kind(self.at)) {
            (Some(_), _) => xpath_eval::NodeKind::Attribute,
            (_, NodeKind::Document) => xpath_eval::NodeKind::Root,
            (_, NodeKind::Element) => xpath_eval::NodeKind::Element,
            (_, NodeKind::Text) => xpath_eval::NodeKind::Text,
            (_, NodeKind::Comment) => xpath_eval::NodeKind::Comment,
            (_, NodeKind::ProcessingInstruction) => xpath_eval::NodeKind::ProcessingInstruction,
        }
    }

    fn parent(self) -> Option<Self> {
        match self.attribute {
            Some(_) => Some(self.moved(self.at)),
            None => self.document.parent(self.at).map(|parent| self.moved(parent)),
        }
    }

    fn children(self) -> impl Iterator<Item = Self> + 'd {
        let none = self.attribute.is_some();
        self.document
            .children(self.at)
            .filter(move |_| !none)
            .map(move |child| self.moved(child))
    }

    fn attributes(self) -> impl Iterator<Item = Self> + 'd {
        let range = if self.attribute.is_some() {
            0..0
        } else {
            self.document.attribute_range(self.at)
        };
        range.map(move |index| Node {
            attribute: Some(index),
            ..self
        })
    }

    fn namespaces(self) -> impl Iterator<Item = Self> + 'd {
        std::iter::empty()
    }

    fn expanded_name(self) -> Option<xpath_eval::ExpandedName> {
        let tag = match self.attribute {
            Some(index) => self.document.all_attributes()[index].tag(),
            None if self.document.is_element(self.at) => self.document.tag_of(self.at),
            None => return None,
        };
        Some(xpath_eval::ExpandedName {
            namespace_uri: None,
            local_name: self.document.tag_name(tag).to_owned(),
        })
    }

    fn string_value(self) -> String {
        match self.attribute {
            Some(index) => self
                .document
                .attribute_value(&self.document.all_attributes()[index])
                .to_owned(),
            None => self.document.text(self.at).to_owned(),
        }
    }

    fn document_order(self, other: Self) -> Ordering {
        (self.at, self.attribute).cmp(&(other.at, other.attribute))
    }
}

/// A number as XPath 1.0 prints it, which `sxd-xpath` does not.
pub(crate) fn number(number: f64) -> String {
    xpath_eval::Value::<Node<'_>>::Number(number).to_xpath_string()
}
