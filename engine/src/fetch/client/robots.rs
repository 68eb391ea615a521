//! robots.txt, asked before a page is: where the client's manners meet the network.

use std::time::Duration;

use reqwest::Response;
use tokio::time::{sleep, timeout};
use tracing::{debug, info};
use url::Url;

use super::{Inner, asked_to_wait};
use crate::fetch::body::{self, BodyError};
use crate::fetch::error::{FetchErrorKind, Stage};
use crate::fetch::redirect::redirected;
use crate::fetch::request::{Request, Template};
use crate::fetch::retry::{Decision, jitter};
use crate::fetch::robots::{ROBOTS_BYTES, RobotsRefusal, Rules, product_token};
use crate::fetch::robots_cache::{Asker, Found, Key, RobotsCache};
use crate::fetch::target::Target;
use crate::fetch::transport;

/// The redirects that are followed from a robots.txt (RFC 9309, 2.3.1.2).
const MAX_REDIRECTS: u32 = 5;

/// By what name robots.txt is obeyed, and how it is asked for.
pub(super) struct Manners {
    cache: RobotsCache,
    asker: Asker,
    agent: String,
    template: Template,
}

impl Manners {
    pub(super) fn new(cache: RobotsCache, pages: &Template) -> Self {
        Self {
            cache,
            asker: Asker::new(),
            agent: product_token(&pages.user_agent()),
            template: pages.for_robots(),
        }
    }
}

/// What a request for robots.txt led to.
enum Answer {
    Found(Found),
    Redirect(Box<Request>),
    /// A server's error, which may pass.
    Busy(FetchErrorKind, Option<Duration>),
}

impl Inner {
    /// Asks robots.txt whether the target may be fetched, and at what interval.
    ///
    /// A server that cannot be reached fails as its pages would, for they are not asked for either.
    pub(super) async fn crawl_delay(&self, target: &Target) -> Result<Duration, FetchErrorKind> {
        let Some(manners) = &self.manners else {
            return Ok(Duration::ZERO);
        };
        let robots = robots_url(target.url());
        let key = Key {
            url: robots.to_string(),
            agent: manners.agent.to_ascii_lowercase(),
            // What a proxy answers in the site's stead must not count for those who ask the site itself.
            by_proxy: self.ways.route().is_some(),
        };
        match &*manners
            .cache
            .get(&key, manners.asker, || Box::pin(self.robots(manners, &robots)))
            .await
        {
            Found::Rules(rules) => match rules.refusing(target.url()) {
                None => Ok(rules.crawl_delay()),
                Some(rule) => Err(RobotsRefusal::Rule {
                    robots,
                    agent: manners.agent.clone(),
                    rule,
                }
                .into()),
            },
            Found::Unreachable(reason) => Err(RobotsRefusal::Unreachable {
                robots,
                reason: reason.clone(),
            }
            .into()),
            Found::Failed(kind) => Err(kind.clone()),
        }
    }

    /// Fetches a robots.txt. It counts neither for the run's rate nor among its host's requests: a file is asked for once a
    /// day, and one that is not to be had once a minute and run at most.
    async fn robots(&self, manners: &Manners, url: &Url) -> Found {
        let found = match Target::new(url) {
            Ok(target) => self.follow(manners, manners.template.on(target)).await,
            Err(kind) => Err(kind),
        };
        let found = found.unwrap_or_else(Found::Failed);
        match &found {
            Found::Rules(rules) => debug!(%url, crawl_delay = ?rules.crawl_delay(), "robots.txt is known"),
            Found::Unreachable(reason) => info!(%url, reason, "robots.txt cannot be read"),
            Found::Failed(kind) => debug!(%url, error = %kind, "robots.txt cannot be reached"),
        }
        found
    }

    /// Asks for the file, where its redirects lead to too.
    async fn follow(&self, manners: &Manners, mut request: Request) -> Result<Found, FetchErrorKind> {
        let (mut attempts, mut redirects) = (0, 0);
        loop {
            match self.ask(manners, &request).await {
                Ok(Answer::Found(found)) => return Ok(found),
                // A site whose file is not where it should be has none (2.3.1.2).
                Ok(Answer::Redirect(_)) if redirects == MAX_REDIRECTS => return Ok(Found::Rules(Rules::none())),
                Ok(Answer::Redirect(next)) => {
                    redirects += 1;
                    request = *next;
                }
                Ok(Answer::Busy(kind, asked)) => {
                    attempts += 1;
                    match self.retry.decide(kind, attempts, asked, jitter()) {
                        Decision::After(wait) => sleep(wait).await,
                        Decision::GiveUp(kind) => return Ok(Found::Unreachable(kind.to_string())),
                    }
                }
                // The pages' own server was there.
                Err(kind) if redirects > 0 => return Ok(Found::Unreachable(kind.to_string())),
                Err(kind) => return Err(kind),
            }
        }
    }

    /// One request and its answer, within the time that a page's may take.
    async fn ask(&self, manners: &Manners, request: &Request) -> Result<Answer, FetchErrorKind> {
        if let Some(guard) = &self.guard {
            guard.check_url(request.target().url())?;
        }
        let limit = self.timeout;
        let answer = timeout(limit, self.exchange(manners, request)).await;
        answer.unwrap_or(Err(FetchErrorKind::Timeout {
            limit,
            stage: Stage::Waiting,
        }))
    }

    async fn exchange(&self, manners: &Manners, request: &Request) -> Result<Answer, FetchErrorKind> {
        let mut tries = self.ways.tries(request);
        let response = loop {
            if let Some(response) = tries.send(request, None).await? {
                break response;
            }
        };
        let status = response.status();
        match redirected(request, status, response.headers()) {
            Ok(Some(next)) => return Ok(Answer::Redirect(Box::new(next))),
            Ok(None) => {}
            Err(_) => return Ok(Answer::Found(Found::Rules(Rules::none()))),
        }
        Ok(match status.as_u16() {
            200..300 => Answer::Found(read(response, request, &manners.agent).await?),
            // 2.3.1.3; what is left of 3xx says as little of where there would be a file.
            300..500 => Answer::Found(Found::Rules(Rules::none())),
            status => Answer::Busy(
                FetchErrorKind::HttpStatus {
                    status,
                    retry_after: None,
                },
                asked_to_wait(response.headers()),
            ),
        })
    }
}

async fn read(response: Response, request: &Request, agent: &str) -> Result<Found, FetchErrorKind> {
    let headers = response.headers().clone();
    match body::read_start(&headers, response.bytes_stream(), ROBOTS_BYTES).await {
        Ok(file) => Ok(Found::Rules(Rules::parse(&file, agent))),
        Err(BodyError::Connection(error)) => Err(transport::failure(&error, request.target(), Stage::Reading)),
        Err(BodyError::Coding { coding, reason }) => Ok(Found::Unreachable(format!(
            "it cannot be decoded as '{coding}': {reason}"
        ))),
        // The start of a file is never too large.
        Err(BodyError::TooLarge) => Ok(Found::Unreachable("it is too large".to_owned())),
    }
}

/// Where the rules for a URL are (2.3).
fn robots_url(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_path("/robots.txt");
    url.set_query(None);
    url
}
