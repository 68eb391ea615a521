//! Reads `pagination`, `follow` and `rows_from`.

use super::query::selector;
use super::reader::{Node, ObjectReader};
use crate::model::{Follow, Pagination, QueryTypes, UrlRules};

/// `pagination`.
pub(super) fn pagination(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Pagination> {
    let mut object = node.object()?;
    let next = object.require("next", |node| selector(node, query_types));
    let max_pages = object.read_or("max_pages", Pagination::DEFAULT_MAX_PAGES, |node| {
        node.whole32(1..=1_000_000)
    });
    object.finish();
    Some(Pagination { next: next?, max_pages })
}

/// One member of `follow`.
pub(super) fn follow(node: &Node<'_>, query_types: &dyn QueryTypes) -> Option<Follow> {
    let mut object = node.object()?;
    let links = object.require("links", |node| selector(node, query_types));
    let depth = object.read_or("depth", Follow::DEFAULT_DEPTH, |node| node.whole32(1..=1_000));
    let rules = rules(&mut object);
    let same_host = object.read_or("same_host", true, Node::boolean);
    object.finish();
    Some(Follow {
        links: links?,
        depth,
        rules,
        same_host,
    })
}

/// `rows_from`.
pub(super) fn rows_from(node: &Node<'_>) -> Option<UrlRules> {
    let mut object = node.object()?;
    let rules = rules(&mut object);
    object.finish();
    Some(rules)
}

fn rules(object: &mut ObjectReader<'_>) -> UrlRules {
    let mut patterns = |name| {
        object
            .get(name)
            .map(|node| node.list(Node::pattern))
            .unwrap_or_default()
    };
    UrlRules {
        allow: patterns("allow"),
        deny: patterns("deny"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse};

    #[test]
    fn pagination_and_links() {
        let next = json!({"type": "css", "query": "a::attr(href)"});
        check_field("pagination", json!({"next": next}), &[]);
        check_field("pagination", json!({"next": next, "max_pages": 1_000_000}), &[]);
        check_field("pagination", json!({}), &["pagination.next: Is required"]);
        check_field(
            "pagination",
            json!({"next": {"type": "css", "query": "{"}, "max_pages": 0}),
            &[
                "pagination.next.query: Unexpected brace (at byte 0)",
                "pagination.max_pages: Must be a whole number from 1 to 1000000, found 0",
            ],
        );
        check_field(
            "follow",
            json!([{"links": next, "depth": 1_000, "allow": ["/p/"], "deny": [], "same_host": false}]),
            &[],
        );
        check_field(
            "follow",
            json!({"links": next}),
            &["follow: Must be a list, found an object"],
        );
        check_field(
            "follow",
            json!([{"links": next}, {"links": {"type": "x", "query": "p"}, "depth": 1_001, "allow": ["a", "*"], "deny": "a"}]),
            &[
                "follow[1].links.type: Must be one of: xpath, css, regex",
                "follow[1].depth: Must be a whole number from 1 to 1000, found 1001",
                "follow[1].allow[1]: Is not a regular expression: repetition operator missing expression (at byte 0)",
                "follow[1].deny: Must be a list, found text",
            ],
        );
        check_field(
            "rows_from",
            json!({"allow": ["/p/"], "deny": [1]}),
            &["rows_from.deny[0]: Must be text, found a number"],
        );
        check_field(
            "rows_from",
            json!({"alow": []}),
            &["rows_from.alow: Unknown field, did you mean `allow`?"],
        );
    }

    #[test]
    fn defaults() {
        let next = json!({"type": "css", "query": "a"});
        let job = parse(&json!({"pagination": {"next": next}, "follow": [{"links": next}]})).expect("a job");
        assert_eq!(job.pagination.expect("pagination").max_pages, 100);
        assert_eq!((job.follow[0].depth, job.follow[0].same_host), (1, true));
        assert!(job.follow[0].rules.allow.is_empty());
    }
}
