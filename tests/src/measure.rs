//! What a process takes of the machine, by what Linux says of it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Linux counts the time of processes in hundredths of a second for programs, whatever it does itself (`USER_HZ`).
const TICKS_A_SECOND: f64 = 100.0;

/// The most memory that a process held at once since this was made.
#[derive(Debug)]
pub struct Peak {
    most: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
}

impl Peak {
    /// Begins to look, many times a second.
    pub fn watch(process: u32) -> Self {
        let (most, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (seen, stopped) = (Arc::clone(&most), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                seen.fetch_max(resident(process), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        Self { most, stop }
    }

    /// In MB.
    pub fn end(self) -> u64 {
        self.stop.store(true, Ordering::Relaxed);
        self.most.load(Ordering::Relaxed) / 1_000_000
    }
}

/// The resident memory of a process, in bytes; 0 once it is gone.
pub fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    kibibytes(&status, "VmRSS:") * 1_024
}

/// The CPU time that a process has taken, in seconds; 0 once it is gone.
pub fn cpu_seconds(process: u32) -> f64 {
    seconds(process, 2)
}

/// A process and all that it started, watched until this is dropped.
#[derive(Debug)]
pub struct Tree {
    seen: Arc<Mutex<Seen>>,
    stop: Arc<AtomicBool>,
}

/// What a tree of processes took.
#[derive(Clone, Copy, Debug, Default)]
pub struct TreeUse {
    /// The most memory that it held at once, in bytes; what processes share is counted once.
    pub most_memory: u64,
    /// CPU time, in seconds.
    pub cpu_seconds: f64,
}

#[derive(Debug, Default)]
struct Seen {
    used: TreeUse,
    processes: HashSet<u32>,
}

impl Tree {
    /// Begins to look, several times a second.
    pub fn watch(root: u32) -> Self {
        let (seen, stop) = (Arc::<Mutex<Seen>>::default(), Arc::new(AtomicBool::new(false)));
        lock(&seen).look(root);
        let (looked, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        std::thread::spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(250));
                lock(&looked).look(root);
            }
        });
        Self { seen, stop }
    }

    /// What it took so far.
    pub fn used(&self) -> TreeUse {
        lock(&self.seen).used
    }

    /// How many of the processes that were seen are there still.
    pub fn alive(&self) -> usize {
        let seen = lock(&self.seen);
        let is_alive = |process: &&u32| stat(**process).is_some_and(|fields| fields[0] != "Z");
        seen.processes.iter().filter(is_alive).count()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Seen {
    fn look(&mut self, root: u32) {
        let tree = descendants(root);
        let memory = tree.iter().map(|process| shared_memory(*process)).sum();
        // Those that ended have left their time with who waited for them.
        let cpu: f64 = tree.iter().map(|process| seconds(*process, 4)).sum();
        self.used.most_memory = self.used.most_memory.max(memory);
        self.used.cpu_seconds = self.used.cpu_seconds.max(cpu);
        self.processes.extend(tree);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A process and those below it.
fn descendants(root: u32) -> Vec<u32> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let process = entry.file_name().to_str().and_then(|name| name.parse().ok());
        if let Some(process) = process
            && let Some(parent) = stat(process).and_then(|fields| fields.get(1)?.parse().ok())
        {
            children.entry(parent).or_default().push(process);
        }
    }
    let mut tree = vec![root];
    let mut at = 0;
    while at < tree.len() {
        tree.extend(children.remove(&tree[at]).unwrap_or_default());
        at += 1;
    }
    tree
}

/// The memory of a process, in bytes, with its part of what it shares with others; 0 once it is gone.
fn shared_memory(process: u32) -> u64 {
    let sums = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
    kibibytes(&sums, "Pss:") * 1_024
}

fn kibibytes(lines: &str, name: &str) -> u64 {
    let line = lines.lines().find_map(|line| line.strip_prefix(name));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(0)
}

/// The first so many of a process's own times, in the program and in the system, and those of the processes that it waited for.
fn seconds(process: u32, times: usize) -> f64 {
    let fields = stat(process).unwrap_or_default();
    let times = fields.iter().skip(11).take(times);
    times.filter_map(|time| time.parse::<f64>().ok()).sum::<f64>() / TICKS_A_SECOND
}

/// What Linux says of a process after its name: its state, its parent and so on.
fn stat(process: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program stands in parentheses and may have anything in it.
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}
