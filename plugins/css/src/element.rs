//! An element of the page as `selectors` sees it.

use std::fmt;

use selectors::attr::{AttrSelectorOperation, CaseSensitivity, NamespaceConstraint};
use selectors::bloom::BloomFilter;
use selectors::matching::{ElementSelectorFlags, MatchingContext};
use selectors::{Element as SelectorElement, OpaqueElement};
use snowscrape_dom::{Namespace, NodeId, TagId};

use crate::grammar::{Grammar, Ident, NoPseudoElement, Text};
use crate::page::Page;
use crate::pseudo_class::PseudoClass;
use crate::{form, language, relative};

/// An element of a page.
#[derive(Clone, Copy)]
pub(crate) struct Element<'p> {
    pub(crate) page: &'p Page<'p>,
    pub(crate) id: NodeId,
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            to,
            "<{}> at {}",
            self.page.document.local_name(self.id),
            self.id.index()
        )
    }
}

impl Element<'_> {
    fn at(&self, id: NodeId) -> Self {
        Self { page: self.page, id }
    }

    /// The value of an attribute that is in no namespace, by its folded name.
    fn plain_attribute(&self, tag: Option<TagId>) -> Option<&str> {
        self.page.document.attribute_by_tag(self.id, tag?)
    }
}

/// Nothing here has shadow trees, slots or parts, and pseudo-elements are taken off before: those answers are fixed.
impl SelectorElement for Element<'_> {
    type Impl = Grammar;

    /// A node has one address as long as its document lives.
    fn opaque(&self) -> OpaqueElement {
        OpaqueElement::new(self.page.document.node(self.id))
    }

    fn parent_element(&self) -> Option<Self> {
        self.page.parent(self.id).map(|id| self.at(id))
    }

    fn parent_node_is_shadow_root(&self) -> bool {
        false
    }

    fn containing_shadow_host(&self) -> Option<Self> {
        None
    }

    fn is_pseudo_element(&self) -> bool {
        false
    }

    fn prev_sibling_element(&self) -> Option<Self> {
        self.page.previous(self.id).map(|id| self.at(id))
    }

    fn next_sibling_element(&self) -> Option<Self> {
        self.page.next(self.id).map(|id| self.at(id))
    }

    fn first_element_child(&self) -> Option<Self> {
        self.page.first_child(self.id).map(|id| self.at(id))
    }

    fn is_html_element_in_html_document(&self) -> bool {
        self.page.document.is_html(self.id)
    }

    fn has_local_name(&self, name: &Ident) -> bool {
        *self.page.document.local_name(self.id) == name.0
    }

    fn has_namespace(&self, namespace: &Namespace) -> bool {
        self.page.document.namespace(self.id) == namespace
    }

    fn is_same_type(&self, other: &Self) -> bool {
        self.page.document.name_id(self.id) == self.page.document.name_id(other.id)
    }

    fn attr_matches(
        &self,
        namespace: &NamespaceConstraint<&Namespace>,
        name: &Ident,
        operation: &AttrSelectorOperation<&Text>,
    ) -> bool {
        let document = self.page.document;
        document.attributes(self.id).iter().any(|attribute| {
            let known = document.name(attribute.name());
            *known.local() == name.0
                && !matches!(namespace, NamespaceConstraint::Specific(wanted) if *wanted != known.namespace())
                && operation.eval_str(document.attribute_value(attribute))
        })
    }

    fn match_non_ts_pseudo_class(&self, class: &PseudoClass, context: &mut MatchingContext<'_, Grammar>) -> bool {
        match class {
            PseudoClass::Checked => form::is_checked(self.page, self.id),
            PseudoClass::Disabled => form::is_disabled(self.page, self.id),
            PseudoClass::Enabled => form::is_enabled(self.page, self.id),
            PseudoClass::Link => self.is_link(),
            PseudoClass::Lang(ranges) => language::matches(self.page, self.id, ranges),
            PseudoClass::Has(at) => relative::is_anchor(self.page, self.id, *at, context.scope_element),
            PseudoClass::Live(_) => false,
        }
    }

    fn match_pseudo_element(&self, pseudo: &NoPseudoElement, _: &mut MatchingContext<'_, Grammar>) -> bool {
        match *pseudo {}
    }

    fn apply_selector_flags(&self, _: ElementSelectorFlags) {}

    /// A hyperlink: `a` and `area` with `href` (HTML standard, 4.16.3), and SVG's `a` (SVG 2, 16.2).
    fn is_link(&self) -> bool {
        let document = self.page.document;
        let name = &**document.local_name(self.id);
        if document.is_html(self.id) {
            matches!(name, "a" | "area") && document.attribute(self.id, "href").is_some()
        } else {
            name == "a"
                && ["href", "xlink:href"]
                    .iter()
                    .any(|name| document.attribute(self.id, name).is_some())
        }
    }

    fn is_html_slot_element(&self) -> bool {
        false
    }

    fn has_id(&self, id: &Ident, case: CaseSensitivity) -> bool {
        self.plain_attribute(self.page.id)
            .is_some_and(|own| case.eq(own.as_bytes(), id.0.as_bytes()))
    }

    fn has_class(&self, name: &Ident, case: CaseSensitivity) -> bool {
        let wanted = name.0.as_bytes();
        self.plain_attribute(self.page.class).is_some_and(|own| {
            own.split_ascii_whitespace()
                .any(|class| case.eq(class.as_bytes(), wanted))
        })
    }

    fn has_custom_state(&self, _: &Ident) -> bool {
        false
    }

    fn imported_part(&self, _: &Ident) -> Option<Ident> {
        None
    }

    fn is_part(&self, _: &Ident) -> bool {
        false
    }

    /// No element and no text; comments do not count. No text node here is empty.
    fn is_empty(&self) -> bool {
        let document = self.page.document;
        document.text(self.id).is_empty() && self.page.first_child(self.id).is_none()
    }

    fn is_root(&self) -> bool {
        self.page.document.parent(self.id) == Some(NodeId::DOCUMENT)
    }

    /// `:has()` does not go through `selectors`, so nothing asks for these.
    fn add_element_unique_hashes(&self, _: &mut BloomFilter) -> bool {
        false
    }
}
