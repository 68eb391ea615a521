//! The demo site: a small catalogue that is like real ones, the same at every start.
//!
//! Twenty products on each of five listing pages, a page for each product, and what a scraper meets on real sites:
//!
//! | where | what |
//! |---|---|
//! | `/products?page=2` | the broken product: a card without name, link, rating and tags, with tags left open and attributes that are no attributes; its own page has no title either |
//! | `/products?page=3` | windows-1252, said by a `meta` alone, with names that are not ASCII |
//! | `/products?page=4` | 1.2 s until the answer; a product without a price |
//! | `/products?page=5` | 503 twice before it works, counted for each server |
//!
//! Everything else is HTML as the standard wants it. Nothing here checks how a scraper behaves: that is `hostile`'s.

mod catalogue;
mod html;
mod job;
mod server;

pub use catalogue::{BROKEN, CATALOGUE_SIZE, LISTING_PAGES, PER_PAGE, PRICELESS, Product, products};
pub use job::{demo_job, expected_rows};
pub use server::DemoSite;
