//! The demo site on loopback: addresses, encodings, the slow page and the one that fails at first.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::TcpStream;

use super::catalogue::{LISTING_PAGES, Product, products};
use super::html::{self, Charset};
use crate::loopback::{Loopback, serve_http};

const WINDOWS_1252_PAGE: usize = 3;
const SLOW_PAGE: usize = 4;
const SLOWNESS: Duration = Duration::from_millis(1200);
const FAILING_PAGE: usize = 5;
const FAILURES: usize = 2;

/// The demo site, served on 127.0.0.1 until this value is dropped.
///
/// ```
/// let site = snowscrape_tests::site::DemoSite::start();
/// assert!(site.base_url().starts_with("http://127.0.0.1:"));
/// ```
#[derive(Debug)]
pub struct DemoSite {
    server: Loopback,
    state: Arc<State>,
}

/// What the site knows, and what it has been asked.
#[derive(Debug)]
struct State {
    products: Vec<Product>,
    failing_page_asked: AtomicUsize,
    requests: AtomicUsize,
}

impl DemoSite {
    /// Serves on a free port.
    ///
    /// # Panics
    /// If loopback has no free port, which no test can do without.
    pub fn start() -> Self {
        let state = Arc::new(State {
            products: products(),
            failing_page_asked: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        });
        let shared = Arc::clone(&state);
        let server = Loopback::start(0, move |stream| serve(stream, Arc::clone(&shared)));
        Self {
            server: server.expect("loopback has a free port"),
            state,
        }
    }

    /// The site's address, `http://127.0.0.1:PORT` without a slash at the end.
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// How many requests have come so far, failed ones included; those for robots.txt aside.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::Relaxed)
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    serve_http(stream, |request| {
        let state = Arc::clone(&state);
        async move { state.answer(&request).await }
    })
    .await;
}

impl State {
    async fn answer(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        if request.uri().path() != "/robots.txt" {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let mut refusal = page(
                StatusCode::METHOD_NOT_ALLOWED,
                html::notice("This page is for reading only"),
            );
            refusal
                .headers_mut()
                .insert(ALLOW, "GET, HEAD".parse().expect("a header value of plain ASCII"));
            return refusal;
        }
        let host = request
            .headers()
            .get(HOST)
            .and_then(|host| host.to_str().ok())
            .unwrap_or("localhost");
        let base_url = format!("http://{host}");
        match request.uri().path() {
            "/" => page(StatusCode::OK, html::home(&self.products)),
            "/about" => page(StatusCode::OK, html::about()),
            "/products" => self.listing(request.uri().query()).await,
            "/robots.txt" => text("text/plain; charset=utf-8", html::robots(&base_url)),
            "/sitemap.xml" => text("application/xml", html::sitemap(&base_url, &self.products)),
            path => self.product_or_picture(path),
        }
    }

    async fn listing(&self, query: Option<&str>) -> Response<Full<Bytes>> {
        let number = match query {
            None => Some(1),
            Some(query) => query.strip_prefix("page=").and_then(|page| page.parse().ok()),
        };
        let Some(number) = number.filter(|number| (1..=LISTING_PAGES).contains(number)) else {
            return not_found();
        };
        match number {
            SLOW_PAGE => tokio::time::sleep(SLOWNESS).await,
            FAILING_PAGE if self.failing_page_asked.fetch_add(1, Ordering::Relaxed) < FAILURES => {
                return page(StatusCode::SERVICE_UNAVAILABLE, html::notice("Back in a moment"));
            }
            _ => {}
        }
        if number == WINDOWS_1252_PAGE {
            let written = html::listing(number, &self.products, Charset::Windows1252);
            let (encoded, _, unmappable) = encoding_rs::WINDOWS_1252.encode(&written);
            debug_assert!(!unmappable, "the page has characters that windows-1252 has not");
            // The header is silent about the encoding: only the page's meta tells.
            return text("text/html", encoded.into_owned());
        }
        page(StatusCode::OK, html::listing(number, &self.products, Charset::Utf8))
    }

    fn product_or_picture(&self, path: &str) -> Response<Full<Bytes>> {
        let find = |slug: &str| self.products.iter().find(|product| product.slug == slug);
        if let Some(product) = path.strip_prefix("/products/").and_then(find) {
            let related: Vec<&Product> = (self.products.iter())
                .filter(|other| {
                    other.category == product.category && other.index != product.index && !other.is_broken()
                })
                .take(3)
                .collect();
            return page(StatusCode::OK, html::detail(product, &related));
        }
        match path
            .strip_prefix("/images/")
            .and_then(|name| name.strip_suffix(".svg"))
            .and_then(find)
        {
            Some(product) => text("image/svg+xml", html::picture(product)),
            None => not_found(),
        }
    }
}

fn not_found() -> Response<Full<Bytes>> {
    page(StatusCode::NOT_FOUND, html::notice("There is no such page"))
}

fn page(status: StatusCode, html: String) -> Response<Full<Bytes>> {
    let mut response = text("text/html; charset=utf-8", html);
    *response.status_mut() = status;
    response
}

fn text(media_type: &'static str, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    response
        .headers_mut()
        .insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(media_type));
    response
}

#[cfg(test)]
mod tests {
    use super::super::{BROKEN, CATALOGUE_SIZE, PER_PAGE, PRICELESS};
    use super::*;
    use crate::client::get;

    fn body(site: &DemoSite, path: &str) -> String {
        let (head, body) = get(&site.base_url(), path);
        assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {head}");
        String::from_utf8(body).unwrap()
    }

    #[test]
    fn every_address_in_the_sitemap_answers() {
        let site = DemoSite::start();
        let sitemap = body(&site, "/sitemap.xml");
        let addresses: Vec<&str> = sitemap
            .split("<loc>http://shop.example")
            .skip(1)
            .filter_map(|rest| rest.split("</loc>").next())
            .collect();
        assert_eq!(addresses.len(), 2 + LISTING_PAGES + CATALOGUE_SIZE);
        // What is slow, fails or is in another encoding has tests of its own.
        for address in addresses.iter().filter(|address| !address.contains("page=")) {
            assert!(body(&site, address).len() > 100, "{address}");
        }
    }

    #[test]
    fn a_listing_page_has_twenty_products_and_leads_on() {
        let site = DemoSite::start();
        let first = body(&site, "/products?page=1");
        assert_eq!(first.matches("<li class=\"product\"").count(), PER_PAGE);
        assert!(
            first.contains("<a class=\"next\" rel=\"next\" href=\"/products?page=2\">")
                && !first.contains("class=\"prev\"")
        );
        assert_eq!(body(&site, "/products"), first);
        assert_eq!(site.requests(), 2);
    }

    #[test]
    fn the_broken_product_has_neither_name_nor_title() {
        let site = DemoSite::start();
        let broken = &products()[BROKEN];
        let listing = body(&site, "/products?page=2");
        assert!(listing.contains(&broken.sku) && !listing.contains(&broken.name) && !listing.contains(&broken.slug));
        let detail = body(&site, &format!("/products/{}", broken.slug));
        assert!(detail.contains(&broken.sku) && !detail.contains("<title"));
    }

    #[test]
    fn page_three_is_windows_1252_by_its_meta_alone() {
        let site = DemoSite::start();
        let (head, body) = get(&site.base_url(), "/products?page=3");
        assert!(head.contains("content-type: text/html\r\n"), "{head}");
        assert!(std::str::from_utf8(&body).is_err());
        let (text, _, _) = encoding_rs::WINDOWS_1252.decode(&body);
        assert!(text.contains("charset=windows-1252"));
        for product in products().iter().filter(|product| product.listing_page() == 3) {
            assert!(text.contains(&product.name), "{}", product.name);
        }
    }

    #[test]
    fn page_four_takes_its_time_and_has_the_product_without_a_price() {
        let site = DemoSite::start();
        let begin = std::time::Instant::now();
        let listing = body(&site, "/products?page=4");
        assert!(begin.elapsed() >= SLOWNESS);
        assert_eq!(listing.matches("Price on request").count(), 1);
        assert_eq!(products()[PRICELESS].price(), None);
    }

    #[test]
    fn page_five_fails_twice_for_each_server() {
        for site in [DemoSite::start(), DemoSite::start()] {
            for status in ["503", "503", "200", "200"] {
                let (head, _) = get(&site.base_url(), "/products?page=5");
                assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
            }
        }
    }

    #[test]
    fn what_is_not_there_is_404() {
        let site = DemoSite::start();
        for path in [
            "/products?page=0",
            "/products?page=6",
            "/products?page=x",
            "/products/none",
            "/images/none.svg",
            "/nowhere",
        ] {
            assert!(get(&site.base_url(), path).0.starts_with("HTTP/1.1 404 "), "{path}");
        }
    }
}
