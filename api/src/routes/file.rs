//! The answer to a download: what is said of the file, and its name. Its body is [`super::file_body`]'s.

use std::fmt::Write as _;

use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};

use super::content_coding::ContentCoding;
use super::file_body::WARNINGS;

/// The answer to a download.
#[derive(Debug)]
pub(super) enum FileResponse {
    /// The file.
    File {
        head: FileHead,
        media_type: String,
        file_name: String,
        body: Body,
    },
    /// The client has it.
    NotModified(FileHead),
}

/// What an answer says of a file whether it is in it or not.
#[derive(Clone, Debug)]
pub(super) struct FileHead {
    /// What the file is known by; none where it can still change.
    pub(super) etag: Option<String>,
    /// Whether it comes in a coding that the client asks for.
    pub(super) varies: bool,
    /// The coding.
    pub(super) coding: Option<ContentCoding>,
}

/// Stands with an answer that comes in the coding that the client asks for. It becomes a `Vary` when the rules for other origins
/// have set theirs, in whose place it would be lost.
#[derive(Clone, Copy, Debug)]
struct VariesByCoding;

/// Says in `Vary` what an answer depends on: the origin that asks, if others may, and the coding that the client asks for, if it
/// comes in one.
pub(crate) fn tell_varying(response: &mut Response, by_origin: bool) {
    if by_origin {
        response
            .headers_mut()
            .insert(header::VARY, HeaderValue::from_static("Origin"));
    }
    if response.extensions().get::<VariesByCoding>().is_some() {
        let varying = HeaderValue::from_static("Accept-Encoding");
        response.headers_mut().append(header::VARY, varying);
    }
}

impl FileHead {
    /// Whether a client that has these has the file: the weak comparison of RFC 9110, section 8.8.3.2.
    pub(super) fn is_among(&self, if_none_match: &str) -> bool {
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let is_this = |etag: &String| if_none_match.split(',').any(|tag| opaque(tag) == opaque(etag));
        self.etag
            .as_ref()
            .is_some_and(|etag| if_none_match.trim() == "*" || is_this(etag))
    }
}

impl IntoResponse for FileResponse {
    fn into_response(self) -> Response {
        let (mut response, head) = match self {
            Self::File {
                head,
                media_type,
                file_name,
                body,
            } => {
                let mut response = Response::builder().content_type(&media_type).body(body);
                set(&mut response, header::CONTENT_DISPOSITION, &disposition(&file_name));
                set(&mut response, header::TRAILER, WARNINGS.as_str());
                if let Some(coding) = head.coding {
                    set(&mut response, header::CONTENT_ENCODING, coding.name());
                }
                (response, head)
            }
            Self::NotModified(head) => (StatusCode::NOT_MODIFIED.into_response(), head),
        };
        // A cache must ask before it gives the file again: the job may have had another run.
        set(&mut response, header::CACHE_CONTROL, "private, no-cache");
        if let Some(etag) = &head.etag {
            set(&mut response, header::ETAG, etag);
        }
        if head.varies {
            response.extensions_mut().insert(VariesByCoding);
        }
        response
    }
}

fn set(response: &mut Response, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

impl ApiResponse for FileResponse {
    fn meta() -> MetaResponses {
        let header = |name: &str, required, description: &str| MetaHeader {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            required,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        };
        let always = || {
            vec![
                header(
                    "Cache-Control",
                    true,
                    "That a cache must ask before it gives the file again.",
                ),
                header(
                    "ETag",
                    false,
                    "What the file is known by, once its run has ended: for `If-None-Match`.",
                ),
                header("Vary", false, "That the file can come in another coding."),
            ]
        };
        let mut of_file = vec![
            header("Content-Disposition", true, "The name of the file."),
            header(
                "Content-Encoding",
                false,
                "The coding, where the client asked for one: gzip or zstd.",
            ),
            header(
                "Trailer",
                false,
                "That `X-Export-Warnings` stands behind the file, for a client that says `TE: trailers` and `Connection: TE`, \
                 where the format does not hold all that the rows do: a JSON array of texts.",
            ),
        ];
        of_file.extend(always());
        let answer = |status, description, content, headers| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers,
        };
        // What formats there are is the plugins' to say: the finished document has their media types instead.
        let content = vec![MetaMediaType {
            content_type: "application/octet-stream",
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new_with_format("string", "binary"))),
        }];
        MetaResponses {
            responses: vec![
                answer(200, "The file.", content, of_file),
                answer(
                    304,
                    "The client has the file: its `If-None-Match` names it.",
                    Vec::new(),
                    always(),
                ),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

/// RFC 6266: a name of safe characters for old clients, and the name itself, percent-encoded, for the others.
fn disposition(file_name: &str) -> String {
    let plain: String = file_name
        .chars()
        .map(|character| match character {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '.' | '-' | '_' => character,
            _ => '_',
        })
        .collect();
    if plain == file_name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let mut encoded = String::new();
    for byte in file_name.bytes() {
        // What RFC 5987 lets stand as it is.
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// The name of a job's file: the job's name without what file systems and shells take amiss.
pub(super) fn file_name(job: &str, extension: &str) -> String {
    const LONGEST: usize = 80;
    let clean: String = job
        .chars()
        .map(|character| match character {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
            character if character.is_control() => '-',
            character => character,
        })
        .take(LONGEST)
        .collect();
    let clean = clean.trim().trim_matches('.');
    let stem = if clean.is_empty() { "results" } else { clean };
    format!("{stem}.{extension}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_that_has_the_file_is_known() {
        let head = |etag: Option<&str>| FileHead {
            etag: etag.map(str::to_owned),
            varies: false,
            coding: None,
        };
        let check = |if_none_match: &str, expected: bool| {
            assert_eq!(
                head(Some("W/\"a\"")).is_among(if_none_match),
                expected,
                "{if_none_match}"
            );
            assert!(!head(None).is_among(if_none_match), "{if_none_match}");
        };
        check("\"a\"", true);
        check("W/\"a\"", true);
        check("\"b\", W/\"a\"", true);
        check("*", true);
        check("\"b\"", false);
        check("a", false);
    }

    #[test]
    fn names_of_files_are_safe() {
        let check = |job: &str, expected: &str| {
            assert_eq!(disposition(&file_name(job, "csv")), format!("attachment; {expected}"));
        };
        check("prices", r#"filename="prices.csv""#);
        check(
            "Product Prices",
            r#"filename="Product_Prices.csv"; filename*=UTF-8''Product%20Prices.csv"#,
        );
        check("../../etc/passwd", r#"filename="-..-etc-passwd.csv""#);
        check(
            "é\"\r\nX: y",
            r#"filename="_---X-_y.csv"; filename*=UTF-8''%C3%A9---X-%20y.csv"#,
        );
        check("...", r#"filename="results.csv""#);
    }
}
