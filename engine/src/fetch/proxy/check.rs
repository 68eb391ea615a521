//! The health check: whether a proxy answers in its own protocol, without asking it for any target.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::fault::ProxyFault;
use super::server::{ProxyScheme, ProxyServer};
use super::tunnel::BoxedConnection;

/// Greets a proxy over a connection to it.
///
/// # Errors
/// What is wrong with its answer.
pub(super) async fn greet(
    mut connection: BoxedConnection,
    server: &ProxyServer,
    limit: Duration,
) -> Result<(), ProxyFault> {
    let greeting = async {
        match server.scheme() {
            ProxyScheme::Http | ProxyScheme::Https => greet_http(&mut connection, server).await,
            ProxyScheme::Socks5 => greet_socks(&mut connection, server).await,
        }
    };
    timeout(limit, greeting).await.unwrap_or_else(|_| {
        Err(ProxyFault::Unreachable {
            reason: format!("no answer within {} s", limit.as_secs_f64()),
        })
    })
}

/// `OPTIONS` with `Max-Forwards: 0`, which is for the proxy itself (RFC 9110, section 7.6.2). Any status is an answer
/// but 407, and 401, which tinyproxy gives to wrong credentials.
async fn greet_http(connection: &mut BoxedConnection, server: &ProxyServer) -> Result<(), ProxyFault> {
    let address = server.address();
    let mut request =
        format!("OPTIONS http://{address}/ HTTP/1.1\r\nHost: {address}\r\nMax-Forwards: 0\r\n").into_bytes();
    if let Some(value) = server.basic_auth() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"Connection: close\r\n\r\n");
    connection.write_all(&request).await.map_err(closed)?;
    // "HTTP/1.1 407"
    let mut start = [0; 12];
    connection.read_exact(&mut start).await.map_err(closed)?;
    match (start.strip_prefix(b"HTTP/1."), &start[8..]) {
        (Some(_), b" 407" | b" 401") => Err(ProxyFault::Credentials),
        (Some(_), _) => Ok(()),
        (None, _) => Err(ProxyFault::Protocol {
            reason: "its answer is not HTTP".to_owned(),
        }),
    }
}

/// The negotiation of the method (RFC 1928, section 3) and, where there are any, of the credentials (RFC 1929).
async fn greet_socks(connection: &mut BoxedConnection, server: &ProxyServer) -> Result<(), ProxyFault> {
    const VERSION: u8 = 5;
    const NO_AUTHENTICATION: u8 = 0;
    const USER_AND_PASSWORD: u8 = 2;
    let method = match server.user_and_password() {
        Some(_) => USER_AND_PASSWORD,
        None => NO_AUTHENTICATION,
    };
    connection.write_all(&[VERSION, 1, method]).await.map_err(closed)?;
    let mut answer = [0; 2];
    connection.read_exact(&mut answer).await.map_err(closed)?;
    match answer {
        [VERSION, chosen] if chosen == method => {}
        [VERSION, _] => return Err(ProxyFault::Credentials),
        _ => {
            return Err(ProxyFault::Protocol {
                reason: "its answer is not SOCKS5".to_owned(),
            });
        }
    }
    let Some((user, password)) = server.user_and_password() else {
        return Ok(());
    };
    let mut request = vec![1];
    for text in [user, password] {
        request.push(u8::try_from(text.len()).expect("the URL's credentials were measured"));
        request.extend_from_slice(text.as_bytes());
    }
    connection.write_all(&request).await.map_err(closed)?;
    connection.read_exact(&mut answer).await.map_err(closed)?;
    match answer {
        [_, 0] => Ok(()),
        _ => Err(ProxyFault::Credentials),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn closed(error: std::io::Error) -> ProxyFault {
    ProxyFault::Unreachable {
        reason: error.to_string(),
    }
}
