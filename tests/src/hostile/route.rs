//! The ways in which the server misbehaves, and their addresses.

/// One way to misbehave. Sizes are those of the body after decoding, `MB` being a million bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostilePage {
    /// `/404`: not found, with a page that says so.
    NotFound,
    /// `/500`: an internal error, every time.
    ServerError,
    /// `/429`: too many requests with `Retry-After: 1` the first time, counted for each server; then a page.
    TooManyRequests,
    /// `/huge`: 200 MB of paragraphs in chunks, without a `Content-Length`.
    HugeBody,
    /// `/gzip-bomb`: 1 GiB of zeros in a megabyte of gzip.
    GzipBomb,
    /// `/truncated-gzip`: half of a gzip stream, within a complete answer.
    TruncatedGzip,
    /// `/redirect/0`: a redirect to `/redirect/1`, and so on for ever.
    EndlessRedirect,
    /// `/loop-a`: a redirect to `/loop-b`, which redirects back.
    RedirectLoop,
    /// `/redirect-to-file`: a redirect to `file:///etc/passwd`.
    RedirectToFile,
    /// `/short-body`: a `Content-Length` of 10,000 and 100 bytes before the connection closes.
    ShortBody,
    /// `/long-body`: a `Content-Length` that ends before the page's last paragraph, which is sent all the same.
    LongBody,
    /// `/invalid-utf-8`: declared as UTF-8, with bytes in the second of its three paragraphs that are not.
    InvalidUtf8,
    /// `/empty`: a page of no bytes.
    Empty,
    /// `/deep`: 100,000 nested `div`s with a word in the innermost.
    DeepNesting,
    /// `/text-node`: 50 MB in one text node.
    HugeTextNode,
    /// `/slow`: a byte each 50 ms, for ten minutes.
    SlowDrip,
    /// `/silence`: the request is read, and nothing is ever said.
    Silence,
    /// `/reset`: the connection is reset (RST) in the middle of the body.
    Reset,
    /// `/not-http`: an answer in another protocol.
    NotHttp,
    /// `/large`: an ordinary page of 1.5 MB, for tests of how time grows with size.
    Large,
    /// `/cookies`: the `Cookie` header as it came. `/cookies/set` sets `session` and redirects here.
    Cookies,
    /// `/cookies/set`: sets the cookie `session=s3cr3t` and redirects to `/cookies`.
    SetCookie,
    /// `/headers`: every header of the request, as `<li>name: value</li>` with the name in lower case.
    Headers,
}

impl HostilePage {
    /// Every one of them.
    pub const ALL: &[Self] = &[
        Self::NotFound,
        Self::ServerError,
        Self::TooManyRequests,
        Self::HugeBody,
        Self::GzipBomb,
        Self::TruncatedGzip,
        Self::EndlessRedirect,
        Self::RedirectLoop,
        Self::RedirectToFile,
        Self::ShortBody,
        Self::LongBody,
        Self::InvalidUtf8,
        Self::Empty,
        Self::DeepNesting,
        Self::HugeTextNode,
        Self::SlowDrip,
        Self::Silence,
        Self::Reset,
        Self::NotHttp,
        Self::Large,
        Self::Cookies,
        Self::SetCookie,
        Self::Headers,
    ];

    /// The path at which it is served.
    pub const fn path(self) -> &'static str {
        match self {
            Self::NotFound => "/404",
            Self::ServerError => "/500",
            Self::TooManyRequests => "/429",
            Self::HugeBody => "/huge",
            Self::GzipBomb => "/gzip-bomb",
            Self::TruncatedGzip => "/truncated-gzip",
            Self::EndlessRedirect => "/redirect/0",
            Self::RedirectLoop => "/loop-a",
            Self::RedirectToFile => "/redirect-to-file",
            Self::ShortBody => "/short-body",
            Self::LongBody => "/long-body",
            Self::InvalidUtf8 => "/invalid-utf-8",
            Self::Empty => "/empty",
            Self::DeepNesting => "/deep",
            Self::HugeTextNode => "/text-node",
            Self::SlowDrip => "/slow",
            Self::Silence => "/silence",
            Self::Reset => "/reset",
            Self::NotHttp => "/not-http",
            Self::Large => "/large",
            Self::Cookies => "/cookies",
            Self::SetCookie => "/cookies/set",
            Self::Headers => "/headers",
        }
    }

    /// The page at `path`; whatever is unknown is [`HostilePage::NotFound`].
    pub(crate) fn at(path: &str) -> Self {
        Self::ALL
            .iter()
            .copied()
            .find(|page| page.path() == path)
            .unwrap_or(Self::NotFound)
    }
}
