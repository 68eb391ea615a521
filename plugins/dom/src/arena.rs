//! The frozen arena: nodes in document order and the ways to walk them.
//!
//! Nothing here changes after parsing, and nothing here recurses: a page may be as deep as [`crate::MAX_DEPTH`].

use std::cell::OnceCell;
use std::ops::Range;

use html5ever::tree_builder::QuirksMode;
use html5ever::{LocalName, Namespace, ns};
use rustc_hash::FxHashMap;

use crate::name::{Name, NameId, Names, TagId};

/// A node's place in document order. The document node is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub(crate) u32);

impl NodeId {
    /// The document node, the parent of the root element.
    pub const DOCUMENT: Self = Self(0);

    /// The place as an index, for tables with an entry for each node.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a node is. A doctype is no node: neither CSS nor XPath can see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// The document itself.
    Document,
    /// An element.
    Element,
    /// A run of text. Two text nodes are never neighbours.
    Text,
    /// A comment.
    Comment,
    /// A processing instruction. HTML's parser makes comments of them, so this comes from other builders only.
    ProcessingInstruction,
}

/// One node. Its fields are read through [`Document`].
#[derive(Debug)]
pub struct Node {
    pub(crate) kind: NodeKind,
    pub(crate) attribute_count: u16,
    pub(crate) parent: u32,
    /// The siblings before and after, 0 where there is none (the document is nobody's sibling).
    pub(crate) previous: u32,
    pub(crate) next: u32,
    /// One past the last node of the subtree.
    pub(crate) end: u32,
    /// Into the text buffer; into the comment buffer for comments and processing instructions.
    pub(crate) text: (u32, u32),
    pub(crate) name: NameId,
    pub(crate) tag: TagId,
    pub(crate) first_attribute: u32,
}

/// One attribute of an element.
#[derive(Debug)]
pub struct Attribute {
    pub(crate) owner: NodeId,
    pub(crate) name: NameId,
    pub(crate) tag: TagId,
    pub(crate) value: (u32, u32),
}

impl Attribute {
    /// The element that has it.
    pub fn owner(&self) -> NodeId {
        self.owner
    }

    /// Its interned name.
    pub fn name(&self) -> NameId {
        self.name
    }

    /// Its folded name.
    pub fn tag(&self) -> TagId {
        self.tag
    }
}

/// A parsed page, or a parsed fragment of one.
#[derive(Debug)]
pub struct Document {
    pub(crate) nodes: Vec<Node>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) names: Names,
    pub(crate) text: String,
    pub(crate) comments: String,
    pub(crate) values: String,
    /// For each tag where its elements start in `tagged`, and one entry more for the end.
    pub(crate) tag_starts: Vec<u32>,
    pub(crate) tagged: Vec<NodeId>,
    pub(crate) quirks: QuirksMode,
    pub(crate) scripting: bool,
    pub(crate) left_out: u32,
    pub(crate) fragment: bool,
    pub(crate) ids: OnceCell<FxHashMap<Box<str>, NodeId>>,
}

impl Document {
    /// The number of nodes.
    #[expect(clippy::len_without_is_empty, reason = "a document always has its document node")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Every node in document order.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.nodes.len() as u32).map(NodeId)
    }

    /// The outermost element, `html` in a parsed page.
    pub fn root_element(&self) -> Option<NodeId> {
        self.children(NodeId::DOCUMENT).find(|id| self.is_element(*id))
    }

    /// The element that a fragment was made of: its first one. In a page this is the root element.
    pub fn item(&self) -> Option<NodeId> {
        let root = self.root_element()?;
        if self.fragment {
            self.children(root).find(|id| self.is_element(*id))
        } else {
            Some(root)
        }
    }

    /// Whether the page asked for the quirks of old browsers, in which class and id compare without case.
    pub fn quirks_mode(&self) -> QuirksMode {
        self.quirks
    }

    /// How many start tags were left out because they stood deeper than [`crate::MAX_DEPTH`].
    pub fn left_out(&self) -> u32 {
        self.left_out
    }

    /// The node itself, one address for each node as long as the document lives.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// What the node is.
    pub fn kind(&self, id: NodeId) -> NodeKind {
        self.node(id).kind
    }

    /// Whether the node is an element.
    pub fn is_element(&self, id: NodeId) -> bool {
        self.node(id).kind == NodeKind::Element
    }

    /// Whether the node is a text node.
    pub fn is_text(&self, id: NodeId) -> bool {
        self.node(id).kind == NodeKind::Text
    }

    /// The parent: none only for the document.
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        (id != NodeId::DOCUMENT).then(|| NodeId(self.node(id).parent))
    }

    /// The sibling before.
    pub fn previous_sibling(&self, id: NodeId) -> Option<NodeId> {
        link(self.node(id).previous)
    }

    /// The sibling after.
    pub fn next_sibling(&self, id: NodeId) -> Option<NodeId> {
        link(self.node(id).next)
    }

    /// The first child.
    pub fn first_child(&self, id: NodeId) -> Option<NodeId> {
        (self.node(id).end > id.0 + 1).then_some(NodeId(id.0 + 1))
    }

    /// The last child. Takes as many steps as the last descendant is deep.
    pub fn last_child(&self, id: NodeId) -> Option<NodeId> {
        let end = self.node(id).end;
        if end == id.0 + 1 {
            return None;
        }
        let mut last = NodeId(end - 1);
        while self.node(last).parent != id.0 {
            last = NodeId(self.node(last).parent);
        }
        Some(last)
    }

    /// The children in document order.
    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.first_child(id), |child| self.next_sibling(*child))
    }

    /// The ancestors from the parent up to the document.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> + '_ {
        std::iter::successors(self.parent(id), |up| self.parent(*up))
    }

    /// The node and its descendants, in document order.
    pub fn subtree(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0..self.node(id).end).map(NodeId)
    }

    /// The descendants, without the node itself, in document order.
    pub fn descendants(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (id.0 + 1..self.node(id).end).map(NodeId)
    }

    /// The nodes that start after the node's subtree ends, in document order: XPath's following axis.
    pub fn following(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (self.node(id).end..self.nodes.len() as u32).map(NodeId)
    }

    /// Whether `ancestor` is an ancestor of `id`; no node is its own ancestor.
    pub fn is_ancestor(&self, ancestor: NodeId, id: NodeId) -> bool {
        ancestor < id && id.0 < self.node(ancestor).end
    }

    /// The interned name of an element. Other nodes have none, and the answer for them means nothing.
    pub fn name_id(&self, id: NodeId) -> NameId {
        self.node(id).name
    }

    /// The name behind an interned one.
    pub fn name(&self, name: NameId) -> &Name {
        self.names.get(name)
    }

    /// The local name of an element.
    pub fn local_name(&self, id: NodeId) -> &LocalName {
        self.names.get(self.node(id).name).local()
    }

    /// The namespace of an element.
    pub fn namespace(&self, id: NodeId) -> &Namespace {
        self.names.get(self.node(id).name).namespace()
    }

    /// Whether the node is an element of HTML itself, not of SVG or MathML.
    pub fn is_html(&self, id: NodeId) -> bool {
        self.is_element(id) && *self.namespace(id) == ns!(html)
    }

    /// The folded name of an element, to compare with [`Document::tag`].
    pub fn tag_of(&self, id: NodeId) -> TagId {
        self.node(id).tag
    }

    /// The folded name as text.
    pub fn tag_name(&self, tag: TagId) -> &str {
        self.names.tag_name(tag)
    }

    /// The folded name `lower` as this document interned it; `None` says that no element and no attribute has it.
    pub fn tag(&self, lower: &str) -> Option<TagId> {
        self.names.tag(lower)
    }

    /// All elements of a folded name, in document order.
    pub fn elements_by_tag(&self, tag: TagId) -> &[NodeId] {
        let at = tag.0 as usize;
        &self.tagged[self.tag_starts[at] as usize..self.tag_starts[at + 1] as usize]
    }

    /// The elements of a folded name inside `id`'s subtree, `id` itself not among them.
    pub fn elements_by_tag_in(&self, tag: TagId, id: NodeId) -> &[NodeId] {
        let all = self.elements_by_tag(tag);
        let start = all.partition_point(|at| *at <= id);
        let length = all[start..].partition_point(|at| at.0 < self.node(id).end);
        &all[start..start + length]
    }

    /// The attributes of a node, in source order.
    pub fn attributes(&self, id: NodeId) -> &[Attribute] {
        &self.attributes[self.attribute_range(id)]
    }

    /// Where the attributes of a node stand among those of the whole document.
    pub fn attribute_range(&self, id: NodeId) -> Range<usize> {
        let node = self.node(id);
        let first = node.first_attribute as usize;
        first..first + usize::from(node.attribute_count)
    }

    /// Every attribute of the document, by element in document order.
    pub fn all_attributes(&self) -> &[Attribute] {
        &self.attributes
    }

    /// The value of an attribute.
    pub fn attribute_value(&self, attribute: &Attribute) -> &str {
        &self.values[attribute.value.0 as usize..attribute.value.1 as usize]
    }

    /// The value of the attribute with the folded name `tag`.
    pub fn attribute_by_tag(&self, id: NodeId, tag: TagId) -> Option<&str> {
        self.attributes(id)
            .iter()
            .find(|attribute| attribute.tag == tag)
            .map(|found| self.attribute_value(found))
    }

    /// The value of the attribute `lower`, a name in lower case.
    pub fn attribute(&self, id: NodeId, lower: &str) -> Option<&str> {
        self.attribute_by_tag(id, self.tag(lower)?)
    }

    /// The text content: of an element or the document all text in it, of a text node or comment its own.
    ///
    /// This is XPath's string-value (XPath 1.0, section 5).
    pub fn text(&self, id: NodeId) -> &str {
        let node = self.node(id);
        let buffer = match node.kind {
            NodeKind::Comment | NodeKind::ProcessingInstruction => &self.comments,
            NodeKind::Document | NodeKind::Element | NodeKind::Text => &self.text,
        };
        &buffer[node.text.0 as usize..node.text.1 as usize]
    }

    /// The first element in document order whose `id` is this.
    pub fn element_by_id(&self, id: &str) -> Option<NodeId> {
        let ids = self.ids.get_or_init(|| {
            let mut ids = FxHashMap::default();
            if let Some(tag) = self.tag("id") {
                for attribute in self.attributes.iter().filter(|attribute| attribute.tag == tag) {
                    ids.entry(self.attribute_value(attribute).into())
                        .or_insert(attribute.owner);
                }
            }
            ids
        });
        ids.get(id).copied()
    }
}

fn link(to: u32) -> Option<NodeId> {
    (to != 0).then_some(NodeId(to))
}
