//! Who is asking: API keys, made, hashed and recognised.

mod api_key;
mod authenticator;

pub(crate) use api_key::ApiKey;
pub(crate) use authenticator::{Authenticator, SignedIn};
