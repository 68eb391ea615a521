//! Freezing: the linked tree becomes the arena, in one walk in document order.

use std::cell::OnceCell;

use html5ever::tree_builder::QuirksMode;

use crate::arena::{Attribute, Document, Node, NodeId, NodeKind};
use crate::build::{Builder, Building, Chunk, Content, NONE};
use crate::name::{NameId, Names, TagId};

pub(crate) fn freeze(builder: Builder, source_length: usize) -> Document {
    let quirks = builder.quirks.get();
    let mut nodes = builder.nodes.into_inner();
    let chunks = builder.chunks.into_inner();
    let mut document = empty(nodes.len(), source_length, quirks);
    // The open nodes from the document down: their place while they are built, and in the arena.
    let mut open: Vec<(u32, u32)> = Vec::with_capacity(64);
    let mut at = crate::build::DOCUMENT;
    let mut previous = 0;
    loop {
        let place = document.nodes.len() as u32;
        let parent = open.last().map_or(0, |(_, place)| *place);
        document.push(&mut nodes[at as usize], &chunks, parent, previous);
        if previous != 0 {
            document.nodes[previous as usize].next = place;
        }
        let Building { first, .. } = nodes[at as usize];
        if first != NONE {
            open.push((at, place));
            (at, previous) = (first, 0);
            continue;
        }
        document.close(place);
        previous = place;
        while nodes[at as usize].next == NONE {
            let Some((up, place)) = open.pop() else {
                document.index();
                return document;
            };
            document.close(place);
            (at, previous) = (up, place);
        }
        at = nodes[at as usize].next;
    }
}

fn empty(nodes: usize, source_length: usize, quirks: QuirksMode) -> Document {
    Document {
        nodes: Vec::with_capacity(nodes),
        attributes: Vec::with_capacity(nodes / 2),
        names: Names::default(),
        text: String::with_capacity(source_length / 2),
        comments: String::new(),
        values: String::with_capacity(source_length / 4),
        tag_starts: Vec::new(),
        tagged: Vec::new(),
        quirks,
        scripting: false,
        left_out: 0,
        fragment: false,
        ids: OnceCell::new(),
    }
}

impl Document {
    fn push(&mut self, building: &mut Building, chunks: &[Chunk], parent: u32, previous: u32) {
        let place = self.nodes.len() as u32;
        let mut node = Node {
            kind: NodeKind::Document,
            attribute_count: 0,
            parent,
            previous,
            next: 0,
            end: place + 1,
            text: (self.text.len() as u32, self.text.len() as u32),
            name: NameId(0),
            tag: TagId(0),
            first_attribute: self.attributes.len() as u32,
        };
        match &mut building.content {
            Content::Document => {}
            Content::Element { name, attributes } => {
                node.kind = NodeKind::Element;
                node.name = self.names.intern(name);
                node.tag = self.names.get(node.name).tag;
                // What has more than 65,535 attributes is no page of this world: the rest is dropped.
                for attribute in attributes.drain(..).take(usize::from(u16::MAX)) {
                    let name = self.names.intern(&attribute.name);
                    let start = self.values.len() as u32;
                    self.values.push_str(&attribute.value);
                    let value = (start, self.values.len() as u32);
                    let tag = self.names.get(name).tag;
                    self.attributes.push(Attribute {
                        owner: NodeId(place),
                        name,
                        tag,
                        value,
                    });
                    node.attribute_count += 1;
                }
            }
            Content::Text { first_chunk, .. } => {
                node.kind = NodeKind::Text;
                let mut chunk = *first_chunk;
                while chunk != NONE {
                    self.text.push_str(&chunks[chunk as usize].text);
                    chunk = chunks[chunk as usize].next;
                }
                node.text.1 = self.text.len() as u32;
            }
            Content::Comment(text) => {
                node.kind = NodeKind::Comment;
                node.text.0 = self.comments.len() as u32;
                self.comments.push_str(text);
                node.text.1 = self.comments.len() as u32;
            }
            Content::ProcessingInstruction { target, data } => {
                node.kind = NodeKind::ProcessingInstruction;
                node.text.0 = self.comments.len() as u32;
                self.comments.push_str(target);
                self.comments.push(' ');
                self.comments.push_str(data);
                node.text.1 = self.comments.len() as u32;
            }
        }
        self.nodes.push(node);
    }

    fn close(&mut self, place: u32) {
        let end = self.nodes.len() as u32;
        let node = &mut self.nodes[place as usize];
        node.end = end;
        if matches!(node.kind, NodeKind::Element | NodeKind::Document) {
            node.text.1 = self.text.len() as u32;
        }
    }

    /// Sorts the elements by tag, each tag's in document order.
    fn index(&mut self) {
        let mut starts = vec![0_u32; self.names.tag_count() + 1];
        let elements = || {
            self.nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.kind == NodeKind::Element)
        };
        for (_, node) in elements() {
            starts[node.tag.0 as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut free = starts.clone();
        let mut tagged = vec![NodeId(0); starts.last().map_or(0, |total| *total as usize)];
        for (place, node) in elements() {
            let slot = &mut free[node.tag.0 as usize];
            tagged[*slot as usize] = NodeId(place as u32);
            *slot += 1;
        }
        self.tag_starts = starts;
        self.tagged = tagged;
    }
}
