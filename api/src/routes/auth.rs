//! The key that an operation needs, for the document. It was checked before the operation was chosen.

use poem::Request;
use poem_openapi::SecurityScheme;
use poem_openapi::auth::Bearer;
use snowscrape_engine::model::UserId;

use crate::auth::SignedIn;

/// An API key, made by `snowscrape keys create`.
#[derive(SecurityScheme)]
#[oai(ty = "bearer", bearer_format = "sk_live_…", rename = "apiKey", checker = "signed_in")]
pub(super) struct Auth(SignedIn);

impl Auth {
    /// Who is asking.
    pub(super) fn user(&self) -> &UserId {
        &self.0.user
    }
}

#[expect(clippy::unused_async, reason = "poem-openapi's checkers are asynchronous")]
async fn signed_in(request: &Request, _: Bearer) -> Option<SignedIn> {
    request.extensions().get::<SignedIn>().cloned()
}
