//! Time and memory of one run of a program.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often the memory is read. The kernel keeps the peak, so that little is missed.
const SAMPLE: Duration = Duration::from_millis(2);

/// Wall time and peak memory of the process itself, without its children.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measurement {
    pub(super) wall: Duration,
    /// Kilobytes; 0 if the system does not report it.
    pub(super) peak_kb: u64,
}

/// Runs the program to its end, with its output in a file. Fails if the program fails.
pub(super) fn measure(command: &mut Command, output: &Path) -> Result<Measurement> {
    let log = File::create(output)?;
    command
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    let ended = AtomicBool::new(false);
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
    Ok(Measurement { wall, peak_kb })
}

fn peak_kb(status: &str) -> Option<u64> {
    let text = fs_err::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The middle of some values; of an even number, the mean of the two.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// Medians of wall time (seconds) and peak memory (megabytes).
pub(super) fn medians(measurements: &[Measurement]) -> (f64, f64) {
    let wall = measurements
        .iter()
        .map(|one| one.wall.as_secs_f64())
        .collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "kilobytes of memory are far below 2^53"
    )]
    let peak = measurements
        .iter()
        .map(|one| one.peak_kb as f64 / 1024.0)
        .collect();
    (median(wall), median(peak))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median(vec![4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
    }
}
