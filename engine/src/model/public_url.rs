//! URLs as they may be shown.

use url::Url;

/// The URL without credentials and fragment.
pub fn public(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    // Both fail only for URLs that cannot have credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}
