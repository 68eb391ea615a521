//! The site's documents as text. Which encoding they are sent in, and how slowly, is the server's matter.

use std::fmt::Write;

use serde_json::json;

use super::catalogue::{LISTING_PAGES, PER_PAGE, Product};

const SHOP: &str = "Hearth & Hook";

/// What a head says of the page's encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Charset {
    Utf8,
    Windows1252,
}

impl Charset {
    fn meta(self) -> &'static str {
        match self {
            Self::Utf8 => r#"<meta charset="utf-8">"#,
            Self::Windows1252 => r#"<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">"#,
        }
    }
}

pub(crate) fn home(products: &[Product]) -> String {
    let mut new: Vec<&Product> = products.iter().filter(|product| !product.is_broken()).collect();
    new.sort_by(|a, b| b.published.cmp(&a.published));
    let links = link_items(new.into_iter().take(6));
    let main = format!(
        "    <h1>Things for the house, made to last</h1>\n    <p>{} pieces from small workshops, on \
         <a href=\"/products?page=1\">{LISTING_PAGES} pages</a>.</p>\n    <h2>New in</h2>\n    <ul class=\"new-in\">\n{links}    </ul>\n",
        products.len()
    );
    document(Charset::Utf8, "Things for the house", "", &main)
}

pub(crate) fn about() -> String {
    let main = "    <h1>About us</h1>\n    <p>We began in 2009 with one market stall &mdash; and a kettle.</p>\n    \
                <address>\n      12 Mill Lane, Whitby<br>\n      <a href=\"mailto:shop@hearth-and-hook.example\">shop@hearth-and-hook.example</a>\n    </address>\n";
    document(
        Charset::Utf8,
        "About us",
        r#"<li aria-current="page">About us</li>"#,
        main,
    )
}

/// Listing page `page`, from 1, with the products that stand on it.
pub(crate) fn listing(page: usize, products: &[Product], charset: Charset) -> String {
    let cards: String = products
        .iter()
        .filter(|product| product.listing_page() == page)
        .map(card)
        .collect();
    let link = |to: usize, rel: &str, text: &str| {
        format!("      <a class=\"{rel}\" rel=\"{rel}\" href=\"/products?page={to}\">{text}</a>\n")
    };
    let previous = if page > 1 {
        link(page - 1, "prev", "&laquo; Previous")
    } else {
        String::new()
    };
    let next = if page < LISTING_PAGES {
        link(page + 1, "next", "Next &raquo;")
    } else {
        String::new()
    };
    let first = (page - 1) * PER_PAGE + 1;
    let main = format!(
        "    <h1>All products</h1>\n    <p class=\"count\">{first}&ndash;{} of {}</p>\n    <ol class=\"products\" start=\"{first}\">\n\
         {cards}    </ol>\n    <nav class=\"pages\" aria-label=\"Pages\">\n{previous}      <span>Page {page} of {LISTING_PAGES}</span>\n{next}    </nav>\n",
        first + PER_PAGE - 1,
        products.len()
    );
    document(
        charset,
        &format!("All products, page {page}"),
        r#"<li aria-current="page">Products</li>"#,
        &main,
    )
}

fn card(product: &Product) -> String {
    if product.is_broken() {
        return broken_card(product);
    }
    let Product { sku, slug, rating, .. } = product;
    let name = escape(&product.name);
    let price = product.price().unwrap_or_else(|| "Price on request".to_owned());
    let tags = tag_items(product);
    format!(
        r#"      <li class="product" data-sku="{sku}">
        <a class="picture" href="/products/{slug}"><img src="/images/{slug}.svg" alt="{name}" width="240" height="180" loading="lazy"></a>
        <h2 class="product-name"><a href="/products/{slug}">{name}</a></h2>
        <p class="price">{price}</p>
        <p class="rating" title="{rating} out of 5">{}</p>
        <p class="stock" data-in-stock="{}">{}</p>
        <ul class="tags">{tags}</ul>
        <p class="added">Added <time datetime="{}">{}</time></p>
      </li>
"#,
        stars(*rating),
        product.in_stock,
        stock(product),
        product.published,
        date(product),
    )
}

/// Tags left open, quotes that begin nothing, a start tag inside a start tag, and no name: as it comes from a template
/// whose data was not there. The next card's `<li>` closes it.
fn broken_card(product: &Product) -> String {
    format!(
        r#"      <li class="product" data-sku="{}" data-colour=red" <article>
        <div class=card"><p class=price"><span>ask in the shop
        <p class="stock" data-in-stock="perhaps">see <em>warehouse</em> <time datetime="soon">soon
"#,
        product.sku
    )
}

/// The page of one product. `related` stands at its end.
pub(crate) fn detail(product: &Product, related: &[&Product]) -> String {
    if product.is_broken() {
        return broken_detail(product);
    }
    let Product { sku, slug, rating, .. } = product;
    let name = escape(&product.name);
    let price = product.price().unwrap_or_else(|| "Price on request".to_owned());
    let linked = json!({
        "@context": "https://schema.org", "@type": "Product", "name": product.name, "sku": sku, "category": product.category,
        "image": format!("/images/{slug}.svg"), "releaseDate": product.published,
        "aggregateRating": {"@type": "AggregateRating", "ratingValue": rating, "bestRating": 5},
        "offers": product.pence.map(|pence| json!({
            "@type": "Offer", "priceCurrency": "GBP", "price": format!("{}.{:02}", pence / 100, pence % 100),
            "availability": if product.in_stock { "https://schema.org/InStock" } else { "https://schema.org/OutOfStock" },
        })),
    });
    let tags = tag_items(product);
    let related = link_items(related.iter().copied());
    let main = format!(
        r#"    <article class="product-page" data-sku="{sku}">
      <h1>{name}</h1>
      <img src="/images/{slug}.svg" alt="{name}" width="480" height="360">
      <p class="price">{price}</p>
      <p class="rating" title="{rating} out of 5">{}</p>
      <p class="stock" data-in-stock="{}">{}</p>
      <ul class="tags">{tags}</ul>
      <table class="facts">
        <tr><th scope="row">Item number</th><td>{sku}</td></tr>
        <tr><th scope="row">Kind</th><td>{}</td></tr>
        <tr><th scope="row">Added</th><td><time datetime="{}">{}</time></td></tr>
      </table>
    </article>
    <h2>You may also like</h2>
    <ul class="related">
{related}    </ul>
    <script type="application/ld+json">{linked}</script>
"#,
        stars(*rating),
        product.in_stock,
        stock(product),
        product.category,
        product.published,
        date(product),
    );
    let crumbs = format!(
        r#"<li><a href="/products?page={}">Products</a></li><li aria-current="page">{name}</li>"#,
        product.listing_page()
    );
    document(Charset::Utf8, &product.name, &crumbs, &main)
}

fn broken_detail(product: &Product) -> String {
    format!(
        "<!doctype html>\n<html lang=en\"><head><meta charset=utf-8>\n<body><div class=product-page\"><h1>\n<p class=price\">ask <b>in the \
         shop\n<table><tr><td>Item number<td>{}<p>no such thing</table>\n</artcle><ul><li>one<li>two",
        product.sku
    )
}

/// A drawing in place of a photograph.
pub(crate) fn picture(product: &Product) -> String {
    let hue = product.index * 360 / 100;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 240 180\"><title>{}</title><rect width=\"240\" height=\"180\" fill=\"hsl({hue} \
         40% 80%)\"/><circle cx=\"120\" cy=\"90\" r=\"{}\" fill=\"hsl({hue} 50% 45%)\"/></svg>\n",
        escape(&product.name),
        30 + product.rating * 8
    )
}

pub(crate) fn sitemap(base_url: &str, products: &[Product]) -> String {
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n",
    );
    for path in ["/".to_owned(), "/about".to_owned()]
        .into_iter()
        .chain((1..=LISTING_PAGES).map(|page| format!("/products?page={page}")))
    {
        put(&mut xml, format_args!("  <url><loc>{base_url}{path}</loc></url>\n"));
    }
    for product in products {
        let date = product.published.split('T').next().unwrap_or_default();
        put(
            &mut xml,
            format_args!(
                "  <url><loc>{base_url}/products/{}</loc><lastmod>{date}</lastmod></url>\n",
                product.slug
            ),
        );
    }
    xml.push_str("</urlset>\n");
    xml
}

pub(crate) fn robots(base_url: &str) -> String {
    format!("User-agent: *\nAllow: /\n\nSitemap: {base_url}/sitemap.xml\n")
}

/// A page that says `message` and no more.
pub(crate) fn notice(message: &str) -> String {
    document(
        Charset::Utf8,
        message,
        "",
        &format!("    <h1>{message}</h1>\n    <p><a href=\"/\">To the shop</a></p>\n"),
    )
}

fn document(charset: Charset, title: &str, crumbs: &str, main: &str) -> String {
    let (shop, title) = (escape(SHOP), escape(title));
    let breadcrumb = if crumbs.is_empty() {
        String::new()
    } else {
        format!(
            "  <nav class=\"breadcrumb\" aria-label=\"Breadcrumb\"><ol><li><a href=\"/\">Home</a></li>{crumbs}</ol></nav>\n"
        )
    };
    format!(
        r#"<!DOCTYPE html>
<html lang="en">
<head>
  {}
  <title>{title} | {shop}</title>
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="sitemap" type="application/xml" href="/sitemap.xml">
</head>
<body>
  <!-- header -->
  <header>
    <a class="brand" href="/">{shop}</a>
    <nav aria-label="Main"><ul><li><a href="/products?page=1">Products</a></li><li><a href="/about">About us</a></li></ul></nav>
  </header>
{breadcrumb}  <main>
{main}  </main>
  <footer><p>&copy; 2009&ndash;2026 {shop}. Prices include VAT.</p></footer>
</body>
</html>
"#,
        charset.meta()
    )
}

fn tag_items(product: &Product) -> String {
    let mut items = String::new();
    for tag in &product.tags {
        put(&mut items, format_args!("<li>{tag}</li>"));
    }
    items
}

fn link_items<'a>(products: impl Iterator<Item = &'a Product>) -> String {
    let mut items = String::new();
    for Product { slug, name, .. } in products {
        put(
            &mut items,
            format_args!("      <li><a href=\"/products/{slug}\">{}</a></li>\n", escape(name)),
        );
    }
    items
}

fn stars(rating: u8) -> String {
    // windows-1252 has no stars: as references they survive any encoding.
    let full = usize::from(rating);
    "&#9733;".repeat(full) + &"&#9734;".repeat(5 - full)
}

fn stock(product: &Product) -> &'static str {
    if product.in_stock { "In stock" } else { "Back soon" }
}

/// `published` as people read it, `14 March 2026`.
fn date(product: &Product) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let mut parts = product.published.split(['-', 'T']);
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    let month = month
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month - 1));
    let day = day.unwrap_or_default().trim_start_matches('0');
    format!("{day} {} {}", month.unwrap_or(&""), year.unwrap_or_default())
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn put(to: &mut String, what: std::fmt::Arguments<'_>) {
    to.write_fmt(what).expect("writing to a String cannot fail");
}
