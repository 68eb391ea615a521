//! Requests and answers as the OpenAPI document shows them.

mod definition;
mod extraction;
mod job;
mod nullable;
mod operations;
mod results;
mod run;
mod time;

pub(crate) use definition::{Described, Form, JobDefinition, Optional, Query, RequestConfig, Selector, complete};
pub(crate) use extraction::{Extracted, Extraction};
pub(crate) use job::{Job, JobList};
pub(crate) use nullable::Nullable;
pub(crate) use operations::{Format, Health, LastError, Plugin, PluginList, PluginOption, QueryType};
pub(crate) use results::{Cells, ResultRow, Results};
pub(crate) use run::{LogLines, Run, RunList, RunStarted};
pub(crate) use time::Time;
