//! Debian's packages: which are there, and installing the missing ones.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{output, run};

/// Installs those of the packages that are missing: itself when it is root on Debian, else by naming the command.
///
/// `purpose` completes the sentence "… is needed for …".
pub(crate) fn ensure(packages: &[&str], purpose: &str) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|package| version(package).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let command = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    if !is_debian() {
        bail!("{purpose} needs what Debian calls {}: install it", missing.join(", "));
    }
    if !is_root() {
        bail!("{purpose} needs packages that are missing; as root, run `{command}`");
    }
    println!("set-up: installing {} ({purpose})", missing.join(", "));
    // A machine made from an image often has no package lists.
    run(apt_get().args(["--quiet=2", "update"])).context("cannot fetch Debian's package lists")?;
    run(apt_get()
        .args(["--quiet=2", "--yes", "--no-install-recommends", "install"])
        .args(&missing))
    .with_context(|| format!("cannot install packages; `{command}` does it by hand"))
}

/// The installed version of a package, or none if it is not installed.
pub(crate) fn version(package: &str) -> Option<String> {
    let answer =
        output(Command::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status} ${Version}", package]));
    let answer = answer.ok()?;
    let (status, version) = answer.split_once(' ')?;
    (status == "installed").then(|| version.to_owned())
}

/// Whether this is Debian, or something that is made of its packages.
pub(crate) fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

/// Whether packages can be installed without asking for a password.
pub(crate) fn is_root() -> bool {
    output(Command::new("id").arg("-u")).is_ok_and(|id| id == "0")
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .args(["-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0"])
        .current_dir(env::temp_dir());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_does_not_exist_has_no_version() {
        assert_eq!(version("snowscrape-no-such-package"), None);
    }
}
