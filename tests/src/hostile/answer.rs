//! What is written to the client for each page: bytes, not HTTP objects.

use std::io;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::gzip::{self, Bomb};
use super::pages::{deep_page, large_page, text_node_page};
use super::route::HostilePage;
use super::server::Request;

const HUGE_BODY: usize = 200_000_000;
const BOMB_MEBIBYTES: usize = 1024;
const DEPTH: usize = 100_000;
const TEXT_NODE: usize = 50_000_000;
const LARGE: usize = 1_500_000;
const DRIP_PAUSE: Duration = Duration::from_millis(50);
const DRIPS: usize = 12_000;
const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";

/// Answers the `count`-th request for its path, from 1. Errors are the client hanging up.
pub(crate) async fn write(to: &mut TcpStream, request: &Request, count: usize) -> io::Result<()> {
    if let Some(step) = request
        .path
        .strip_prefix("/redirect/")
        .and_then(|step| step.parse::<u64>().ok())
    {
        return redirect(to, &format!("/redirect/{}", step.wrapping_add(1)), "").await;
    }
    if request.path == "/loop-b" {
        return redirect(to, HostilePage::RedirectLoop.path(), "").await;
    }
    match HostilePage::at(&request.path) {
        HostilePage::NotFound => {
            page(
                to,
                "404 Not Found",
                "",
                "<title>404</title><p>There is no such page.</p>",
            )
            .await
        }
        HostilePage::ServerError => {
            page(
                to,
                "500 Internal Server Error",
                "",
                "<title>500</title><p>It broke.</p>",
            )
            .await
        }
        HostilePage::TooManyRequests if count == 1 => {
            page(
                to,
                "429 Too Many Requests",
                "Retry-After: 1\r\n",
                "<title>429</title><p>Not so fast.</p>",
            )
            .await
        }
        HostilePage::TooManyRequests => ok(to, "<title>429</title><p>Thank you for waiting.</p>").await,
        HostilePage::HugeBody => huge(to).await,
        HostilePage::GzipBomb => bomb(to).await,
        HostilePage::TruncatedGzip => {
            let body = gzip::half(&large_page(20_000));
            full(to, "200 OK", &format!("{HTML}Content-Encoding: gzip\r\n"), &body).await
        }
        HostilePage::EndlessRedirect => redirect(to, "/redirect/1", "").await,
        HostilePage::RedirectLoop => redirect(to, "/loop-b", "").await,
        HostilePage::RedirectToFile => redirect(to, "file:///etc/passwd", "").await,
        HostilePage::ShortBody => {
            head(to, "200 OK", &format!("{HTML}Content-Length: 10000\r\n")).await?;
            to.write_all(format!("{:100}", "<title>short</title><p>This is all there").as_bytes())
                .await
        }
        HostilePage::LongBody => {
            let (within, beyond) = ("<title>long</title><p>within</p>", "<p>beyond</p>");
            head(to, "200 OK", &format!("{HTML}Content-Length: {}\r\n", within.len())).await?;
            to.write_all(format!("{within}{beyond}").as_bytes()).await
        }
        HostilePage::InvalidUtf8 => {
            let body = b"<title>bytes</title><p>before</p><p>caf\xE9 \xFF\xFE \xC3</p><p>after \xC3\xA9</p>";
            full(to, "200 OK", HTML, body).await
        }
        HostilePage::Empty => ok(to, "").await,
        HostilePage::DeepNesting => ok(to, &deep_page(DEPTH)).await,
        HostilePage::HugeTextNode => ok(to, &text_node_page(TEXT_NODE)).await,
        HostilePage::SlowDrip => drip(to).await,
        HostilePage::Silence => std::future::pending().await,
        HostilePage::Reset => {
            head(to, "200 OK", &format!("{HTML}Content-Length: 10000\r\n")).await?;
            to.write_all(b"<title>reset</title><p>Then the line").await?;
            to.flush().await?;
            // What is closed without lingering is reset: the client sees RST in place of FIN.
            to.set_zero_linger()
        }
        HostilePage::NotHttp => to.write_all(b"220 mail.example ESMTP ready\r\n").await,
        HostilePage::Large => ok(to, &large_page(LARGE)).await,
        HostilePage::Cookies => {
            let cookies = escape(request.header("cookie").unwrap_or_default());
            ok(to, &format!("<title>cookies</title><p class=\"cookies\">{cookies}</p>")).await
        }
        HostilePage::SetCookie => {
            redirect(
                to,
                HostilePage::Cookies.path(),
                "Set-Cookie: session=s3cr3t; Path=/; HttpOnly\r\n",
            )
            .await
        }
        HostilePage::Headers => {
            let items = request
                .headers
                .iter()
                .map(|(name, value)| format!("<li>{}: {}</li>", escape(name), escape(value)));
            ok(
                to,
                &format!(
                    "<title>headers</title><ul class=\"headers\">{}</ul>",
                    items.collect::<String>()
                ),
            )
            .await
        }
    }
}

async fn ok(to: &mut TcpStream, html: &str) -> io::Result<()> {
    page(to, "200 OK", "", html).await
}

async fn page(to: &mut TcpStream, status: &str, headers: &str, html: &str) -> io::Result<()> {
    full(to, status, &format!("{HTML}{headers}"), html.as_bytes()).await
}

async fn redirect(to: &mut TcpStream, location: &str, headers: &str) -> io::Result<()> {
    full(to, "302 Found", &format!("Location: {location}\r\n{headers}"), b"").await
}

async fn full(to: &mut TcpStream, status: &str, headers: &str, body: &[u8]) -> io::Result<()> {
    head(to, status, &format!("{headers}Content-Length: {}\r\n", body.len())).await?;
    to.write_all(body).await?;
    to.shutdown().await
}

async fn head(to: &mut TcpStream, status: &str, headers: &str) -> io::Result<()> {
    to.write_all(format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n").as_bytes())
        .await
}

async fn huge(to: &mut TcpStream) -> io::Result<()> {
    head(to, "200 OK", &format!("{HTML}Transfer-Encoding: chunked\r\n")).await?;
    let paragraphs = "<p>This page has no end in sight.</p>\n".repeat(1_000);
    let chunk = format!("{:x}\r\n{paragraphs}\r\n", paragraphs.len());
    for _ in 0..HUGE_BODY.div_ceil(paragraphs.len()) {
        to.write_all(chunk.as_bytes()).await?;
    }
    to.write_all(b"0\r\n\r\n").await?;
    to.shutdown().await
}

async fn bomb(to: &mut TcpStream) -> io::Result<()> {
    let bomb = Bomb::new(BOMB_MEBIBYTES);
    let length = Bomb::header().len() + bomb.block.len() * bomb.times + bomb.end.len();
    head(
        to,
        "200 OK",
        &format!("{HTML}Content-Encoding: gzip\r\nContent-Length: {length}\r\n"),
    )
    .await?;
    to.write_all(&Bomb::header()).await?;
    for _ in 0..bomb.times {
        to.write_all(&bomb.block).await?;
    }
    to.write_all(&bomb.end).await?;
    to.shutdown().await
}

async fn drip(to: &mut TcpStream) -> io::Result<()> {
    head(to, "200 OK", &format!("{HTML}Content-Length: {DRIPS}\r\n")).await?;
    for _ in 0..DRIPS {
        to.write_all(b".").await?;
        to.flush().await?;
        sleep(DRIP_PAUSE).await;
    }
    to.shutdown().await
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::super::{HostilePage, HostileServer};
    use crate::client::{get, get_at_most};

    /// The status and the headers that the head must have, the size of the body, and what the body must contain.
    fn check(page: HostilePage, head: &[&str], size: std::ops::RangeInclusive<usize>, contains: &str) {
        let server = HostileServer::start();
        let (got_head, body) = get(&server.base_url(), page.path());
        for part in head {
            assert!(
                got_head.contains(part),
                "{page:?} has no {part:?} in its head {got_head:?}"
            );
        }
        assert!(size.contains(&body.len()), "{page:?} has {} bytes", body.len());
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(contains), "{page:?} does not contain {contains:?}");
        assert_eq!(server.hits(page.path()), 1);
    }

    #[test]
    fn each_page_misbehaves_as_it_says() {
        use HostilePage as P;
        check(P::NotFound, &["404 Not Found"], 10..=200, "no such page");
        check(P::ServerError, &["500 Internal"], 10..=200, "broke");
        check(
            P::TooManyRequests,
            &["429 Too Many", "Retry-After: 1\r\n"],
            10..=200,
            "Not so fast",
        );
        check(
            P::HugeBody,
            &["200 OK", "chunked"],
            200_000_000..=201_000_000,
            "no end in sight",
        );
        check(P::GzipBomb, &["Content-Encoding: gzip"], 500_000..=2_000_000, "");
        check(P::TruncatedGzip, &["Content-Encoding: gzip"], 100..=5_000, "");
        check(
            P::EndlessRedirect,
            &["302 Found", "Location: /redirect/1\r\n"],
            0..=0,
            "",
        );
        check(P::RedirectLoop, &["302 Found", "Location: /loop-b\r\n"], 0..=0, "");
        check(
            P::RedirectToFile,
            &["302 Found", "Location: file:///etc/passwd\r\n"],
            0..=0,
            "",
        );
        check(
            P::ShortBody,
            &["Content-Length: 10000\r\n"],
            100..=100,
            "This is all there",
        );
        check(P::LongBody, &["Content-Length: 32\r\n"], 45..=45, "within</p><p>beyond");
        check(
            P::InvalidUtf8,
            &["charset=utf-8"],
            64..=64,
            "<p>caf\u{FFFD} \u{FFFD}\u{FFFD} \u{FFFD}</p><p>after é",
        );
        check(P::Empty, &["200 OK", "Content-Length: 0\r\n"], 0..=0, "");
        check(P::DeepNesting, &["200 OK"], 1_100_000..=1_100_100, "<div>bottom</div>");
        check(P::HugeTextNode, &["200 OK"], 50_000_000..=50_000_200, "All work");
        check(P::NotHttp, &[], 30..=30, "220 mail.example");
        check(P::Large, &["200 OK"], 1_500_000..=1_500_300, "Part 2");
        check(P::Cookies, &["200 OK"], 10..=200, "<p class=\"cookies\">a=b</p>");
        check(
            P::SetCookie,
            &["302 Found", "Set-Cookie: session=s3cr3t; ", "Location: /cookies\r\n"],
            0..=0,
            "",
        );
        check(
            P::Headers,
            &["200 OK"],
            10..=500,
            "<li>host: shop.example</li><li>cookie: a=b</li>",
        );
    }

    #[test]
    fn a_redirect_leads_to_the_next() {
        let server = HostileServer::start();
        assert!(
            get(&server.base_url(), "/redirect/41")
                .0
                .contains("Location: /redirect/42\r\n")
        );
        assert!(get(&server.base_url(), "/loop-b").0.contains("Location: /loop-a\r\n"));
    }

    #[test]
    fn the_second_request_after_429_is_served() {
        let server = HostileServer::start();
        let path = HostilePage::TooManyRequests.path();
        assert!(get(&server.base_url(), path).0.contains("429"));
        assert!(get(&server.base_url(), path).0.contains("200 OK"));
        assert_eq!(server.hits(path), 2);
    }

    #[test]
    fn pages_that_do_not_end_can_be_left_and_the_server_stopped() {
        let server = HostileServer::start();
        let (head, body) = get_at_most(&server.base_url(), HostilePage::SlowDrip.path(), 103);
        assert!(head.contains("Content-Length: 12000\r\n"));
        assert!(body.iter().all(|byte| *byte == b'.'));
        let _silent = std::net::TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
        drop(server);
    }

    #[test]
    fn a_reset_is_no_orderly_end() {
        use std::io::{ErrorKind, Read, Write};
        let server = HostileServer::start();
        let mut stream = std::net::TcpStream::connect(server.base_url().trim_start_matches("http://")).unwrap();
        write!(stream, "GET {} HTTP/1.1\r\nHost: x\r\n\r\n", HostilePage::Reset.path()).unwrap();
        let error = stream.read_to_end(&mut Vec::new()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}
