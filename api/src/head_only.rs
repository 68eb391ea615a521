//! That only the head of an answer is asked for: the framework answers HEAD by the operation of GET, which sees a GET.

use poem::Request;

/// Stands with a request that is a HEAD.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HeadOnly;

impl HeadOnly {
    /// Whether it stands with a request.
    pub(crate) fn is_with(request: &Request) -> bool {
        request.extensions().get::<Self>().is_some()
    }
}
