//! A job's request settings in the words of the fetch stage, its secrets filled in.

use bytes::Bytes;

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

pub(crate) fn fetch_settings(job: &Job, id: &JobId, secrets: Secrets<'_>) -> Result<FetchSettings, MissingSecret> {
    let text = |text: &SecretText| match text {
        SecretText::Plain(text) => Ok(text.clone()),
        SecretText::Secret { secret } => secrets(secret.as_str()).ok_or_else(|| MissingSecret {
            name: secret.as_str().to_owned(),
        }),
    };
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
