//! Words for the person at the terminal.

use std::io::Write as _;

/// Says something on standard error. Without one there is nobody to tell.
pub(crate) fn say(words: &str) {
    let _ = writeln!(std::io::stderr(), "{words}");
}
