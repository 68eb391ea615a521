//! Nodes as XPath sees them, and sets of them.

use std::ops::Deref;
use std::rc::Rc;

use snowscrape_dom::NodeId;

/// A node of the data model (section 5): a node of the arena, an attribute, or a node that a function made.
///
/// The order of places is document order: an element, then its attributes, then its children.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    /// The node itself; of an attribute the element that has it.
    pub(crate) node: NodeId,
    /// 0 for a node of the arena; for an attribute one more than its index among all of the document.
    ///
    /// The document has no attributes: with it as `node` this numbers the nodes that `re:match` made, odd for an
    /// element and even for the text inside of it.
    extra: u32,
}

/// The kinds of [`Place`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    Node,
    /// With its index among all attributes of the document.
    Attribute(usize),
    /// An element that `re:match` made, with its number.
    MadeElement(usize),
    /// The text node inside of such an element.
    MadeText(usize),
}

impl Place {
    pub(crate) fn of(node: NodeId) -> Self {
        Self { node, extra: 0 }
    }

    pub(crate) fn attribute(owner: NodeId, index: usize) -> Self {
        Self {
            node: owner,
            extra: index as u32 + 1,
        }
    }

    pub(crate) fn made_element(number: usize) -> Self {
        Self {
            node: NodeId::DOCUMENT,
            extra: 2 * number as u32 + 1,
        }
    }

    pub(crate) fn made_text(number: usize) -> Self {
        Self {
            node: NodeId::DOCUMENT,
            extra: 2 * number as u32 + 2,
        }
    }

    pub(crate) fn kind(self) -> PlaceKind {
        match self.extra {
            0 => PlaceKind::Node,
            extra if self.node != NodeId::DOCUMENT => PlaceKind::Attribute(extra as usize - 1),
            extra if extra % 2 == 1 => PlaceKind::MadeElement(extra as usize / 2),
            extra => PlaceKind::MadeText(extra as usize / 2 - 1),
        }
    }

    /// Whether it is a node of the arena.
    pub(crate) fn is_node(self) -> bool {
        self.extra == 0
    }
}

/// A node-set: in document order, each node once.
#[derive(Clone, Debug)]
pub(crate) enum NodeSet {
    Owned(Vec<Place>),
    /// What was remembered for the rest of the evaluation.
    Shared(Rc<Vec<Place>>),
}

impl NodeSet {
    pub(crate) fn into_vec(self) -> Vec<Place> {
        match self {
            Self::Owned(nodes) => nodes,
            Self::Shared(nodes) => nodes.to_vec(),
        }
    }

    pub(crate) fn into_shared(self) -> Rc<Vec<Place>> {
        match self {
            Self::Owned(nodes) => Rc::new(nodes),
            Self::Shared(nodes) => nodes,
        }
    }
}

impl Deref for NodeSet {
    type Target = [Place];

    fn deref(&self) -> &[Place] {
        match self {
            Self::Owned(nodes) => nodes,
            Self::Shared(nodes) => nodes,
        }
    }
}

/// Brings nodes into document order, each once, when they are not so already.
///
/// The sort is the stable one because it runs through sorted runs, which is what unions and steps leave, in linear time.
pub(crate) fn normalize(nodes: &mut Vec<Place>) {
    if !nodes.is_sorted_by(|a, b| a < b) {
        nodes.sort();
        nodes.dedup();
    }
}

#[cfg(test)]
mod tests {
    use snowscrape_dom::{Document, NodeId, ParseOptions};

    use super::{Place, PlaceKind, normalize};

    #[test]
    fn the_order_is_document_order() {
        let document = Document::parse("<p id=a title=b>x</p>", ParseOptions::default());
        let p = document.elements_by_tag(document.tag("p").expect("it has one"))[0];
        let text = document.first_child(p).expect("it has one");
        let mut nodes = vec![
            Place::of(text),
            Place::attribute(p, 1),
            Place::of(p),
            Place::attribute(p, 0),
            Place::of(text),
        ];
        normalize(&mut nodes);
        assert_eq!(
            nodes,
            [
                Place::of(p),
                Place::attribute(p, 0),
                Place::attribute(p, 1),
                Place::of(text)
            ]
        );
    }

    #[test]
    fn a_place_knows_its_kind() {
        assert_eq!(Place::of(NodeId::DOCUMENT).kind(), PlaceKind::Node);
        assert_eq!(Place::made_element(3).kind(), PlaceKind::MadeElement(3));
        assert_eq!(Place::made_text(3).kind(), PlaceKind::MadeText(3));
    }
}
