//! A job's request settings in the words of the fetch stage, its secrets filled in.

use bytes::Bytes;
use jiff::civil::Date;
use url::{Origin, Url};

use crate::fetch::{BasicAuth, FetchSettings, Rate, WantedProxies};
use crate::model::{ClosedSet, Job, JobId, Robots, SecretText};

/// Where the values of secrets come from.
pub type Secrets<'a> = &'a dyn Fn(&str) -> Option<String>;

/// A secret that nobody set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret `{name}` is not set; set the environment variable SNOWSCRAPE_SECRET_{name}")]
pub struct MissingSecret {
    /// Its name.
    pub name: String,
}

/// A text of a definition, or the value of the secret that it names.
pub(crate) fn reveal(text: &SecretText, secrets: Secrets<'_>) -> Result<String, MissingSecret> {
    match text {
        SecretText::Plain(text) => Ok(text.clone()),
        SecretText::Secret { secret } => secrets(secret.as_str()).ok_or_else(|| MissingSecret {
            name: secret.as_str().to_owned(),
        }),
    }
}

pub(crate) fn fetch_settings(job: &Job, id: &JobId, secrets: Secrets<'_>) -> Result<FetchSettings, MissingSecret> {
    let text = |text: &SecretText| reveal(text, secrets);
    let pairs = |pairs: &[(String, SecretText)]| {
        pairs
            .iter()
            .map(|(name, value)| Ok((name.clone(), text(value)?)))
            .collect::<Result<Vec<_>, _>>()
    };
    let request = &job.request;
    Ok(FetchSettings {
        method: ClosedSet::as_str(request.method).to_owned(),
        headers: pairs(&request.headers)?,
        secret_headers: request
            .headers
            .iter()
            .filter(|(_, value)| matches!(value, SecretText::Secret { .. }))
            .map(|(name, _)| name.clone())
            .collect(),
        own_origins: Some(own_origins(job)),
        cookies: pairs(&request.cookies)?,
        body: request.body.clone().map(Bytes::from),
        auth: request
            .auth
            .as_ref()
            .map(|auth| {
                Ok(BasicAuth {
                    username: text(&auth.username)?,
                    password: text(&auth.password)?,
                })
            })
            .transpose()?,
        user_agent: request.user_agent.clone(),
        timeout: request.timeout(),
        attempts: request.attempts,
        max_redirects: request.max_redirects,
        max_body_bytes: request.max_body_bytes,
        proxies: job.proxy_config.clone().map(|config| WantedProxies {
            config,
            job: id.to_string(),
        }),
        robots: request.robots() == Robots::Obey,
        rate: Rate::per_minute(job.rate_limit.per_minute()).expect("a job's rate limit has the bounds of a rate"),
    })
}

/// The origins that the job names: those of its source, in which nothing before the path varies, and of its pages.
fn own_origins(job: &Job) -> Vec<Origin> {
    let source = job.source.url(0, Date::constant(2024, 2, 29)).ok();
    let mut origins: Vec<Origin> = Vec::new();
    for origin in source.iter().chain(&job.urls).map(Url::origin) {
        if !origins.contains(&origin) {
            origins.push(origin);
        }
    }
    origins
}
