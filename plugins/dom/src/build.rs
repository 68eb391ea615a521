//! The tree while it is built: html5ever's tree builder links nodes here, out of document order where the standard
//! says so (foster parenting, the adoption agency).
//!
//! Text is kept as the tokenizer's own slices and copied once, when the tree is frozen.

use std::borrow::Cow;
use std::cell::{Cell, Ref, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::QuirksMode;
use html5ever::{Attribute, QualName, local_name};

pub(crate) const NONE: u32 = u32::MAX;
pub(crate) const DOCUMENT: u32 = 0;

#[derive(Debug)]
pub(crate) struct Building {
    pub(crate) parent: u32,
    pub(crate) previous: u32,
    pub(crate) next: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Document,
    Element { name: QualName, attributes: Vec<Attribute> },
    Text { first_chunk: u32, last_chunk: u32 },
    Comment(StrTendril),
    ProcessingInstruction { target: StrTendril, data: StrTendril },
}

#[derive(Debug)]
pub(crate) struct Chunk {
    pub(crate) text: StrTendril,
    pub(crate) next: u32,
}

/// What html5ever's tree builder writes to.
#[derive(Debug)]
pub(crate) struct Builder {
    pub(crate) nodes: RefCell<Vec<Building>>,
    pub(crate) chunks: RefCell<Vec<Chunk>>,
    pub(crate) quirks: Cell<QuirksMode>,
}

impl Builder {
    pub(crate) fn new(expected_nodes: usize) -> Self {
        let mut nodes = Vec::with_capacity(expected_nodes);
        nodes.push(unlinked(Content::Document));
        Self {
            nodes: RefCell::new(nodes),
            chunks: RefCell::new(Vec::with_capacity(expected_nodes / 2)),
            quirks: Cell::new(QuirksMode::NoQuirks),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    /// Whether something stands after the `head` of the page.
    pub(crate) fn has_closed_head(&self) -> bool {
        let nodes = self.nodes.borrow();
        let mut at = nodes[DOCUMENT as usize].last;
        while at != NONE {
            let Building {
                first,
                previous,
                content,
                ..
            } = &nodes[at as usize];
            match content {
                Content::Element { name, .. } if name.local == local_name!("html") => at = *first,
                Content::Element { name, .. } if name.local == local_name!("head") => {
                    return nodes[at as usize].next != NONE;
                }
                Content::Element { .. } => return false,
                _ => at = *previous,
            }
        }
        false
    }

    fn create(&self, content: Content) -> u32 {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(unlinked(content));
        nodes.len() as u32 - 1
    }

    fn create_text(&self, text: StrTendril) -> u32 {
        let chunk = self.push_chunk(text);
        self.create(Content::Text {
            first_chunk: chunk,
            last_chunk: chunk,
        })
    }

    fn push_chunk(&self, text: StrTendril) -> u32 {
        let mut chunks = self.chunks.borrow_mut();
        chunks.push(Chunk { text, next: NONE });
        chunks.len() as u32 - 1
    }

    /// Joins `text` to the node where that is a text node; gives it back where it is not.
    fn extend_text(&self, node: u32, text: StrTendril) -> Option<StrTendril> {
        if node == NONE {
            return Some(text);
        }
        let mut nodes = self.nodes.borrow_mut();
        let Content::Text { last_chunk, .. } = &mut nodes[node as usize].content else {
            return Some(text);
        };
        let chunk = self.push_chunk(text);
        self.chunks.borrow_mut()[*last_chunk as usize].next = chunk;
        *last_chunk = chunk;
        None
    }

    fn detach(&self, node: u32) {
        let mut nodes = self.nodes.borrow_mut();
        let Building {
            parent, previous, next, ..
        } = nodes[node as usize];
        if parent == NONE {
            return;
        }
        if previous == NONE {
            nodes[parent as usize].first = next;
        } else {
            nodes[previous as usize].next = next;
        }
        if next == NONE {
            nodes[parent as usize].last = previous;
        } else {
            nodes[next as usize].previous = previous;
        }
        let node = &mut nodes[node as usize];
        (node.parent, node.previous, node.next) = (NONE, NONE, NONE);
    }

    fn append_node(&self, parent: u32, child: u32) {
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let last = nodes[parent as usize].last;
        nodes[child as usize].parent = parent;
        nodes[child as usize].previous = last;
        nodes[parent as usize].last = child;
        if last == NONE {
            nodes[parent as usize].first = child;
        } else {
            nodes[last as usize].next = child;
        }
    }

    fn insert_before(&self, sibling: u32, child: u32) {
        self.detach(child);
        let mut nodes = self.nodes.borrow_mut();
        let Building { parent, previous, .. } = nodes[sibling as usize];
        nodes[child as usize].parent = parent;
        nodes[child as usize].previous = previous;
        nodes[child as usize].next = sibling;
        nodes[sibling as usize].previous = child;
        if previous == NONE {
            nodes[parent as usize].first = child;
        } else {
            nodes[previous as usize].next = child;
        }
    }
}

fn unlinked(content: Content) -> Building {
    Building {
        parent: NONE,
        previous: NONE,
        next: NONE,
        first: NONE,
        last: NONE,
        content,
    }
}

impl TreeSink for Builder {
    type Handle = u32;
    type Output = Self;
    type ElemName<'a> = Ref<'a, QualName>;

    fn finish(self) -> Self {
        self
    }

    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> u32 {
        DOCUMENT
    }

    fn elem_name<'a>(&'a self, target: &'a u32) -> Ref<'a, QualName> {
        Ref::map(self.nodes.borrow(), |nodes| match &nodes[*target as usize].content {
            Content::Element { name, .. } => name,
            other => unreachable!("the tree builder asks for names of elements only, not of {other:?}"),
        })
    }

    fn create_element(&self, name: QualName, attributes: Vec<Attribute>, _: ElementFlags) -> u32 {
        self.create(Content::Element { name, attributes })
    }

    fn create_comment(&self, text: StrTendril) -> u32 {
        self.create(Content::Comment(text))
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> u32 {
        self.create(Content::ProcessingInstruction { target, data })
    }

    fn append(&self, parent: &u32, child: NodeOrText<u32>) {
        match child {
            NodeOrText::AppendNode(node) => self.append_node(*parent, node),
            NodeOrText::AppendText(text) => {
                let last = self.nodes.borrow()[*parent as usize].last;
                if let Some(text) = self.extend_text(last, text) {
                    let node = self.create_text(text);
                    self.append_node(*parent, node);
                }
            }
        }
    }

    fn append_based_on_parent_node(&self, element: &u32, previous: &u32, child: NodeOrText<u32>) {
        if self.nodes.borrow()[*element as usize].parent == NONE {
            self.append(previous, child);
        } else {
            self.append_before_sibling(element, child);
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    /// A template's contents are its children here: scrapers want to see them.
    fn get_template_contents(&self, target: &u32) -> u32 {
        *target
    }

    fn same_node(&self, x: &u32, y: &u32) -> bool {
        x == y
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.quirks.set(mode);
    }

    fn append_before_sibling(&self, sibling: &u32, child: NodeOrText<u32>) {
        match child {
            NodeOrText::AppendNode(node) => self.insert_before(*sibling, node),
            NodeOrText::AppendText(text) => {
                let previous = self.nodes.borrow()[*sibling as usize].previous;
                if let Some(text) = self.extend_text(previous, text) {
                    let node = self.create_text(text);
                    self.insert_before(*sibling, node);
                }
            }
        }
    }

    fn add_attrs_if_missing(&self, target: &u32, attributes: Vec<Attribute>) {
        let mut nodes = self.nodes.borrow_mut();
        if let Content::Element {
            attributes: present, ..
        } = &mut nodes[*target as usize].content
        {
            for attribute in attributes {
                if !present.iter().any(|old| old.name == attribute.name) {
                    present.push(attribute);
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &u32) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &u32, new_parent: &u32) {
        loop {
            let first = self.nodes.borrow()[*node as usize].first;
            if first == NONE {
                return;
            }
            self.append_node(*new_parent, first);
        }
    }

    fn allow_declarative_shadow_roots(&self, _: &u32) -> bool {
        false
    }
}
