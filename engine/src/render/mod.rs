//! Rendering: one URL in, the document that a real browser makes of it out.
//!
//! [`Browsers`] is the one browser of this process. It runs under a supervisor process ([`supervise`]), which ends it
//! however this process ends. Each run has a [`RenderContext`] of its own in it, behind a SOCKS proxy of its own, and
//! renders page after page in the tabs of that.
//!
//! The browser reaches nothing but through that proxy, so that what it may reach is the proxy's to say and not this
//! module's. Nothing here knows jobs or runs, retries, keeps a pace, or asks robots.txt: where a page may lead is a [`Gate`]'s to
//! say.
//!
//! The document was made with scripting on, which whoever parses it should know (`<noscript>`).

mod browser;
mod browsers;
mod clock;
mod content;
mod context;
mod devtools;
mod error;
mod events;
mod flags;
mod gate;
mod keys;
mod page;
mod processes;
mod rendering;
mod rules;
mod script;
mod settings;
mod state;
mod steps;
mod supervisor;
mod tab;
#[cfg(test)]
mod tests;
mod wait;
mod world;

pub use browsers::Browsers;
pub use context::{ContextOptions, RenderContext, UserAgent};
pub use error::{Awaited, RenderError};
pub use gate::Gate;
pub use page::{Credentials, PageRequest, RenderedPage};
pub use script::{PageScript, Step, Typed};
pub use settings::BrowserSettings;
pub use supervisor::supervise;
#[cfg(test)]
pub(crate) use tests::settings as test_settings;
