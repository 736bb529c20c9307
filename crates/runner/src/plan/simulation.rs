//! Runs dbt's queue without running dbt.
//!
//! dbt takes every node that waits for nothing out of its queue at once, by priority, and hands it to a pool of threads, which
//! starts nodes in the order in which it gets them. So nodes that become ready together start by priority, and those that become
//! ready later start after them, whatever their priority.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::queue::Queue;

/// When a node starts and ends, in microseconds after the first start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    pub(super) node: usize,
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The nodes in the order of their starts, with `threads` threads. `takes` is how long each node takes, in microseconds.
pub(super) fn simulate(queue: &Queue, takes: &[u64], threads: usize) -> Vec<Slot> {
    let mut run = Run {
        queue,
        children: queue.children(),
        open: queue.parents.iter().map(Vec::len).collect(),
        waiting: VecDeque::new(),
    };
    let ready = (0..queue.parents.len()).filter(|&node| queue.parents[node].is_empty());
    run.add(ready.collect());
    let mut slots = Vec::new();
    let mut running = BinaryHeap::new();
    let mut now = 0;
    loop {
        while running.len() < threads.max(1)
            && let Some(node) = run.waiting.pop_front()
        {
            let end = now + takes[node];
            // Of nodes that end at the same time, the one that started first ends first.
            running.push(Reverse((end, slots.len(), node)));
            slots.push(Slot {
                node,
                start: now,
                end,
            });
        }
        let Some(Reverse((end, _, node))) = running.pop() else {
            return slots;
        };
        now = end;
        let ready = run.done(node);
        run.add(ready);
    }
}

struct Run<'q> {
    queue: &'q Queue,
    children: Vec<Vec<usize>>,
    /// How many nodes each node still waits for.
    open: Vec<usize>,
    /// The nodes that the pool of threads has got.
    waiting: VecDeque<usize>,
}

impl Run<'_> {
    /// Hands nodes that wait for nothing to the pool. Those that are not in the queue are done at once.
    fn add(&mut self, mut ready: Vec<usize>) {
        let mut queued = Vec::new();
        while let Some(node) = ready.pop() {
            match self.queue.is_queued[node] {
                true => queued.push(node),
                false => ready.extend(self.done(node)),
            }
        }
        queued.sort_unstable_by_key(|&node| (self.queue.scores[node], node));
        self.waiting.extend(queued);
    }

    /// The nodes that wait for nothing now that this one is done.
    fn done(&mut self, node: usize) -> Vec<usize> {
        let mut ready = Vec::new();
        for &child in &self.children[node] {
            self.open[child] -= 1;
            if self.open[child] == 0 {
                ready.push(child);
            }
        }
        ready
    }
}

/// The chain of nodes in the queue that takes longest, in order, and how long it takes. No number of threads makes the run
/// shorter.
pub(super) fn critical_path(queue: &Queue, takes: &[u64]) -> (Vec<usize>, u64) {
    let mut ends = vec![0_u64; takes.len()];
    let mut before = vec![None; takes.len()];
    let mut last: Option<usize> = None;
    for &node in &queue.order {
        let parents = queue.parents[node].iter().copied();
        // Of chains that take equally long, the first in the order of unique_ids.
        let longest = parents.rev().max_by_key(|&parent| ends[parent]);
        before[node] = longest;
        let own = if queue.is_queued[node] {
            takes[node]
        } else {
            0
        };
        ends[node] = longest.map_or(0, |parent| ends[parent]) + own;
        if queue.is_queued[node] && last.is_none_or(|last| ends[node] > ends[last]) {
            last = Some(node);
        }
    }
    let whole = last.map_or(0, |last| ends[last]);
    let mut path = Vec::new();
    let mut at = last;
    while let Some(node) = at {
        if queue.is_queued[node] {
            path.push(node);
        }
        at = before[node];
    }
    path.reverse();
    (path, whole)
}
