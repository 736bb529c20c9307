//! Time and memory of one run of a program.

use std::fmt;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often the memory is read. The kernel keeps the peak, so that little is missed.
const SAMPLE: Duration = Duration::from_millis(2);
/// The unit of times in /proc: 1/100 s on every Linux.
const TICKS: f64 = 100.0;

/// What one run takes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Measurement {
    /// Seconds from start to exit.
    pub(super) wall: f64,
    /// Seconds of CPU, in user mode and in the kernel, of the process and of all processes that it waited for.
    pub(super) cpu: f64,
    /// Peak memory of the process itself, in megabytes; 0 if the system does not report it.
    pub(super) peak_mb: f64,
}

impl Measurement {
    /// This run and another one after it.
    pub(super) fn and(self, next: Self) -> Self {
        Self {
            wall: self.wall + next.wall,
            cpu: self.cpu + next.cpu,
            peak_mb: self.peak_mb.max(next.peak_mb),
        }
    }
}

/// Runs the program to its end, with its output in a file. Fails if the program fails.
pub(super) fn measure(command: &mut Command, output: &Path) -> Result<Measurement> {
    let log = File::create(output)?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let ended = AtomicBool::new(false);
    let before = cpu_of_children();
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let status = format!("/proc/{}/status", child.id());
    let (exit, wall, peak_kb) = std::thread::scope(|scope| {
        let sampler = scope.spawn(|| {
            let mut peak = 0;
            while !ended.load(Ordering::Relaxed) {
                peak = peak_kb(&status).unwrap_or(0).max(peak);
                std::thread::sleep(SAMPLE);
            }
            peak
        });
        let exit = child.wait();
        let wall = begin.elapsed();
        ended.store(true, Ordering::Relaxed);
        (exit, wall, sampler.join().unwrap_or(0))
    });
    if !exit?.success() {
        bail!("the program failed; see its output in {}", output.display());
    }
    Ok(Measurement {
        wall: wall.as_secs_f64(),
        cpu: cpu_of_children() - before,
        peak_mb: f64::from(peak_kb) / 1024.0,
    })
}

/// The CPU time of all child processes that have ended; 0 if the system does not report it.
fn cpu_of_children() -> f64 {
    let Ok(text) = fs_err::read_to_string("/proc/self/stat") else {
        return 0.0;
    };
    // The name of the program, in parentheses, can have spaces.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let times = fields.split_whitespace().skip(13).take(2);
    times
        .filter_map(|ticks| ticks.parse::<f64>().ok())
        .sum::<f64>()
        / TICKS
}

fn peak_kb(status: &str) -> Option<u32> {
    let text = fs_err::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The middle of some values, with the smallest and the largest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spread {
    pub(super) middle: f64,
    smallest: f64,
    largest: f64,
}

impl Spread {
    /// The spread of values; NaN without any. The middle of an even number of values is the mean of the two.
    pub(super) fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let middle = match values.len() {
            0 => f64::NAN,
            n if n % 2 == 1 => values[n / 2],
            n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
        };
        Self {
            middle,
            smallest: values.first().copied().unwrap_or(f64::NAN),
            largest: values.last().copied().unwrap_or(f64::NAN),
        }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            middle,
            smallest,
            largest,
        } = self;
        write!(f, "{middle:.2} ({smallest:.2}-{largest:.2})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(
            Spread::of(vec![3.0, 1.0, 2.0]).to_string(),
            "2.00 (1.00-3.00)"
        );
        assert_eq!(
            Spread::of(vec![4.0, 1.0, 2.0, 3.0]).to_string(),
            "2.50 (1.00-4.00)"
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_time_of_children_is_counted() {
        let mut busy = Command::new("/bin/sh");
        busy.args(["-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done"]);
        let one = measure(&mut busy, Path::new("/dev/null")).expect("a shell runs");
        assert!(one.cpu > 0.0, "{one:?}");
    }
}
