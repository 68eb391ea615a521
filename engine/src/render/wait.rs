//! When a page counts as loaded.

use std::time::Duration;

use tokio::time::sleep_until;

use super::clock::Clock;
use super::error::{Awaited, RenderError};
use super::state::PageState;
use super::tab::Tab;
use super::world::{ScriptError, World, value};
use crate::model::WaitStrategy;

/// How long nothing is under way on a quiet network, as Playwright has it.
const QUIET: Duration = Duration::from_millis(500);
/// How often a page is looked at.
pub(super) const LOOK: Duration = Duration::from_millis(50);

/// Whether an element matches.
const EXISTS: &str = concat!(
    "function (selector) {\n",
    include_str!("scripts/find.js"),
    "return find(document) !== null; }"
);

/// Waits until the page in a tab counts as loaded, and no other document is on its way there.
pub(super) async fn wait_for_page(tab: &Tab, strategy: &WaitStrategy, clock: &Clock) -> Result<(), RenderError> {
    loop {
        match strategy {
            WaitStrategy::Load => clock.within(tab.until(PageState::loaded), || Awaited::Load).await?,
            WaitStrategy::DomContentLoaded => {
                let parsed = tab.until(PageState::content_loaded);
                clock.within(parsed, || Awaited::DomContentLoaded).await?;
            }
            WaitStrategy::NetworkIdle => {
                let idle = || {
                    let (open, such_as) = tab.ask(PageState::open_requests);
                    Awaited::NetworkIdle { open, such_as }
                };
                clock.within(quiet(tab), idle).await?;
            }
            WaitStrategy::Selector(selector) => {
                let found = clock.within(wait_for_selector(tab, selector), || Awaited::Selector(selector.clone()));
                found.await?.map_err(|error| match error {
                    ScriptError::Thrown(reason) => RenderError::Selector {
                        selector: selector.clone(),
                        reason,
                    },
                    other => other.into(),
                })?;
            }
        }
        if !tab.ask(PageState::pending) {
            return Ok(());
        }
        let arrived = tab.until(|state| !state.pending());
        clock.within(arrived, || Awaited::Redirect).await?;
    }
}

/// Waits for the document that a step led to, if it did: as far as the strategy can still say something of it.
pub(super) async fn wait_for_next_page(tab: &Tab, strategy: &WaitStrategy) {
    if !tab.ask(PageState::pending) {
        return;
    }
    tab.until(|state| !state.pending()).await;
    match strategy {
        WaitStrategy::Load => tab.until(PageState::loaded).await,
        WaitStrategy::NetworkIdle => quiet(tab).await,
        WaitStrategy::DomContentLoaded | WaitStrategy::Selector(_) => tab.until(PageState::content_loaded).await,
    }
}

async fn quiet(tab: &Tab) {
    let mut state = tab.watch();
    loop {
        // The sender lives as long as the tab, so that there is no other end.
        let since = match state.wait_for(|state| state.quiet_since().is_some()).await {
            Ok(state) => state.quiet_since(),
            Err(_) => return,
        };
        let Some(since) = since else { continue };
        tokio::select! {
            () = sleep_until(since + QUIET) => return,
            _ = state.wait_for(|state| state.quiet_since() != Some(since)) => {}
        }
    }
}

/// Waits for an element that matches a selector, in whichever document comes.
///
/// # Errors
/// What a selector that is none makes the browser throw.
pub(super) async fn wait_for_selector(tab: &Tab, selector: &str) -> Result<(), ScriptError> {
    loop {
        let main = tab.ask(|state| state.main().clone());
        let found = async {
            let world = World::of(tab.session(), &main).await?;
            world.call(EXISTS, vec![value(selector)]).await
        };
        match found.await {
            Ok(found) if found == true => return Ok(()),
            Ok(_) | Err(ScriptError::Gone) => tokio::time::sleep(LOOK).await,
            Err(error) => return Err(error),
        }
    }
}
