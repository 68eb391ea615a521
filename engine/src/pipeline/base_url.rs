//! What a page's links are resolved against: its URL, or what its first `<base href>` says (HTML standard, 2.4.3).
//!
//! The page is not parsed for it: most have no `<base>`, which a search tells, and the others are tokenized up to it.

use std::cell::RefCell;
use std::sync::LazyLock;

use html5ever::buffer_queue::BufferQueue;
use html5ever::interface::TokenizerResult;
use html5ever::local_name;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use regex::Regex;
use url::Url;

static BASE_TAG: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?i)<base[\s/]").expect("the expression is right"));

/// The base URL of a page.
pub fn base_url(text: &str, url: &Url) -> Url {
    declared(text)
        .and_then(|href| url.join(href.trim_matches([' ', '\t', '\n', '\r', '\x0c'])).ok())
        .filter(|base| !matches!(base.scheme(), "data" | "javascript"))
        .unwrap_or_else(|| url.clone())
}

fn declared(text: &str) -> Option<String> {
    let found = BASE_TAG.find(text)?;
    // What follows the tag cannot matter, but for the end of the tag itself.
    let end = text[found.end()..]
        .find('>')
        .map_or(text.len(), |at| found.end() + at + 1);
    first_base(&text[..end]).or_else(|| first_base(text))
}

fn first_base(text: &str) -> Option<String> {
    let tokenizer = Tokenizer::new(FirstBase::default(), TokenizerOpts::default());
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(text));
    loop {
        match tokenizer.feed(&input) {
            TokenizerResult::Done => return None,
            TokenizerResult::Script(()) => return tokenizer.sink.href.into_inner(),
            TokenizerResult::EncodingIndicator(_) => {}
        }
    }
}

/// Stops the tokenizer at the first `<base>` with a `href`.
#[derive(Default)]
struct FirstBase {
    href: RefCell<Option<String>>,
}

impl TokenSink for FirstBase {
    type Handle = ();

    fn process_token(&self, token: Token, _: u64) -> TokenSinkResult<()> {
        let Token::TagToken(Tag {
            kind: TagKind::StartTag,
            name,
            attrs,
            ..
        }) = token
        else {
            return TokenSinkResult::Continue;
        };
        match name {
            local_name!("base") => {
                let Some(href) = attrs
                    .into_iter()
                    .find(|attribute| attribute.name.local == local_name!("href"))
                else {
                    return TokenSinkResult::Continue;
                };
                self.href.replace(Some(href.value.to_string()));
                // The one answer that stops the tokenizer.
                TokenSinkResult::Script(())
            }
            local_name!("script") => TokenSinkResult::RawData(ScriptData),
            local_name!("style")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes") => TokenSinkResult::RawData(Rawtext),
            local_name!("title") | local_name!("textarea") => TokenSinkResult::RawData(Rcdata),
            local_name!("plaintext") => TokenSinkResult::Plaintext,
            _ => TokenSinkResult::Continue,
        }
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::base_url;

    #[test]
    fn the_first_base_with_a_href_counts() {
        let url = Url::parse("http://a.example/x/y").unwrap();
        for (html, base) in [
            ("<p>no base", "http://a.example/x/y"),
            ("<base href=/z/>", "http://a.example/z/"),
            (
                "<head><BASE\ttarget=_top><base href=' http://b.example/ '><base href=/c>",
                "http://b.example/",
            ),
            ("<!-- <base href=/c> --><base href='/d>e'>", "http://a.example/d%3Ee"),
            (
                "<script>'<base href=/c>'</script><title><base href=/c></title>",
                "http://a.example/x/y",
            ),
            ("<base href=javascript:x>", "http://a.example/x/y"),
            ("<base href='http://['>", "http://a.example/x/y"),
            ("<basefont href=/c>", "http://a.example/x/y"),
            ("<base href=/c", "http://a.example/x/y"),
        ] {
            assert_eq!(base_url(html, &url).as_str(), base, "{html}");
        }
    }
}
