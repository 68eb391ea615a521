//! Places at which a test ends the process as a crash would. They are nothing unless the crate `fail` is built with its
//! `failpoints`, as only the tests do.

/// Ends the process here if the failpoint of this name is set to `return`: nothing is flushed, nothing is dropped.
macro_rules! failpoint {
    ($name:literal) => {
        fail::fail_point!($name, |_| std::process::abort())
    };
}
