//! Running other programs, with errors that name the program and what it was given.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// Runs a program with this program's terminal, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    eprintln!("$ {}", display(command));
    let status = command
        .status()
        .with_context(|| format!("cannot run `{}`", display(command)))?;
    if !status.success() {
        bail!("`{}` failed: {status}", display(command));
    }
    Ok(())
}

/// Runs a program quietly and returns what it wrote to its standard output, without the white space at its ends.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let result = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run `{}`", display(command)))?;
    if !result.status.success() {
        bail!(
            "`{}` failed: {}\n{}",
            display(command),
            result.status,
            String::from_utf8_lossy(&result.stderr).trim_end()
        );
    }
    let text = String::from_utf8(result.stdout)
        .with_context(|| format!("`{}` wrote something that is not UTF-8", display(command)))?;
    Ok(text.trim().to_owned())
}

/// Whether a program can be run and ends well; what it writes is not shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|result| result.status.success())
}

/// Where a program is found on the `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

/// A command as one would type it, without its environment and with its program's path left out.
fn display(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    let words: Vec<String> = words.map(|word| quote(&word.to_string_lossy())).collect();
    words.join(" ")
}

fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_one_would_type_it() {
        let check = |arguments: &[&str], expected: &str| {
            assert_eq!(display(Command::new("/usr/bin/cargo").args(arguments)), expected);
        };
        check(&["build", "--release"], "cargo build --release");
        check(&["a b", "it's", ""], r"cargo 'a b' 'it'\''s' ''");
    }

    #[test]
    fn a_failure_names_the_command_and_its_errors() {
        let error = output(Command::new("sh").args(["-c", "echo broken >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("sh -c") && error.contains("exit status: 3") && error.contains("broken"),
            "{error}"
        );
        let error = run(&mut Command::new("/no/such/program")).unwrap_err().to_string();
        assert_eq!(error, "cannot run `program`");
    }
}
