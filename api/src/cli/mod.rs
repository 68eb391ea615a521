//! The command line: what its arguments are, and what each command prints.

mod arguments;
mod batch;
mod command;
mod extract;
mod failure;
mod input;
mod keys;
mod openapi;
mod output;
mod progress;
mod robots;
mod run;
mod serve;
mod summary;

pub(crate) use command::main;
