//! How much the duration of a node varies from run to run, and which duration is beyond that.
//!
//! Durations vary by factors, so everything is computed on their logarithms. A node's own variation is known badly from a
//! few runs; the variation that is usual in the project is its lower bound.

/// The fewest earlier durations from which a usual one is known.
const FEWEST: usize = 5;
/// The smallest variation that is assumed (standard deviation of the logarithm): about 10 %.
const SMALLEST_SPREAD: f64 = 0.1;
/// The smallest difference in seconds that matters: below it, scheduling of the machine decides.
const SMALLEST_DIFFERENCE: f64 = 0.25;
/// How far beyond the longest earlier duration a slow one is.
const BEYOND_LONGEST: f64 = 1.3;
/// From the median of absolute deviations to the standard deviation.
const MAD_TO_SIGMA: f64 = 1.4826;
/// The chance of a false alarm that is accepted for a whole run.
const CHANCE: f64 = 1e-4;

/// A node whose duration has a usual value.
#[derive(Debug, Clone)]
pub(super) struct Usual {
    log_median: f64,
    spread: f64,
    longest: f64,
    count: usize,
}

impl Usual {
    /// The usual duration from earlier ones; `None` if they are too few.
    pub(super) fn of(earlier: &[f64]) -> Option<Self> {
        if earlier.len() < FEWEST {
            return None;
        }
        let logs: Vec<f64> = earlier.iter().map(|seconds| log(*seconds)).collect();
        let log_median = median(&logs)?;
        let deviations: Vec<f64> = logs.iter().map(|log| (log - log_median).abs()).collect();
        Some(Self {
            log_median,
            spread: median(&deviations)? * MAD_TO_SIGMA,
            longest: earlier.iter().copied().fold(0.0, f64::max),
            count: earlier.len(),
        })
    }

    /// The median of the earlier durations, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.log_median.exp()
    }

    /// The factor by which `now` is longer than usual.
    pub(super) fn factor(&self, now: f64) -> f64 {
        (log(now) - self.log_median).exp()
    }
}

/// What is usual for all nodes of a run together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noise {
    /// The spread that is usual in the project.
    spread: f64,
    /// How many spreads away a duration is beyond noise, for the number of nodes that are compared.
    limit: f64,
    /// By which factor the whole run was slower than usual: a busy machine, not a slow node.
    pub(super) slowdown: f64,
}

impl Noise {
    /// The noise of a run with these nodes: what is usual for each, and its duration now.
    pub(super) fn of(nodes: &[(&Usual, f64)]) -> Self {
        let spreads: Vec<f64> = nodes.iter().map(|(usual, _)| usual.spread).collect();
        let factors: Vec<f64> = nodes
            .iter()
            .map(|(usual, now)| usual.factor(*now))
            .collect();
        // With fewer nodes, one slow node would be half of the evidence that all are slow.
        let slowdown = match factors.len() {
            0..4 => 1.0,
            _ => median(&factors).unwrap_or(1.0).max(1.0),
        };
        Self {
            spread: median(&spreads).unwrap_or_default().max(SMALLEST_SPREAD),
            limit: quantile(CHANCE, nodes.len()),
            slowdown,
        }
    }

    /// Whether `now` is slower than usual by more than noise.
    pub(super) fn is_exceeded(&self, usual: &Usual, now: f64) -> bool {
        let spread = usual.spread.max(self.spread);
        #[expect(clippy::cast_precision_loss, reason = "at most 20 runs")]
        let few = 1.0 + 2.0 / usual.count as f64;
        let limit = (usual.log_median + self.limit * few * spread).exp() * self.slowdown;
        let longest = usual.longest * self.slowdown * BEYOND_LONGEST;
        now > limit && now > longest && now > usual.seconds() * self.slowdown + SMALLEST_DIFFERENCE
    }
}

/// How many standard deviations a normal value exceeds with this chance in `count` tries (an upper bound by its tail).
fn quantile(chance: f64, count: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no project has 10^15 nodes")]
    let each = (chance / count.max(1) as f64).ln();
    let first = (-2.0 * each).sqrt();
    (-2.0 * (each + (first * 2.5).ln())).sqrt()
}

/// The logarithm of a duration; a duration of 0 counts as a millisecond.
fn log(seconds: f64) -> f64 {
    seconds.max(0.001).ln()
}

/// The median; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(
            *sorted.get(middle.checked_sub(1)?)?,
            sorted[middle],
        )),
    }
}
