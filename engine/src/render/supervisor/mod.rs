//! The small process between this one and the browser.
//!
//! A browser is many processes, and a server that is ended by `kill -9` can end none of them. So a supervisor starts
//! the browser, in a process group and as a user of its own, and holds one end of a pipe from the server: when the
//! pipe closes, for whatever reason, it ends the browser with all that came from it and removes its profile. It is the
//! server's own program with a hidden subcommand, and knows nothing of pages.
//!
//! The browser's `DevTools` listen on a port of loopback that it chooses itself. Pages cannot use it, since the browser
//! refuses web sockets that come from one; other users of the machine can, as they can any server on loopback.

mod handle;
mod message;
mod profile;
mod supervise;

pub(super) use handle::Supervisor;
pub use supervise::supervise;
