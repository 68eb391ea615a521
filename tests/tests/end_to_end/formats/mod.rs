//! Files of every format, read by other people's programs: `tests/readers` has them, and what each of them cannot hold.

mod generated;
mod nasty;
mod readers;
mod round_trip;
mod wrong_files;
