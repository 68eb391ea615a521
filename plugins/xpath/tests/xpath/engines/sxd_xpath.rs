//! `sxd-xpath` over a copy of the arena, in the tree of `sxd-document`.

use snowscrape_dom::{Document, NodeId, NodeKind};
use sxd_document::Package;
use sxd_document::dom::Element;

/// A page as `sxd-xpath` reads it.
pub(crate) struct SxdPage {
    package: Package,
}

impl SxdPage {
    pub(crate) fn copy(document: &Document) -> Self {
        let package = Package::new();
        let copy = package.as_document();
        let html = super::root(document);
        let element = copy.create_element(document.tag_name(document.tag_of(html)));
        copy.root().append_child(element);
        copy_into(document, html, element);
        Self { package }
    }

    /// The texts of what the expression finds, from the page's root element.
    pub(crate) fn ask(&self, expression: &str) -> Result<Vec<String>, String> {
        let document = self.package.as_document();
        let root = document
            .root()
            .children()
            .into_iter()
            .find_map(sxd_document::dom::ChildOfRoot::element);
        let compiled = sxd_xpath::Factory::new()
            .build(expression)
            .map_err(|error| format!("{error:?}"))?;
        let compiled = compiled.ok_or("no expression")?;
        let value = compiled
            .evaluate(&sxd_xpath::Context::new(), root.ok_or("no root element")?)
            .map_err(|error| format!("{error:?}"))?;
        Ok(match value {
            sxd_xpath::Value::Nodeset(nodes) => nodes
                .document_order()
                .iter()
                .map(sxd_xpath::nodeset::Node::string_value)
                .collect(),
            sxd_xpath::Value::Number(value) => vec![super::xpath_eval::number(value)],
            other => vec![other.string()],
        })
    }
}

/// Recurses, for the pages that it is given are tens of levels deep at most.
fn copy_into(document: &Document, from: NodeId, to: Element<'_>) {
    for attribute in document.attributes(from) {
        to.set_attribute_value(document.tag_name(attribute.tag()), document.attribute_value(attribute));
    }
    for child in document.children(from) {
        let text = document.text(child);
        match document.kind(child) {
            NodeKind::Element => {
                let element = to.document().create_element(document.tag_name(document.tag_of(child)));
                to.append_child(element);
                copy_into(document, child, element);
            }
            NodeKind::Text => to.append_child(to.document().create_text(text)),
            NodeKind::Comment => to.append_child(to.document().create_comment(text)),
            NodeKind::Document | NodeKind::ProcessingInstruction => {}
        }
    }
}
