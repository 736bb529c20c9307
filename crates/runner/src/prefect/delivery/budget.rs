//! What a report may cost, and what is left out when that gets short.
//!
//! Prefect Cloud counts each log line and each event as one unit, and a plan has so many of them. With a budget, what
//! says least goes first, as the budget fills; what says more is left out later:
//!
//! 1. debug logs, the closing lines of logs, and that nodes have begun: up to half of what is free;
//! 2. info logs: up to three quarters;
//! 3. assets that are only referred to: up to nine tenths;
//! 4. other logs, assets that are built, and heartbeats: up to all of it;
//! 5. how a node ended is always told, even beyond the budget.
//!
//! Free is what the ends of all nodes do not need, those to come included: dbt says at the beginning how many there
//! will be. What is left out is counted by kind, and told once at the end.

use crate::model::{AssetHappening, Effect, Level};
use crate::track::is_closing_line;

/// What units are spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expense {
    DebugLog,
    ClosingLine,
    Beginning,
    InfoLog,
    Reference,
    OtherLog,
    Asset,
    Heartbeat,
    End,
}

impl Expense {
    const ALL: [Self; 9] = [
        Self::DebugLog,
        Self::ClosingLine,
        Self::Beginning,
        Self::InfoLog,
        Self::Reference,
        Self::OtherLog,
        Self::Asset,
        Self::Heartbeat,
        Self::End,
    ];

    /// What telling an effect is; `None` for what costs nothing, or is paid when it is sent.
    fn of(effect: &Effect) -> Option<Self> {
        Some(match effect {
            Effect::Log(line) if is_closing_line(&line.message) => Self::ClosingLine,
            Effect::Log(line) if line.level <= Level::Debug => Self::DebugLog,
            Effect::Log(line) if line.level <= Level::Info => Self::InfoLog,
            Effect::Log(_) => Self::OtherLog,
            Effect::Asset(event) if event.happening == AssetHappening::Referenced => {
                Self::Reference
            }
            Effect::Asset(_) => Self::Asset,
            Effect::NodeFinished(..) => Self::End,
            _ => return None,
        })
    }

    /// Percent of what is free that may be spent before this is left out; `None` where it never is.
    fn share(self) -> Option<usize> {
        match self {
            Self::DebugLog | Self::ClosingLine | Self::Beginning => Some(50),
            Self::InfoLog => Some(75),
            Self::Reference => Some(90),
            Self::OtherLog | Self::Asset | Self::Heartbeat => Some(100),
            Self::End => None,
        }
    }

    /// So many of them, in words.
    fn counted(self, count: usize) -> String {
        let (one, many) = match self {
            Self::DebugLog => ("debug log", "debug logs"),
            Self::ClosingLine => ("closing line", "closing lines"),
            Self::Beginning => ("beginning of a node", "beginnings of nodes"),
            Self::InfoLog => ("info log", "info logs"),
            Self::Reference => ("reference to an asset", "references to assets"),
            Self::OtherLog => ("warning or error", "warnings and errors"),
            Self::Asset => ("built asset", "built assets"),
            Self::Heartbeat => ("heartbeat", "heartbeats"),
            Self::End => ("end of a node", "ends of nodes"),
        };
        format!("{count} {}", if count == 1 { one } else { many })
    }
}

/// The budget of one report.
#[derive(Debug, Default)]
pub(super) struct Budget {
    /// Units; without end when not given.
    limit: Option<usize>,
    /// How many nodes there will be, as far as is known.
    nodes: usize,
    begun: usize,
    ended: usize,
    /// Units spent on anything but ends.
    spent: usize,
    left_out: [usize; Expense::ALL.len()],
}

impl Budget {
    pub(super) fn new(limit: Option<u32>) -> Self {
        Self {
            limit: limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)),
            ..Self::default()
        }
    }

    /// Whether an effect is to be told, which is paid with it. That a node has begun is paid later: only of nodes that
    /// do not end at once is it told at all.
    pub(super) fn admits(&mut self, effect: &Effect) -> bool {
        match effect {
            Effect::Total(nodes) => self.nodes = usize::try_from(*nodes).unwrap_or(usize::MAX),
            Effect::NodeRunning(_) => self.begun += 1,
            _ => {}
        }
        Expense::of(effect).is_none_or(|expense| self.spend(expense))
    }

    /// Spends a unit; false when it is to be left out.
    pub(super) fn spend(&mut self, expense: Expense) -> bool {
        if !self.affords(expense) {
            self.left_out[expense as usize] += 1;
            return false;
        }
        match expense {
            Expense::End => self.ended += 1,
            _ => self.spent += 1,
        }
        true
    }

    fn affords(&self, expense: Expense) -> bool {
        let (Some(limit), Some(share)) = (self.limit, expense.share()) else {
            return true;
        };
        let ends = self.nodes.max(self.begun).max(self.ended);
        let free = limit.saturating_sub(ends);
        self.spent < free.saturating_mul(share) / 100
    }

    /// What was left out, for people; `None` when nothing was.
    pub(super) fn left_out(&self) -> Option<String> {
        let counts: Vec<_> = Expense::ALL
            .into_iter()
            .map(|expense| (expense, self.left_out[expense as usize]))
            .filter(|(_, count)| *count > 0)
            .map(|(expense, count)| expense.counted(count))
            .collect();
        let limit = self.limit.filter(|_| !counts.is_empty())?;
        Some(format!(
            "left out of the report for its budget of {limit} units: {}",
            counts.join(", ")
        ))
    }
}

#[cfg(test)]
mod tests;
