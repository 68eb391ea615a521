//! What jobs, runs and users are known by.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares an id that is a text of its own type.
macro_rules! id {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The id of this text.
            pub fn new(id: impl Into<String>) -> Self {
                Self(id.into())
            }

            /// Its text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// The id of a job.
    JobId
}
id! {
    /// The id of a run.
    RunId
}
id! {
    /// The name of a user.
    UserId
}

impl JobId {
    /// A new id: `job_` and a UUID of version 7 (RFC 9562), so that ids sort by the time they were made and 74 bits of each
    /// cannot be guessed.
    pub fn generate() -> Self {
        Self(format!("job_{}", Uuid::now_v7().simple()))
    }

    /// The id of a text that has the form of one; whether there is such a job is for the store to say.
    pub fn parse(text: &str) -> Option<Self> {
        has_form(text, "job_").then(|| Self::new(text))
    }
}

impl RunId {
    /// A new id: `run_` and a UUID of version 7.
    pub fn generate() -> Self {
        Self(format!("run_{}", Uuid::now_v7().simple()))
    }

    /// The id of a text that has the form of one; whether there is such a run is for the store to say.
    pub fn parse(text: &str) -> Option<Self> {
        has_form(text, "run_").then(|| Self::new(text))
    }
}

/// A mark, and a UUID as 32 digits.
fn has_form(text: &str, mark: &str) -> bool {
    let digits = text.strip_prefix(mark).unwrap_or_default();
    digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_the_time_they_were_made() {
        let ids: Vec<JobId> = std::iter::repeat_with(JobId::generate).take(1000).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(
            ids[0].as_str().starts_with("job_") && ids[0].as_str().len() == 36,
            "{}",
            ids[0]
        );
        assert!(RunId::generate().as_str().starts_with("run_"));
    }

    #[test]
    fn an_id_is_told_by_its_form() {
        let id = RunId::generate();
        assert_eq!(RunId::parse(id.as_str()), Some(id.clone()));
        assert_eq!(JobId::parse(id.as_str()), None);
        let start = &id.as_str()[..35];
        for text in ["", "run_", "run_1", start, &format!("{id}0"), &format!("{start}g")] {
            assert_eq!(RunId::parse(text), None, "{text}");
        }
    }
}
