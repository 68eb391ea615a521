//! Timing whole processes.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use wait4::Wait4 as _;

/// What one run of a process took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// From its start to its end by the clock.
    pub(crate) wall: Duration,
    /// Of the processor, in the program and in the kernel on its behalf.
    pub(crate) cpu: Duration,
    /// Most memory that it held at once, in bytes; never less than what this program held when it started the process.
    pub(crate) peak_memory: u64,
}

/// What many runs of a process took.
#[derive(Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) min: Duration,
    pub(crate) median: Duration,
    pub(crate) max: Duration,
    pub(crate) median_cpu: Duration,
    pub(crate) peak_memory: u64,
}

impl Summary {
    /// Of at least one sample.
    fn of(samples: &[Sample]) -> Self {
        let sorted = |of: fn(&Sample) -> Duration| {
            let mut values: Vec<Duration> = samples.iter().map(of).collect();
            values.sort_unstable();
            values
        };
        let (wall, cpu) = (sorted(|it| it.wall), sorted(|it| it.cpu));
        let middle = samples.len() / 2;
        Self {
            min: wall[0],
            median: wall[middle],
            max: wall[wall.len() - 1],
            median_cpu: cpu[middle],
            peak_memory: samples.iter().map(|it| it.peak_memory).max().unwrap_or(0),
        }
    }
}

/// Times commands against each other: each once to warm caches, then all in turn, `times` times, so that what the machine
/// does besides falls on all of them.
pub(crate) fn measure(commands: &mut [Command], times: u32) -> Result<Vec<Summary>> {
    for command in &mut *commands {
        sample(command)?;
    }
    let mut samples = vec![Vec::new(); commands.len()];
    for _ in 0..times {
        for (command, samples) in commands.iter_mut().zip(&mut samples) {
            samples.push(sample(command)?);
        }
    }
    Ok(samples.iter().map(|samples| Summary::of(samples)).collect())
}

/// Runs a command to its end; what it writes to its standard output is thrown away.
fn sample(command: &mut Command) -> Result<Sample> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let start = Instant::now();
    let child = command.spawn().with_context(|| format!("cannot run {program}"))?;
    let used = child.wait4().with_context(|| format!("cannot wait for {program}"))?;
    let wall = start.elapsed();
    if !used.status.success() {
        bail!("{program} failed: {}", used.status);
    }
    Ok(Sample {
        wall,
        cpu: used.rusage.utime + used.rusage.stime,
        peak_memory: used.rusage.maxrss,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn millis(values: [u64; 3]) -> Vec<Sample> {
        let of = |value| Duration::from_millis(value);
        values
            .iter()
            .map(|&value| Sample {
                wall: of(value),
                cpu: of(value * 2),
                peak_memory: value,
            })
            .collect()
    }

    #[test]
    fn a_summary_is_of_sorted_samples() {
        let of = Duration::from_millis;
        let expected = Summary {
            min: of(1),
            median: of(4),
            max: of(9),
            median_cpu: of(8),
            peak_memory: 9,
        };
        assert_eq!(Summary::of(&millis([4, 9, 1])), expected);
    }

    #[test]
    fn a_process_is_timed_and_a_failing_one_is_an_error() {
        let mut busy = Command::new("sh");
        busy.args(["-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"]);
        let [busy, idle] = &measure(&mut [busy, Command::new("true")], 3).unwrap()[..] else {
            panic!("two commands")
        };
        assert!(busy.median_cpu > idle.median_cpu && busy.min <= busy.median && busy.median <= busy.max);
        assert!(idle.peak_memory > 100_000, "{idle:?}");
        let error = measure(&mut [Command::new("false")], 1).unwrap_err().to_string();
        assert_eq!(error, "false failed: exit status: 1");
    }
}
