//! The processes of a browser, as `/proc` tells of them.

use std::collections::HashMap;
use std::fs;

use rustix::process::Pid;

/// All processes that come from this one, at any remove.
pub(super) fn descendants(of: Pid) -> Vec<Pid> {
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for (process, parent) in parents() {
        children.entry(parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut next = vec![of];
    while let Some(process) = next.pop() {
        for child in children.remove(&process).unwrap_or_default() {
            found.push(child);
            next.push(child);
        }
    }
    found
}

/// The memory that processes have to themselves or share among each other, in bytes. Memory that is shared is counted
/// for each of them, so that this is rather too much; what cannot be read, because the process has ended, is nothing.
pub(super) fn memory(processes: &[Pid]) -> u64 {
    let of_one = |process: &Pid| {
        let status = fs::read_to_string(format!("/proc/{}/status", process.as_raw_nonzero())).unwrap_or_default();
        kibibytes(&status) * 1024
    };
    processes.iter().map(of_one).sum()
}

/// Every process with its parent.
fn parents() -> impl Iterator<Item = (Pid, Pid)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let process = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        Some((process, Pid::from_raw(parent(&stat)?)?))
    })
}

/// The parent in `/proc/PID/stat`, whose second field is a name in parentheses that may hold anything, these included.
fn parent(stat: &str) -> Option<i32> {
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// `RssAnon` and `RssShmem` of `/proc/PID/status`, in KiB.
fn kibibytes(status: &str) -> u64 {
    let value = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    value("RssAnon:").unwrap_or_default() + value("RssShmem:").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn proc_is_read() {
        assert_eq!(parent("12 (a) b) S 7 12 12 0"), Some(7));
        assert_eq!(parent("12 (a"), None);
        assert_eq!(kibibytes("RssAnon:\t  20 kB\nRssFile:\t 5 kB\nRssShmem:\t 3 kB\n"), 23);
        assert_eq!(kibibytes(""), 0);
    }

    #[test]
    fn children_and_their_children_are_found() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 60 & echo; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Read::read_exact(shell.stdout.as_mut().unwrap(), &mut [0]).unwrap();
        let shell_pid = Pid::from_child(&shell);
        let sleeping = descendants(shell_pid);
        assert_eq!(sleeping.len(), 1, "{sleeping:?}");
        assert!(descendants(rustix::process::getpid()).contains(&sleeping[0]));
        assert!(memory(&[shell_pid]) > 0);
        rustix::process::kill_process(sleeping[0], rustix::process::Signal::KILL).unwrap();
        shell.wait().unwrap();
        assert_eq!((descendants(shell_pid), memory(&[shell_pid])), (Vec::new(), 0));
    }
}
