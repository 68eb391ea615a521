//! Ids in the path.

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use snowscrape_engine::model::{JobId, RunId};

/// The id of something in the path. Whether there is such a thing is for the store to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path<T>(pub(crate) T);

/// What has an id.
pub(crate) trait Id: Send + 'static {
    /// An id as the document shows it.
    const EXAMPLE: &'static str;

    fn of(text: String) -> Self;
}

impl Id for JobId {
    const EXAMPLE: &'static str = "job_019324f0c0de7a6bb8b7a1f00d5c0ffe";

    fn of(text: String) -> Self {
        Self::new(text)
    }
}

impl Id for RunId {
    const EXAMPLE: &'static str = "run_019324f0c0de7a6bb8b7a1f00d5c0ffe";

    fn of(text: String) -> Self {
        Self::new(text)
    }
}

/// The number of a page in its run, from 0; none where the path says no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageNumber(pub(crate) Option<u64>);

impl Id for PageNumber {
    const EXAMPLE: &'static str = "0";

    fn of(text: String) -> Self {
        Self(text.parse().ok())
    }
}

impl<'a, T: Id> ApiExtractor<'a> for Path<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;
    type ParamType = T;
    type ParamRawType = T;

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Path)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        Some(MetaSchemaRef::Inline(Box::new(MetaSchema {
            min_length: Some(1),
            example: Some(T::EXAMPLE.into()),
            ..MetaSchema::new("string")
        })))
    }

    async fn from_request(
        request: &'a Request,
        _: &mut RequestBody,
        options: ExtractParamOptions<T>,
    ) -> poem::Result<Self> {
        // An id has no character that would be escaped: what is escaped is no id, and is not found.
        let text = request.raw_path_param(options.name).unwrap_or_default();
        Ok(Self(T::of(text.to_owned())))
    }
}
