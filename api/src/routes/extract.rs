//! Queries tried out on a page: what a selector playground needs.

use std::sync::Arc;

use jiff::Timestamp;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};
use serde_json::{Map, Value, json};
use snowscrape_engine::fetch::FetchCode;
use snowscrape_engine::model::{ClosedSet as _, FieldError, Job, JobId, Request, Run, RunId, Trigger};
use snowscrape_engine::pipeline::{BuildError, Environment, Pipeline, TrialError, TrialPage};
use snowscrape_engine::source::parse_page_url;
use url::Url;

use super::Tag;
use super::auth::Auth;
use super::results::data;
use crate::app::App;
use crate::error::ApiError;
use crate::params::JsonBody;
use crate::refusal::{BODY, FETCH, INVALID, Refusal};
use crate::types::{Extracted, Extraction};

/// Where a page came from that was given without its URL.
const NOWHERE: &str = "http://page.invalid/";
/// The fields that a job has too.
const OF_A_JOB: [&str; 3] = ["item", "queries", "request"];

pub(crate) struct ExtractApi(pub(crate) App);

#[derive(ApiResponse)]
enum Answered {
    /// The rows.
    #[oai(status = 200)]
    Answered(Json<Extracted>),
}

#[OpenApi(tag = "Tag::Extraction")]
impl ExtractApi {
    /// Try queries out
    ///
    /// Evaluates queries on a page that is fetched or given, and keeps nothing.
    #[oai(path = "/extract", method = "post", operation_id = "extract")]
    async fn extract(
        &self,
        _auth: Auth,
        body: JsonBody<Extraction>,
    ) -> Result<Answered, Refusal<{ INVALID | BODY | FETCH }>> {
        let definition = body.json().map_err(|fault| ApiError::definition(vec![fault]))?;
        let (job, page) = self.parse(definition)?;
        let permit = Arc::clone(&self.0.trials).acquire_owned().await;
        let _permit = permit.map_err(|error| ApiError::internal(&error))?;
        let pipeline = self.build(job).await?;
        let trial = pipeline.try_page(page).await.map_err(failed)?;
        let rows = trial
            .rows
            .into_iter()
            .map(|row| data(row, &trial.columns).into())
            .collect();
        Ok(Answered::Answered(Json(Extracted {
            rows,
            warnings: trial.warnings.into_iter().map(Into::into).collect(),
        })))
    }
}

impl ExtractApi {
    /// The job that the queries would be, and the page.
    fn parse(&self, asked: Value) -> Result<(Job, TrialPage), ApiError> {
        let Value::Object(mut asked) = asked else {
            return Err(ApiError::definition(vec![FieldError::new("body", "must be an object")]));
        };
        let mut faults = Vec::new();
        let page = self.page(&mut asked, &mut faults);
        let mut definition = Map::from_iter([
            ("name".to_owned(), json!("extract")),
            ("source".to_owned(), json!(NOWHERE)),
        ]);
        for name in OF_A_JOB {
            if let Some(value) = asked.shift_remove(name) {
                definition.insert(name.to_owned(), value);
            }
        }
        for name in asked.keys() {
            let known = ["url", "html"].into_iter().chain(OF_A_JOB);
            faults.push(FieldError::unknown_field(name, known));
        }
        let job = Job::parse(&Value::Object(definition), &*self.0.registry);
        match (job, page) {
            (Ok(mut job), Some(page)) if faults.is_empty() => {
                match &page {
                    // A page that is given is not asked for.
                    TrialPage::Html { .. } => job.request = Request::default(),
                    TrialPage::Url(url) => {
                        // Its origin is the job's own, which gets what is secret of the request.
                        job.urls = vec![url.clone()];
                        // There is no page before this one to compare it with.
                        job.request.only_changed = false;
                    }
                }
                Ok((job, page))
            }
            (job, _) => {
                faults.extend(job.err().into_iter().flatten());
                Err(ApiError::definition(faults))
            }
        }
    }

    fn page(&self, asked: &mut Map<String, Value>, faults: &mut Vec<FieldError>) -> Option<TrialPage> {
        let mut fault = |name: &str, message: String| {
            faults.push(FieldError::new(name, message));
            None
        };
        let given = |value: Option<Value>| value.filter(|value| !value.is_null());
        match (given(asked.shift_remove("url")), given(asked.shift_remove("html"))) {
            (Some(_), Some(_)) => fault("html", "must be left out where `url` is given".to_owned()),
            (None, None) => fault("url", "is required, or `html` instead".to_owned()),
            (None, Some(Value::String(html))) => Some(TrialPage::Html {
                html,
                url: Url::parse(NOWHERE).expect("a URL"),
            }),
            (None, Some(_)) => fault("html", "must be text".to_owned()),
            (Some(Value::String(url)), None) => match parse_page_url(&url) {
                Err(error) => fault("url", error.to_string()),
                Ok(url) => match self.0.guard.check_url(&url) {
                    Err(blocked) => fault("url", blocked.to_string()),
                    Ok(()) => Some(TrialPage::Url(url)),
                },
            },
            (Some(_), None) => fault("url", "must be text".to_owned()),
        }
    }

    async fn build(&self, job: Job) -> Result<Pipeline, ApiError> {
        let app = self.0.clone();
        let built = tokio::task::spawn_blocking(move || {
            let environment = Environment {
                registry: &app.registry,
                secrets: &*app.secrets,
                fetch: &app.fetch,
                browsers: &app.browsers,
            };
            let run = Run::queued(
                RunId::new("run_extract"),
                JobId::new("job_extract"),
                Trigger::Manual,
                Timestamp::now(),
            );
            Pipeline::build(job, environment, run)
        });
        built
            .await
            .expect("building a pipeline does not panic")
            .map_err(|error| match error {
                BuildError::Secret(secret) => {
                    ApiError::definition(vec![FieldError::new("request", secret.to_string())])
                }
                BuildError::Request(error) => ApiError::definition(vec![FieldError::new("request", error.to_string())]),
                BuildError::Extractors(error) => ApiError::internal(&error),
            })
    }
}

fn failed(error: TrialError) -> ApiError {
    match error {
        TrialError::Fetch(error) if error.code() == FetchCode::BlockedAddress => {
            ApiError::definition(vec![FieldError::new("url", error.to_string())])
        }
        TrialError::Fetch(error) => ApiError::FetchFailed {
            code: error.code().as_str().to_owned(),
            message: error.to_string(),
        },
        TrialError::Extract { code, message } => ApiError::FetchFailed {
            code: code.as_str().to_owned(),
            message,
        },
    }
}
