//! Which duration is longer than usual by more than noise.
//!
//! Durations vary by factors, so everything is computed on their logarithms. Two things vary: whole runs, on a busy machine or
//! warehouse, and each node beside that. The first is the same for most nodes of a run and is taken out; the second is what a
//! slow node is measured with.

use super::statistics::{median, quantile, scale, upper_decile};

/// The fewest earlier durations from which a usual one is known.
pub(super) const FEWEST: usize = 5;
/// The smallest variation that is assumed (standard deviation of the logarithm): about 10 %.
const SMALLEST_SPREAD: f64 = 0.1;
/// The smallest difference in seconds that matters: below it, scheduling of the machine decides.
const SMALLEST_DIFFERENCE: f64 = 0.25;
/// How far beyond the longest earlier duration a slow one is, as a factor.
const BEYOND_LONGEST: f64 = 1.3;
/// The fewest nodes that show that a whole run is slow: of fewer, one slow node would be half.
const FEWEST_NODES: usize = 4;
/// How many standard deviations the upper decile is above the median.
const UPPER_DECILE: f64 = 1.2816;
/// The chance of a false alarm that is accepted for a whole run.
const CHANCE: f64 = 1e-4;

/// The durations of one node, as logarithms of seconds.
#[derive(Debug, Clone)]
pub(super) struct Durations {
    /// The earlier ones, each with the number of its run, the oldest first.
    earlier: Vec<(usize, f64)>,
    now: f64,
}

impl Durations {
    /// The durations of a node that now takes this number of seconds.
    pub(super) fn new(now: f64) -> Self {
        Self {
            earlier: Vec::new(),
            now: log(now),
        }
    }

    /// Adds the duration in an earlier run, which is after those that were added before.
    pub(super) fn add(&mut self, run: usize, seconds: f64) {
        self.earlier.push((run, log(seconds)));
    }

    /// Whether there are enough durations for a usual one.
    pub(super) fn are_enough(&self) -> bool {
        self.earlier.len() >= FEWEST
    }

    /// The duration now, in seconds.
    pub(super) fn seconds(&self) -> f64 {
        self.now.exp()
    }

    /// The median of the earlier durations, in seconds.
    pub(super) fn usual_seconds(&self) -> f64 {
        self.center().exp()
    }

    fn center(&self) -> f64 {
        let earlier: Vec<f64> = self.earlier.iter().map(|(_, log)| *log).collect();
        median(&earlier).unwrap_or(self.now)
    }
}

/// A duration: as it was, and without what its whole run was slower or faster than usual.
#[derive(Debug, Clone, Copy)]
struct Scaled {
    raw: f64,
    scaled: f64,
}

/// What is usual for all nodes of a run together.
#[derive(Debug, Clone)]
pub(super) struct Noise {
    /// By which factor each earlier run, and at the end this one, was slower than usual; logarithms.
    runs: Vec<f64>,
    /// The spread that is usual in the project.
    spread: f64,
    /// How many spreads away one duration is beyond noise, for the number of nodes that are compared.
    once: f64,
    /// How many spreads away two durations in a row are.
    twice: f64,
}

impl Noise {
    /// The noise of a run with these nodes, after a number of earlier `runs`.
    pub(super) fn of(nodes: &[&Durations], runs: usize) -> Self {
        let mut noise = Self {
            runs: factors(nodes, runs),
            spread: SMALLEST_SPREAD,
            once: quantile(CHANCE, nodes.len()),
            twice: quantile((CHANCE * count(nodes.len())).sqrt(), nodes.len()),
        };
        let spreads = nodes.iter().map(|node| {
            let (earlier, _) = noise.scaled(node);
            scale(&earlier.iter().map(|one| one.scaled).collect::<Vec<_>>())
        });
        let usual = median(&spreads.collect::<Vec<_>>()).unwrap_or_default();
        noise.spread = usual.max(SMALLEST_SPREAD);
        noise
    }

    /// By which factor the whole run was slower than usual; 1 if it was not.
    pub(super) fn slowdown(&self) -> f64 {
        self.runs.last().map_or(1.0, |factor| factor.exp()).max(1.0)
    }

    /// Whether the node is slower than usual by more than noise: by much, or twice in a row by less.
    pub(super) fn is_exceeded(&self, node: &Durations) -> bool {
        let (earlier, now) = self.scaled(node);
        let Some((last, before)) = earlier.split_last() else {
            return false;
        };
        let twice = |one| self.is_beyond(before, one, self.twice);
        self.is_beyond(&earlier, now, self.once) || twice(*last) && twice(now)
    }

    /// Whether a duration is this number of spreads beyond the earlier ones, and longer than each of them.
    fn is_beyond(&self, earlier: &[Scaled], one: Scaled, spreads: f64) -> bool {
        let scaled: Vec<f64> = earlier.iter().map(|one| one.scaled).collect();
        let Some(usual) = median(&scaled).filter(|_| scaled.len() >= FEWEST) else {
            return false;
        };
        let longest = |of: fn(&Scaled) -> f64| earlier.iter().map(of).fold(f64::MIN, f64::max);
        if one.scaled <= longest(|one| one.scaled) + BEYOND_LONGEST.ln()
            || one.raw <= longest(|one| one.raw)
            || one.scaled.exp() <= usual.exp() + SMALLEST_DIFFERENCE
        {
            return false;
        }
        // The usual duration and the spread are known badly from a few.
        let few = 1.0 + 2.0 / count(scaled.len());
        one.scaled > usual + spreads * few * scale(&scaled).max(self.spread)
    }

    fn scaled(&self, node: &Durations) -> (Vec<Scaled>, Scaled) {
        let of = |run: usize, raw: f64| Scaled {
            raw,
            scaled: raw - self.runs.get(run).copied().unwrap_or_default(),
        };
        let earlier = node.earlier.iter().map(|(run, log)| of(*run, *log));
        (earlier.collect(), of(self.runs.len() - 1, node.now))
    }
}

/// By which factor each run, and at the end this one, was slower than usual; logarithms.
fn factors(nodes: &[&Durations], runs: usize) -> Vec<f64> {
    let mut of_runs: Vec<Vec<f64>> = vec![Vec::new(); runs + 1];
    let mut spreads = Vec::new();
    for node in nodes {
        let center = node.center();
        let earlier: Vec<f64> = node.earlier.iter().map(|(_, log)| *log).collect();
        spreads.push(scale(&earlier));
        for (run, log) in node.earlier.iter().copied().chain([(runs, node.now)]) {
            if let Some(of_run) = of_runs.get_mut(run) {
                of_run.push(log - center);
            }
        }
    }
    let spread = median(&spreads).unwrap_or_default();
    of_runs.iter().map(|all| factor(all, spread)).collect()
}

/// By which factor a run was slower than usual, from the logarithms of the factors of its nodes. A run is faster only if almost
/// all nodes are: many nodes that have nothing to do, such as incremental models without new rows, say nothing about the others.
fn factor(nodes: &[f64], spread: f64) -> f64 {
    let (Some(middle), Some(upper)) = (median(nodes), upper_decile(nodes)) else {
        return 0.0;
    };
    match nodes.len() {
        0..FEWEST_NODES => 0.0,
        _ if middle > 0.0 => middle,
        _ => middle.max((upper - UPPER_DECILE * spread).min(0.0)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "no project has 10^15 nodes")]
fn count(number: usize) -> f64 {
    number.max(1) as f64
}

/// The logarithm of a duration; a duration of 0 counts as a millisecond.
fn log(seconds: f64) -> f64 {
    seconds.max(0.001).ln()
}
