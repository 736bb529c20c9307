//! Threads for a chart of the run over time.

/// The lane of each span of time, from 0: spans in one lane do not overlap, and there are as few lanes as possible.
pub(super) fn lanes(spans: &[(f64, f64)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..spans.len()).collect();
    order.sort_by(|a, b| spans[*a].0.total_cmp(&spans[*b].0));
    let mut free_at: Vec<f64> = Vec::new();
    let mut lanes = vec![0; spans.len()];
    for place in order {
        let (start, end) = spans[place];
        let free = free_at.iter().position(|free| *free <= start);
        let lane = free.unwrap_or(free_at.len());
        match free {
            Some(lane) => free_at[lane] = end,
            None => free_at.push(end),
        }
        lanes[place] = lane;
    }
    lanes
}
