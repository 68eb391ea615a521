//! The names of a document's elements and attributes, each kept once.
//!
//! HTML compares names without regard to case where XML does not, and SVG has names in camel case. So a name is kept
//! twice: as the tree builder gave it ([`Name`]), and folded to lower case without a namespace ([`TagId`]), which is
//! how XPath sees names here.

use html5ever::{LocalName, Namespace, QualName};
use rustc_hash::FxHashMap;

/// The name of an element or attribute, interned in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub(crate) u32);

/// A name folded to lower case, without its namespace, interned in its document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub(crate) u32);

/// A name as the tree builder gave it.
#[derive(Debug)]
pub struct Name {
    /// The namespace and the local name, `viewBox` and not `viewbox` in SVG.
    pub qualified: QualName,
    /// The folded name.
    pub tag: TagId,
}

impl Name {
    /// The local name in the case that the HTML standard gives it.
    pub fn local(&self) -> &LocalName {
        &self.qualified.local
    }

    /// The namespace: HTML, SVG or MathML for elements, mostly none for attributes.
    pub fn namespace(&self) -> &Namespace {
        &self.qualified.ns
    }
}

/// Every name of one document.
#[derive(Debug, Default)]
pub(crate) struct Names {
    all: Vec<Name>,
    tags: Vec<Box<str>>,
    by_name: FxHashMap<(Namespace, LocalName), NameId>,
    by_tag: FxHashMap<Box<str>, TagId>,
}

impl Names {
    pub(crate) fn intern(&mut self, name: &QualName) -> NameId {
        let key = (name.ns.clone(), name.local.clone());
        if let Some(id) = self.by_name.get(&key) {
            return *id;
        }
        let id = NameId(self.all.len() as u32);
        let folded = match &name.prefix {
            Some(prefix) if !prefix.is_empty() => format!("{prefix}:{}", name.local),
            _ => name.local.to_string(),
        };
        let tag = self.intern_tag(&folded.to_ascii_lowercase());
        self.all.push(Name {
            qualified: name.clone(),
            tag,
        });
        self.by_name.insert(key, id);
        id
    }

    fn intern_tag(&mut self, folded: &str) -> TagId {
        if let Some(tag) = self.by_tag.get(folded) {
            return *tag;
        }
        let tag = TagId(self.tags.len() as u32);
        self.tags.push(folded.into());
        self.by_tag.insert(folded.into(), tag);
        tag
    }

    pub(crate) fn get(&self, id: NameId) -> &Name {
        &self.all[id.0 as usize]
    }

    pub(crate) fn tag(&self, folded: &str) -> Option<TagId> {
        self.by_tag.get(folded).copied()
    }

    pub(crate) fn tag_name(&self, tag: TagId) -> &str {
        &self.tags[tag.0 as usize]
    }

    pub(crate) fn tag_count(&self) -> usize {
        self.tags.len()
    }
}
