//! Other evaluators of XPath 1.0, asked over the same pages by the tests and by the benches.

mod sxd_xpath;
mod xpath_eval;

use snowscrape_dom::{Document, NodeId};

pub(crate) use self::sxd_xpath::SxdPage;
pub(crate) use self::xpath_eval::ask_xpath_eval;

fn root(document: &Document) -> NodeId {
    document.root_element().expect("a parsed page has a root element")
}
