//! What is done to a page's requests before they leave the browser: some are not let through, others get what the job
//! adds to them.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use chromiumoxide::cdp::browser_protocol::fetch;
use chromiumoxide::cdp::browser_protocol::network::{self, ErrorReason};
use chromiumoxide::types::Binary;
use url::{Origin, Url};

use super::events::{FrameId, RequestPaused};
use super::gate::Gate;
use super::page::PageRequest;
use crate::model::ResourceType;

/// The documents that a page may lead through, redirects included; a browser follows 20 of these in a row.
const MOST_DOCUMENTS: u32 = 100;

/// The rules for one page.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    origin: Origin,
    /// What goes with every request to the origin.
    headers: Vec<(String, String)>,
    /// What the document's own request is, where it is no plain GET.
    document: Option<DocumentRequest>,
    blocked: Vec<ResourceType>,
    /// Who is asked about the main frame's documents.
    gate: Option<Arc<dyn Gate>>,
    /// How many documents of the main frame were asked for.
    documents: u32,
}

#[derive(Debug, Clone)]
struct DocumentRequest {
    method: String,
    body: Option<String>,
}

/// What becomes of a request.
#[derive(Debug)]
pub(super) enum Verdict {
    /// It goes on, perhaps changed.
    Pass(Box<fetch::ContinueRequestParams>),
    /// It goes on if the gate lets it through.
    Ask {
        pass: Box<fetch::ContinueRequestParams>,
        gate: Arc<dyn Gate>,
        url: Url,
    },
    /// It is of a kind that is blocked, or leads where none may.
    Block(fetch::FailRequestParams),
}

/// What becomes of a request that does not go on.
pub(super) fn refuse(request: impl Into<fetch::RequestId>) -> fetch::FailRequestParams {
    fetch::FailRequestParams::new(request, ErrorReason::BlockedByClient)
}

impl Rules {
    /// The rules for a page, which block those kinds of resource.
    pub(super) fn new(request: &PageRequest, blocked: &[ResourceType]) -> Self {
        let mut headers = request.headers.clone();
        headers.retain(|(name, _)| !is_the_browsers(name));
        if let Some((username, password)) = credentials(request)
            && !headers
                .iter()
                .any(|(name, _)| name.eq_ignore_ascii_case("authorization"))
        {
            let pair = BASE64.encode(format!("{username}:{password}").as_bytes());
            headers.push(("Authorization".to_owned(), format!("Basic {pair}")));
        }
        let plain = request.method == "GET" && request.body.is_none();
        Self {
            origin: request.url.origin(),
            headers,
            document: (!plain).then(|| DocumentRequest {
                method: request.method.clone(),
                body: request.body.as_deref().map(|body| BASE64.encode(body)),
            }),
            blocked: blocked.to_vec(),
            gate: request.gate.clone(),
            documents: 0,
        }
    }

    /// Which requests must be asked about; none where the rules change nothing.
    pub(super) fn patterns(&self) -> Vec<fetch::RequestPattern> {
        let of = |resource_type: Option<network::ResourceType>| fetch::RequestPattern {
            url_pattern: Some("*".to_owned()),
            resource_type,
            request_stage: None,
        };
        if !self.headers.is_empty() {
            return vec![of(None)];
        }
        let asked_about = self.document.is_some() || self.gate.is_some();
        let document = asked_about.then_some(network::ResourceType::Document);
        let blocked = self.blocked.iter().flat_map(|&kind| protocol_types(kind)).cloned();
        document.into_iter().chain(blocked).map(|kind| of(Some(kind))).collect()
    }

    /// A script for every document before its own: web sockets are not among what can be asked about.
    pub(super) fn script(&self) -> Option<&'static str> {
        self.blocked
            .contains(&ResourceType::Websocket)
            .then_some(include_str!("scripts/no_sockets.js"))
    }

    /// Decides on one request; `main` is the page's main frame. The document's method and body are for its first
    /// request alone, which takes them out of the rules.
    pub(super) fn judge(&mut self, paused: RequestPaused, main: &FrameId) -> Verdict {
        let of_kind = |kind: &ResourceType| {
            protocol_types(*kind)
                .iter()
                .any(|name| name.as_ref() == paused.resource_type)
        };
        if self.blocked.iter().any(of_kind) {
            return Verdict::Block(refuse(paused.request_id));
        }
        let mut pass = fetch::ContinueRequestParams::new(paused.request_id);
        let is_page = paused.resource_type == "Document" && paused.frame_id == *main;
        if is_page && let Some(document) = self.document.take() {
            pass.method = Some(document.method);
            pass.post_data = document.body.map(Binary::from);
        }
        let url = Url::parse(&paused.request.url).ok();
        let own_origin = url.as_ref().is_some_and(|url| url.origin() == self.origin);
        let added = if own_origin { self.headers.as_slice() } else { &[] };
        // A request that was redirected still has what was added to it before.
        let carried = |(name, value): (&String, &String)| {
            let same = |(other, text): &(String, String)| other.eq_ignore_ascii_case(name) && text == value;
            self.headers.iter().any(same)
        };
        if !added.is_empty() || paused.request.headers.iter().any(carried) {
            let own = paused.request.headers.into_iter();
            pass.headers = Some(merge(own.filter(|(name, value)| !carried((name, value))), added));
        }
        let pass = Box::new(pass);
        let Some(gate) = self.gate.clone().filter(|_| is_page) else {
            return Verdict::Pass(pass);
        };
        self.documents += 1;
        match url.filter(|_| self.documents <= MOST_DOCUMENTS) {
            Some(url) => Verdict::Ask { pass, gate, url },
            // What cannot be read cannot be asked about.
            None => Verdict::Block(refuse(pass.request_id)),
        }
    }
}

/// Whether only the browser knows what belongs in a header: it refuses a request in which they were set.
fn is_the_browsers(header: &str) -> bool {
    let header = header.to_ascii_lowercase();
    let names = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ];
    names.contains(&header.as_str()) || header.starts_with("proxy-")
}

/// The user name and password of a request; a URL's own go before the job's.
fn credentials(request: &PageRequest) -> Option<(String, String)> {
    if request.url.username().is_empty() && request.url.password().is_none() {
        let auth = request.auth.as_ref()?;
        return Some((auth.username.clone(), auth.password.clone()));
    }
    let plain = |text: &str| {
        let bytes: Vec<u8> = percent_decode(text.as_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Some((
        plain(request.url.username()),
        plain(request.url.password().unwrap_or_default()),
    ))
}

/// A URL's user name and password are percent-encoded.
fn percent_decode(text: &[u8]) -> Vec<u8> {
    // The query's own decoder does the same but for two signs, which are kept from it.
    let kept = String::from_utf8_lossy(text).replace('+', "%2B").replace('&', "%26");
    let mut decoded = url::form_urlencoded::parse(kept.as_bytes());
    decoded
        .next()
        .map(|(name, _)| name.into_owned().into_bytes())
        .unwrap_or_default()
}

/// The browser's headers and the job's, which go before.
fn merge(own: impl Iterator<Item = (String, String)>, added: &[(String, String)]) -> Vec<fetch::HeaderEntry> {
    own.filter(|(name, _)| !added.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)))
        .chain(added.iter().cloned())
        .map(|(name, value)| fetch::HeaderEntry { name, value })
        .collect()
}

/// The protocol's names for a kind of resource.
fn protocol_types(kind: ResourceType) -> &'static [network::ResourceType] {
    use network::ResourceType as Type;
    match kind {
        ResourceType::Image => &[Type::Image],
        ResourceType::Font => &[Type::Font],
        ResourceType::Stylesheet => &[Type::Stylesheet],
        ResourceType::Script => &[Type::Script],
        ResourceType::Media => &[Type::Media],
        ResourceType::Xhr => &[Type::Xhr],
        ResourceType::Fetch => &[Type::Fetch],
        ResourceType::Websocket => &[],
        ResourceType::Manifest => &[Type::Manifest],
        ResourceType::Other => &[
            Type::TextTrack,
            Type::Prefetch,
            Type::EventSource,
            Type::SignedExchange,
            Type::Ping,
            Type::CspViolationReport,
            Type::Other,
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use bytes::Bytes;

    use super::super::events::PausedRequest;
    use super::super::page::Credentials;
    use super::*;

    fn paused(kind: &str, frame: &str, url: &str) -> RequestPaused {
        RequestPaused {
            request_id: "i".to_owned(),
            frame_id: frame.to_owned(),
            resource_type: kind.to_owned(),
            request: PausedRequest {
                url: url.to_owned(),
                headers: BTreeMap::from([("accept".to_owned(), "*/*".to_owned())]),
            },
        }
    }

    fn request() -> PageRequest {
        PageRequest::get(Url::parse("http://a.example/p").unwrap())
    }

    /// Method, body and headers that a request goes on with; `None` if it is blocked.
    type Passed = (Option<String>, Option<String>, Option<Vec<(String, String)>>);

    fn judge(rules: &mut Rules, paused: RequestPaused) -> Option<Passed> {
        match rules.judge(paused, &"main".to_owned()) {
            Verdict::Block(_) => None,
            Verdict::Pass(pass) | Verdict::Ask { pass, .. } => {
                let pairs = |entry: fetch::HeaderEntry| (entry.name, entry.value);
                let headers = pass.headers.map(|headers| headers.into_iter().map(pairs).collect());
                Some((pass.method, pass.post_data.map(Into::into), headers))
            }
        }
    }

    #[test]
    fn a_plain_page_is_not_interfered_with() {
        assert!(Rules::new(&request(), &[]).patterns().is_empty());
        assert_eq!(Rules::new(&request(), &[ResourceType::Image]).patterns().len(), 1);
        let sockets = Rules::new(&request(), &[ResourceType::Websocket]);
        assert!(sockets.patterns().is_empty());
        assert!(sockets.script().is_some());
        assert!(Rules::new(&request(), &[ResourceType::Image]).script().is_none());
    }

    #[derive(Debug)]
    struct Closed;

    impl Gate for Closed {
        fn lets_through<'a>(&'a self, _: &'a Url) -> futures::future::BoxFuture<'a, bool> {
            Box::pin(async { false })
        }
    }

    #[test]
    fn the_gate_is_asked_about_the_pages_documents_only() {
        let gated = PageRequest {
            gate: Some(Arc::new(Closed)),
            ..request()
        };
        let mut rules = Rules::new(&gated, &[]);
        assert_eq!(rules.patterns().len(), 1);
        let mut check = |kind: &str, frame: &str, asked: bool| {
            let verdict = rules.judge(paused(kind, frame, "http://b.example/x"), &"main".to_owned());
            assert_eq!(matches!(verdict, Verdict::Ask { .. }), asked, "{kind} {frame}");
        };
        check("Document", "main", true);
        check("Document", "main", true);
        check("Document", "child", false);
        check("Script", "main", false);
    }

    #[test]
    fn a_gated_page_leads_through_a_hundred_documents_that_can_be_asked_about() {
        let gated = PageRequest {
            gate: Some(Arc::new(Closed)),
            ..request()
        };
        let mut rules = Rules::new(&gated, &[]);
        let mut asked = |url: &str| {
            let verdict = rules.judge(paused("Document", "main", url), &"main".to_owned());
            match verdict {
                Verdict::Ask { .. } => true,
                Verdict::Block(_) => false,
                Verdict::Pass(_) => panic!("{url} passes"),
            }
        };
        // The browser asks for hosts that the URL standard refuses.
        assert!(!asked("http://xn--a.example/"));
        for number in 2..=MOST_DOCUMENTS + 1 {
            assert_eq!(asked("http://b.example/"), number <= MOST_DOCUMENTS, "{number}");
        }
    }

    #[test]
    fn kinds_are_blocked_and_the_page_itself_is_not() {
        let mut rules = Rules::new(&request(), &[ResourceType::Image, ResourceType::Other]);
        let mut check = |kind: &str, passes: bool| {
            let judged = judge(&mut rules, paused(kind, "main", "http://a.example/x"));
            assert_eq!(judged.is_some(), passes, "{kind}");
        };
        check("Image", false);
        check("EventSource", false);
        check("Script", true);
        check("Document", true);
        check("TypeOfTheFuture", true);
    }

    #[test]
    fn headers_stay_with_the_pages_origin() {
        let with_headers = PageRequest {
            headers: vec![("Accept".into(), "text/html".into()), ("X-Key".into(), "k".into())],
            ..request()
        };
        let mut rules = Rules::new(&with_headers, &[]);
        let mut check = |url: &str, expected: Option<&[(&str, &str)]>| {
            let (_, _, headers) = judge(&mut rules, paused("Xhr", "child", url)).unwrap();
            let owned = |pairs: &[(&str, &str)]| {
                pairs
                    .iter()
                    .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                    .collect::<Vec<_>>()
            };
            assert_eq!(headers, expected.map(owned), "{url}");
        };
        check("http://a.example/api", Some(&[("Accept", "text/html"), ("X-Key", "k")]));
        check("https://a.example/api", None);
        check("http://a.example:8080/api", None);
        check("http://b.example/", None);
        // As a redirect from the origin leaves it.
        let mut redirected = paused("Document", "main", "http://b.example/");
        redirected.request.headers.insert("x-key".into(), "k".into());
        let kept = Some(vec![("accept".to_owned(), "*/*".to_owned())]);
        assert_eq!(judge(&mut rules, redirected).unwrap().2, kept);
    }

    #[test]
    fn what_only_the_browser_knows_is_left_to_it() {
        let headers = ["Host", "content-length", "Proxy-Authorization", "Referer"];
        let request = PageRequest {
            headers: headers.map(|name| (name.to_owned(), "x".to_owned())).into(),
            ..request()
        };
        let kept = Rules::new(&request, &[]).headers;
        assert_eq!(kept, [("Referer".to_owned(), "x".to_owned())]);
    }

    #[test]
    fn credentials_become_a_header() {
        let check = |url: &str, own: Option<&str>, expected: &str| {
            let request = PageRequest {
                url: Url::parse(url).unwrap(),
                headers: own
                    .map(|value| ("authorization".to_owned(), value.to_owned()))
                    .into_iter()
                    .collect(),
                auth: Some(Credentials {
                    username: "me".into(),
                    password: "a:b".into(),
                }),
                ..request()
            };
            assert_eq!(Rules::new(&request, &[]).headers.last().unwrap().1, expected, "{url}");
        };
        check(
            "http://a.example/",
            None,
            &format!("Basic {}", BASE64.encode(b"me:a:b")),
        );
        check(
            "http://x%40y:p+%25@a.example/",
            None,
            &format!("Basic {}", BASE64.encode(b"x@y:p+%")),
        );
        check("http://a.example/", Some("Bearer t"), "Bearer t");
    }

    #[test]
    fn a_body_goes_once_with_the_document() {
        let post = PageRequest {
            method: "POST".into(),
            body: Some(Bytes::from_static(b"q=1")),
            ..request()
        };
        let mut rules = Rules::new(&post, &[]);
        let mut check = |kind: &str, frame: &str, expected: Option<&str>| {
            let (method, body, _) = judge(&mut rules, paused(kind, frame, "http://a.example/p")).unwrap();
            assert_eq!(method.as_deref(), expected);
            assert_eq!(body, expected.map(|_| BASE64.encode(b"q=1")));
        };
        check("Document", "child", None);
        check("Script", "main", None);
        check("Document", "main", Some("POST"));
        check("Document", "main", None);
    }
}
