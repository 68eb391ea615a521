//! What a job may say and this engine does not do yet: such a run ends before its first request.

use crate::model::{ErrorCode, Job};

/// A part of a job that the engine has no stage for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {}", self.reason())]
pub struct Unsupported {
    /// The field of the definition.
    pub field: &'static str,
    what: &'static str,
}

impl Unsupported {
    /// What is not done, without the field.
    pub fn reason(&self) -> String {
        format!("this version of SnowScrape does not {}; leave it out", self.what)
    }

    /// The first such part of a job.
    pub(crate) fn find(job: &Job) -> Option<Self> {
        let asks = [(
            job.render_config.as_ref().is_some_and(|render| render.enabled),
            "render_config",
            "render pages",
        )];
        asks.into_iter()
            .find(|(asked, ..)| *asked)
            .map(|(_, field, what)| Self { field, what })
    }

    /// The code that the run ends with.
    pub fn code(&self) -> ErrorCode {
        match self.field {
            "render_config" => ErrorCode::RenderFailed,
            _ => ErrorCode::Internal,
        }
    }
}
