//! The words of the engine as plain types: [`Job`] and what it is made of, [`Run`], [`Row`], [`Value`], [`Match`].
//!
//! A [`Job`] is parsed once, by [`Job::parse`], which finds all faults of a definition at once; whoever holds one may
//! trust it. Nothing here does input or output, and what a query type or its expressions mean is asked for through
//! [`QueryTypes`], so that no query type is built in.

#[macro_use]
mod closed_set;

mod job;
mod links;
mod parse;
mod pattern;
mod proxy;
mod query;
mod query_types;
mod render;
mod request;
mod schedule;

mod field_error;
mod limits;
mod option_values;
mod public_url;
mod secret;

mod id;
mod lifecycle;
mod log;
mod matches;
mod row;
mod run;
mod run_error;
mod value;

pub use closed_set::ClosedSet;
pub use field_error::FieldError;
pub use id::{JobId, RunId, UserId};
pub use job::{Job, OnPluginError, SourceType};
pub use lifecycle::{JobStatus, RunEvent};
pub use limits::{Budget, Concurrency, RateLimit, Retention};
pub use links::{Follow, Pagination, UrlRules};
pub use log::{LogLevel, LogLine};
pub use matches::{Match, MatchKind};
pub use option_values::{OptionKind, OptionSpec, OptionValue, parse_options, validate_options};
pub use pattern::Pattern;
pub use proxy::{GeoTarget, ProxyConfig, RotationStrategy};
pub use public_url::public;
pub use query::{As, Decimal, Query, Selector};
pub use query_types::{ExpressionFault, QueryTypes};
pub use render::{Action, RenderConfig, ResourceType, Viewport, WaitStrategy};
pub use request::{Auth, Method, Request, Robots};
pub use row::Row;
pub use run::{ColumnCount, PluginUse, Run, RunStatus, Trigger, Warning, WarningCode};
pub use run_error::{ErrorCode, PageError, Stage};
pub use schedule::{Missed, Overlap, Schedule, Slots};
pub use secret::{SecretName, SecretText};
pub use value::{Column, ColumnKind, Value};
