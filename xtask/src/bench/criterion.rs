//! What criterion measured, from the files that it leaves: `ID/new/benchmark.json` and `ID/new/estimates.json`.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::table::markdown;

/// A table of the benchmarks that ran since `start`, in criterion's folder.
pub(crate) fn table(folder: &Path, start: SystemTime) -> Result<String> {
    let mut rows = Vec::new();
    collect(folder, start, &mut rows)?;
    if rows.is_empty() {
        bail!("no benchmark left figures in {}", folder.display());
    }
    rows.sort();
    Ok(markdown(&["benchmark", "median", "95 % between"], &rows))
}

fn collect(folder: &Path, start: SystemTime, rows: &mut Vec<Vec<String>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if !path.is_dir() {
            continue;
        }
        let estimates = path.join("estimates.json");
        if path.ends_with("new") && estimates.is_file() {
            if fs::metadata(&estimates)?.modified()? >= start {
                rows.push(row(&read(&path.join("benchmark.json"))?, &read(&estimates)?)?);
            }
        } else {
            collect(&path, start, rows)?;
        }
    }
    Ok(())
}

fn row(benchmark: &Value, estimates: &Value) -> Result<Vec<String>> {
    let name = benchmark["full_id"]
        .as_str()
        .context("criterion's benchmark.json has no full_id")?;
    let median = &estimates["median"];
    let nanoseconds = |value: &Value| value.as_f64().context("criterion's estimates.json has no median");
    let interval = &median["confidence_interval"];
    Ok(vec![
        name.to_owned(),
        time(nanoseconds(&median["point_estimate"])?),
        format!(
            "{} – {}",
            time(nanoseconds(&interval["lower_bound"])?),
            time(nanoseconds(&interval["upper_bound"])?)
        ),
    ])
}

/// Nanoseconds with three digits that count.
pub(crate) fn time(nanoseconds: f64) -> String {
    let (value, unit) = match nanoseconds {
        ns if ns < 1e3 => (ns, "ns"),
        ns if ns < 1e6 => (ns / 1e3, "µs"),
        ns if ns < 1e9 => (ns / 1e6, "ms"),
        ns => (ns / 1e9, "s"),
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

/// A duration, written likewise.
pub(crate) fn duration(duration: Duration) -> String {
    time(duration.as_secs_f64() * 1e9)
}

fn read(file: &Path) -> Result<Value> {
    let open = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_reader(std::io::BufReader::new(open)).with_context(|| format!("{} is not JSON", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits() {
        let check = |nanoseconds: f64, expected: &str| assert_eq!(time(nanoseconds), expected);
        check(1.234, "1.23 ns");
        check(12_345.0, "12.3 µs");
        check(999_999.0, "1000 µs");
        check(123_456_789.0, "123 ms");
        check(2e9, "2.00 s");
        assert_eq!(duration(Duration::from_micros(1500)), "1.50 ms");
    }

    #[test]
    fn the_benchmarks_of_this_run_are_collected() {
        let folder = tempfile::tempdir().unwrap();
        let of = folder.path().join("css/one page/new");
        fs::create_dir_all(&of).unwrap();
        fs::write(of.join("benchmark.json"), r#"{"full_id": "css/one page"}"#).unwrap();
        let median = r#"{"median": {"point_estimate": 1500.0, "confidence_interval": {"lower_bound": 1400.0, "upper_bound": 1600.0}}}"#;
        fs::write(of.join("estimates.json"), median).unwrap();
        let before = SystemTime::UNIX_EPOCH;
        let written = table(folder.path(), before).unwrap();
        assert!(
            written.ends_with("\n| css/one page | 1.50 µs | 1.40 µs – 1.60 µs |"),
            "{written}"
        );
        let later = SystemTime::now() + Duration::from_mins(1);
        assert!(
            table(folder.path(), later)
                .unwrap_err()
                .to_string()
                .contains("no benchmark left figures")
        );
    }
}
