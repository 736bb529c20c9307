//! The budget of a report: how many log lines and events may be sent, and what is omitted as it runs out.
//!
//! Prefect Cloud counts each log line and each event as one unit, and limits the units of a plan. As the budget is used up,
//! the least important kinds are omitted first. Each kind is sent until this share of the free units is spent:
//!
//! 1. debug logs, closing lines of logs, and starts of nodes: one half;
//! 2. info logs: three quarters;
//! 3. references to assets: nine tenths;
//! 4. other logs and built assets: all of it;
//! 5. ends of nodes are always sent, even beyond the budget.
//!
//! Free units are those that the ends of all nodes do not need. Nodes that have not started are included: dbt announces their
//! number. What is omitted is counted by kind and reported once, at the end. Heartbeats are not counted.

use super::node_count::NodeCount;
use crate::model::{AssetEventKind, Effect, Level};
use crate::track::is_closing_line;

/// What units are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expense {
    DebugLog,
    ClosingLine,
    Start,
    InfoLog,
    Reference,
    OtherLog,
    Asset,
    End,
}

impl Expense {
    const ALL: [Self; 8] = [
        Self::DebugLog,
        Self::ClosingLine,
        Self::Start,
        Self::InfoLog,
        Self::Reference,
        Self::OtherLog,
        Self::Asset,
        Self::End,
    ];

    /// The expense of an effect; `None` when it costs nothing, or is paid for when it is sent.
    fn of(effect: &Effect) -> Option<Self> {
        Some(match effect {
            Effect::Log(line) if is_closing_line(&line.message) => Self::ClosingLine,
            Effect::Log(line) if line.level <= Level::Debug => Self::DebugLog,
            Effect::Log(line) if line.level <= Level::Info => Self::InfoLog,
            Effect::Log(_) => Self::OtherLog,
            Effect::Asset(event) if event.kind == AssetEventKind::Referenced => Self::Reference,
            Effect::Asset(_) => Self::Asset,
            Effect::NodeFinished(..) => Self::End,
            _ => return None,
        })
    }

    /// Percentage of the free units after which this is omitted; `None` when it never is.
    fn share(self) -> Option<usize> {
        match self {
            Self::DebugLog | Self::ClosingLine | Self::Start => Some(50),
            Self::InfoLog => Some(75),
            Self::Reference => Some(90),
            Self::OtherLog | Self::Asset => Some(100),
            Self::End => None,
        }
    }

    /// A number of them, in words.
    fn counted(self, count: usize) -> String {
        let (one, many) = match self {
            Self::DebugLog => ("debug log", "debug logs"),
            Self::ClosingLine => ("closing line", "closing lines"),
            Self::Start => ("start of a node", "starts of nodes"),
            Self::InfoLog => ("info log", "info logs"),
            Self::Reference => ("reference to an asset", "references to assets"),
            Self::OtherLog => ("warning or error", "warnings and errors"),
            Self::Asset => ("built asset", "built assets"),
            Self::End => ("end of a node", "ends of nodes"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// The budget of one report.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// In units; `None` for no limit.
    limit: Option<usize>,
    nodes: NodeCount,
    /// Units spent on anything but ends of nodes.
    spent: usize,
    omitted: [usize; Expense::ALL.len()],
}

impl Budget {
    pub(super) fn new(limit: Option<u32>) -> Self {
        Self {
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            ..Self::default()
        }
    }

    /// Whether an effect is sent; if so, this spends its unit. The start of a node is paid for later, when its event is
    /// made: a node that ends at once has none.
    pub(super) fn admits(&mut self, effect: &Effect) -> bool {
        self.nodes.note(effect);
        Expense::of(effect).is_none_or(|expense| self.spend(expense))
    }

    /// Spends a unit. False when there is none left for this expense, which is then counted as omitted.
    pub(super) fn spend(&mut self, expense: Expense) -> bool {
        if !self.affords(expense) {
            self.omitted[expense as usize] += 1;
            return false;
        }
        match expense {
            Expense::End => self.nodes.add_end(),
            _ => self.spent += 1,
        }
        true
    }

    fn affords(&self, expense: Expense) -> bool {
        let (Some(limit), Some(share)) = (self.limit, expense.share()) else {
            return true;
        };
        let free = limit.saturating_sub(self.nodes.expected_ends());
        self.spent < free.saturating_mul(share) / 100
    }

    /// The nodes of the run, as counted from the effects.
    pub(super) fn nodes(&self) -> &NodeCount {
        &self.nodes
    }

    /// What the budget omitted, as a sentence; `None` when it omitted nothing.
    pub(super) fn omitted(&self) -> Option<String> {
        let counts: Vec<_> = Expense::ALL
            .into_iter()
            .map(|expense| (expense, self.omitted[expense as usize]))
            .filter(|(_, count)| *count > 0)
            .map(|(expense, count)| expense.counted(count))
            .collect();
        let limit = self.limit.filter(|_| !counts.is_empty())?;
        Some(format!(
            "not sent, because the budget is {limit} units: {}",
            counts.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests;
