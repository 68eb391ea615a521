//! The demo's job, and the rows that it must give.

use serde_json::{Value, json};

use super::catalogue::{Product, products};

/// The job of the demo over a site at `base_url`: css, xpath and regex over the five listing pages.
///
/// It gives [`CATALOGUE_SIZE`](super::CATALOGUE_SIZE) rows. The broken product is one of them: of its card only the item
/// number and a stock and a date that do not parse are there, so the run counts one `unparsed` in `in_stock` and one in
/// `published`, and `name`, `rating` and `url` are filled in all rows but one.
pub fn demo_job(base_url: &str) -> Value {
    json!({
        "name": "Demo catalogue",
        "source": format!("{base_url}/products?page=[1-5]"),
        "rate_limit": 6000,
        "concurrency": 4,
        "item": {"type": "css", "query": "li.product"},
        "queries": [
            {"name": "name", "type": "css", "query": ".product-name a::text"},
            {"name": "price", "type": "css", "query": ".price::text", "match": "([0-9][0-9.,]*)", "as": "number"},
            {"name": "rating", "type": "xpath", "query": ".//p[has-class('rating')]/@title", "match": "^([1-5]) out of 5", "as": "integer"},
            {"name": "in_stock", "type": "css", "query": ".stock::attr(data-in-stock)", "as": "boolean"},
            {"name": "url", "type": "xpath", "query": ".//h2/a/@href", "as": "url"},
            {"name": "tags", "type": "css", "query": ".tags > li::text", "many": true},
            {"name": "published", "type": "xpath", "query": ".//time/@datetime", "as": "datetime"},
            {"name": "sku", "type": "regex", "query": "data-sku=\"(?P<value>[A-Z]{3}-[0-9]{4})\""}
        ]
    })
}

/// The rows of [`demo_job`] in the order of the catalogue, each an object with the columns in query order.
///
/// The order of a run's pages is the scheduler's: compare by `sku`.
pub fn expected_rows(base_url: &str) -> Vec<Value> {
    products().iter().map(|product| row(product, base_url)).collect()
}

fn row(product: &Product, base_url: &str) -> Value {
    if product.is_broken() {
        return json!({
            "name": null, "price": null, "rating": null, "in_stock": null, "url": null, "tags": null, "published": null,
            "sku": product.sku,
        });
    }
    json!({
        "name": product.name,
        "price": product.pence.map(|pence| pence as f64 / 100.0),
        "rating": product.rating,
        "in_stock": product.in_stock,
        "url": format!("{base_url}/products/{}", product.slug),
        "tags": product.tags,
        "published": product.published,
        "sku": product.sku,
    })
}
