//! Where to look for the elements that a compound selector can match: an index instead of the whole page.

use selectors::SelectorList;
use selectors::parser::Component;
use snowscrape_dom::{Attribute, Document, NodeId};

use crate::grammar::Grammar;

/// The elements among which all matches of a compound selector are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Those of a name, in lower case.
    Tag(String),
    /// Those with an attribute of that name, in lower case.
    Attribute(String),
    /// All.
    Every,
}

impl Source {
    /// The narrowest source for a list of one compound selector.
    pub(crate) fn of(compound: &SelectorList<Grammar>) -> Self {
        let mut best = Self::Every;
        for component in compound.slice().iter().flat_map(|selector| selector.iter()) {
            let attribute = match component {
                Component::LocalName(name) => return Self::Tag(name.lower_name.0.to_string()),
                Component::ID(_) => "id".to_owned(),
                Component::Class(_) => "class".to_owned(),
                Component::AttributeInNoNamespaceExists { local_name_lower, .. } => local_name_lower.0.to_string(),
                Component::AttributeInNoNamespace { local_name, .. } => local_name.0.to_ascii_lowercase().to_string(),
                _ => continue,
            };
            // An id names one element mostly, so it is better than any other attribute.
            if best == Self::Every || attribute == "id" {
                best = Self::Attribute(attribute);
            }
        }
        best
    }

    /// The elements of this source in the subtree of `root`, itself among them, in document order.
    pub(crate) fn elements<'d>(&self, document: &'d Document, root: NodeId) -> Box<dyn Iterator<Item = NodeId> + 'd> {
        match self {
            Self::Tag(name) => {
                let Some(tag) = document.tag(name) else {
                    return Box::new(std::iter::empty());
                };
                let own = document.is_element(root) && document.tag_of(root) == tag;
                let inner = document.elements_by_tag_in(tag, root).iter().copied();
                Box::new(own.then_some(root).into_iter().chain(inner))
            }
            Self::Attribute(name) => {
                let Some(tag) = document.tag(name) else {
                    return Box::new(std::iter::empty());
                };
                let all = document.all_attributes();
                let start = all.partition_point(|attribute| attribute.owner() < root);
                let mut last = None;
                Box::new(
                    all[start..]
                        .iter()
                        .take_while(move |attribute| {
                            attribute.owner() == root || document.is_ancestor(root, attribute.owner())
                        })
                        .filter(move |attribute| attribute.tag() == tag)
                        .map(Attribute::owner)
                        // Names that differ only in case or namespace fold to one.
                        .filter(move |owner| last.replace(*owner) != Some(*owner)),
                )
            }
            Self::Every => Box::new(document.subtree(root).filter(move |id| document.is_element(*id))),
        }
    }
}
