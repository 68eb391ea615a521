//! Reads `request`.

use super::headers::{cookies, header_value, headers};
use super::reader::Node;
use super::secret::secret_text;
use crate::model::{Auth, Method, Request, SecretText};

/// The largest body that a job may ask for: 1 GiB.
const MAX_BODY_BYTES: u64 = 1 << 30;

/// `request`.
pub(super) fn request(node: &Node<'_>) -> Option<Request> {
    let mut object = node.object()?;
    let default = Request::default();
    let method = object.read_or("method", default.method, Node::choice);
    let headers = object.get("headers").map(|node| headers(&node)).unwrap_or_default();
    let cookies = object.get("cookies").map(|node| cookies(&node)).unwrap_or_default();
    let body = object.read("body", |node| match method {
        Method::Get => node.fault("cannot go with GET: set `request.method`"),
        _ => node.text().map(str::to_owned),
    });
    let auth = object.read("auth", auth);
    let user_agent = object.read("user_agent", header_value);
    for (name, field, set) in [
        ("authorization", "auth", auth.is_some()),
        ("user-agent", "user_agent", user_agent.is_some()),
    ] {
        if let Some((given, _)) = headers
            .iter()
            .find(|(given, _)| set && given.eq_ignore_ascii_case(name))
        {
            let path = format!("{}.headers.{given}", node.path);
            node.faults
                .add(&path, format!("is given twice: `{}.{field}` sets it too", node.path));
        }
    }
    let request = Request {
        method,
        headers,
        cookies,
        body,
        auth,
        user_agent,
        timeout_ms: object.read_or("timeout_ms", default.timeout_ms, |node| node.whole32(1..=600_000)),
        attempts: object.read_or("attempts", default.attempts, |node| node.whole32(1..=20)),
        max_redirects: object.read_or("max_redirects", default.max_redirects, |node| node.whole32(0..=50)),
        max_body_bytes: object.read_or("max_body_bytes", default.max_body_bytes, |node| {
            node.whole(1..=MAX_BODY_BYTES)
        }),
        robots: object.read("robots", Node::choice),
        only_changed: object.read_or("only_changed", default.only_changed, Node::boolean),
    };
    object.finish();
    Some(request)
}

fn auth(node: &Node<'_>) -> Option<Auth> {
    let mut object = node.object()?;
    let username = object.require("username", |node| match secret_text(node)? {
        SecretText::Plain(name) if name.contains(':') => node.fault("must not hold a colon"),
        username => Some(username),
    });
    let password = object.require("password", secret_text);
    object.finish();
    Some(Auth {
        username: username?,
        password: password?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::parse::testing::{check_field, parse};
    use crate::model::{Method, Request, Robots, SecretText};

    #[test]
    fn each_fault_has_its_place() {
        let check = |request: serde_json::Value, expected: &[&str]| check_field("request", request, expected);
        check(json!({}), &[]);
        check(json!({"method": "POST", "body": "a=1"}), &[]);
        check(
            json!({"body": "a=1"}),
            &["request.body: Cannot go with GET: set `request.method`"],
        );
        check(
            json!({"method": "get"}),
            &["request.method: Must be one of: GET, POST, PUT, PATCH, DELETE"],
        );
        check(
            json!({"method": "POST", "body": {"a": 1}}),
            &["request.body: Must be text, found an object"],
        );
        check(
            json!({"headers": {"Accept-Language": "en", "X": null, "Y": {"secret": "KEY"}}}),
            &[],
        );
        check(
            json!({"headers": {"A B": "x"}}),
            &["request.headers.A B: Must have the name of a header: letters, digits and ! # $ % & ' * + - . ^ _ ` | ~"],
        );
        check(
            json!({"headers": {"X": "a\r\nHost: b"}}),
            &["request.headers.X: Must not hold the character '\\r'"],
        );
        check(json!({"headers": {"X": "a\tb é"}}), &[]);
        check(
            json!({"headers": {"HOST": "b"}}),
            &["request.headers.HOST: Cannot be set: the client writes this header itself"],
        );
        check(
            json!({"headers": {"a": "1", "A": "2"}}),
            &["request.headers.A: Is given twice: names of headers have no case"],
        );
        check(
            json!({"headers": {"X": 1}}),
            &["request.headers.X: Must be text or {\"secret\": NAME}, found a number"],
        );
        check(
            json!({"headers": []}),
            &["request.headers: Must be an object, found a list"],
        );
        check(json!({"headers": {"User-Agent": "a"}}), &[]);
        check(
            json!({"headers": {"User-Agent": "a"}, "user_agent": "b"}),
            &["request.headers.User-Agent: Is given twice: `request.user_agent` sets it too"],
        );
        check(
            json!({"headers": {"authorization": "a"}, "auth": {"username": "a", "password": "b"}}),
            &["request.headers.authorization: Is given twice: `request.auth` sets it too"],
        );
        check(json!({"cookies": {"a": "b=c,d"}}), &[]);
        check(
            json!({"cookies": {"a": "b; c"}}),
            &["request.cookies.a: Must not hold the character ';'"],
        );
        check(
            json!({"cookies": {"a=": "b"}}),
            &["request.cookies.a=: Must have the name of a cookie: letters, digits and ! # $ % & ' * + - . ^ _ ` | ~"],
        );
        check(json!({"user_agent": ""}), &["request.user_agent: Must not be empty"]);
        check(
            json!({"user_agent": "a\nb"}),
            &["request.user_agent: Must not hold the character '\\n'"],
        );
        check(
            json!({"auth": {"username": "me", "password": {"secret": "SHOP_PASSWORD"}}}),
            &[],
        );
        check(
            json!({"auth": {"username": "a:b", "password": 5}}),
            &[
                "request.auth.username: Must not hold a colon",
                "request.auth.password: Must be text or {\"secret\": NAME}, found a number",
            ],
        );
        check(
            json!({"auth": {"username": "me"}}),
            &["request.auth.password: Is required"],
        );
        check(
            json!({"auth": {"username": "me", "password": {"secret": "A-B"}}}),
            &["request.auth.password.secret: Must be 1 to 128 of A-Z, a-z, 0-9 and _"],
        );
        check(
            json!({"auth": {"username": "me", "password": {"secrets": "A"}}}),
            &[
                "request.auth.password.secret: Is required",
                "request.auth.password.secrets: Unknown field, did you mean `secret`?",
            ],
        );
        check(json!({"robots": "ignore", "only_changed": true}), &[]);
        check(json!({"robots": true}), &["request.robots: Must be text, found true"]);
        check(
            json!({"robots": "no"}),
            &["request.robots: Must be one of: obey, ignore"],
        );
        check(
            json!({"timeout": 5}),
            &["request.timeout: Unknown field, did you mean `timeout_ms`?"],
        );
    }

    #[test]
    fn bounds_hold_on_both_sides() {
        fn check(field: &str, low: u64, high: u64) {
            for number in [low, high] {
                check_field("request", json!({field: number}), &[]);
            }
            let beyond = [low.checked_sub(1), Some(high + 1)];
            for number in beyond.into_iter().flatten() {
                let message = format!("request.{field}: Must be a whole number from {low} to {high}, found {number}");
                check_field("request", json!({field: number}), &[&message]);
            }
        }
        check("timeout_ms", 1, 600_000);
        check("attempts", 1, 20);
        check("max_redirects", 0, 50);
        check("max_body_bytes", 1, 1_073_741_824);
    }

    #[test]
    fn defaults() {
        let request = parse(&json!({})).expect("a job").request;
        assert_eq!(request, Request::default());
        assert_eq!(
            (request.method, request.attempts, request.max_redirects),
            (Method::Get, 4, 10)
        );
        assert_eq!((request.timeout_ms, request.max_body_bytes), (30_000, 33_554_432));
        assert_eq!((request.robots, request.robots()), (None, Robots::Obey));
        assert_eq!(
            parse(&json!({"request": {}})).expect("a job").request,
            Request::default()
        );
    }

    #[test]
    fn headers_keep_their_order() {
        let job = parse(&json!({"request": {"headers": {"Z": "1", "A": "2"}}})).expect("a job");
        let plain = |text: &str| SecretText::Plain(text.into());
        assert_eq!(
            job.request.headers,
            [("Z".to_owned(), plain("1")), ("A".to_owned(), plain("2"))]
        );
    }
}
