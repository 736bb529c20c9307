//! What a run's events tell of the run itself.

use std::collections::{BTreeMap, VecDeque};

use dbt_events::{
    CancelLine, CommandCompleted, Concurrency, EncounteredError, Event, EventName, HookStart,
    ReportArgs, ReportVersion, StartLine,
};
use jiff::Timestamp;

use super::run::TextSource;
use crate::model::Effect;

/// Plain lines that are kept as the reason why dbt could not run.
const LAST_LINES: usize = 20;

/// What the run's own events told.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) dbt_error: Option<String>,
    pub(super) last_lines: VecDeque<String>,
    pub(super) success: Option<bool>,
    pub(super) version: Option<String>,
    pub(super) invocation_id: Option<String>,
    pub(super) command: Option<String>,
    pub(super) first: Option<Timestamp>,
    pub(super) last: Option<Timestamp>,
    /// The connections whose queries dbt cancelled.
    pub(super) cancelled: Vec<String>,
    totals: Totals,
}

/// How many nodes dbt is going to run.
#[derive(Debug, Default)]
struct Totals {
    nodes: u32,
    /// By kind of hook (on-run-start, on-run-end).
    hooks: BTreeMap<String, u32>,
}

impl Seen {
    /// Takes an event, whatever it is about.
    pub(super) fn on_event(&mut self, event: &Event<'_>, out: &mut Vec<Effect>) {
        let ts = event.ts();
        self.first.get_or_insert(ts);
        self.last = self.last.max(Some(ts));
        if self.invocation_id.is_none() && !event.invocation_id().is_empty() {
            self.invocation_id = Some(event.invocation_id().to_owned());
        }
        match event.name() {
            EventName::MainReportVersion => {
                let told = event.data::<ReportVersion<'_>>().unwrap_or_default();
                self.version = told
                    .version
                    .non_empty()
                    .map(|text| text.trim_start_matches('=').to_owned());
            }
            EventName::MainReportArgs => {
                let told = event.data::<ReportArgs<'_>>().unwrap_or_default();
                self.command = told.args.get("invocation_command").map(ToString::to_string);
            }
            EventName::MainEncounteredError => {
                let told = event.data::<EncounteredError<'_>>().unwrap_or_default();
                if let Some(exc) = told.exc.non_empty() {
                    self.dbt_error = Some(dbt_events::strip_ansi(exc).into_owned());
                }
            }
            EventName::LogCancelLine => {
                let told = event.data::<CancelLine<'_>>().unwrap_or_default();
                self.cancelled
                    .extend(told.conn_name.non_empty().map(str::to_owned));
            }
            EventName::CommandCompleted => {
                self.success = event
                    .data::<CommandCompleted<'_>>()
                    .and_then(|told| told.success);
            }
            EventName::ConcurrencyLine => {
                let told = event.data::<Concurrency<'_>>().unwrap_or_default();
                self.totals.nodes(told.node_count, out);
            }
            EventName::LogStartLine => {
                self.totals
                    .nodes(event.data::<StartLine<'_>>().unwrap_or_default().total, out);
            }
            EventName::LogHookStartLine => {
                let told = event.data::<HookStart<'_>>().unwrap_or_default();
                self.totals.hooks(&told, out);
            }
            _ => {}
        }
    }

    /// Takes a line that is no event. What comes on standard error after the first event is noise of adapters.
    pub(super) fn on_text(&mut self, source: TextSource, line: &str) {
        let line = line.trim_end();
        if line.is_empty() || (source == TextSource::Stderr && self.first.is_some()) {
            return;
        }
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines
            .push_back(dbt_events::strip_ansi(line).into_owned());
    }
}

impl Totals {
    fn nodes(&mut self, told: Option<i64>, out: &mut Vec<Effect>) {
        let told = told
            .and_then(|told| u32::try_from(told).ok())
            .unwrap_or_default();
        if told > self.nodes {
            self.nodes = told;
            self.tell(out);
        }
    }

    fn hooks(&mut self, hook: &HookStart<'_>, out: &mut Vec<Effect>) {
        let told = hook
            .total
            .and_then(|told| u32::try_from(told).ok())
            .unwrap_or_default();
        // The statement is numbered at its end: `shop.on-run-start.0`.
        let kind = hook.statement.rsplit_once('.').map_or("", |(kind, _)| kind);
        if told > self.hooks.get(kind).copied().unwrap_or_default() {
            self.hooks.insert(kind.to_owned(), told);
            self.tell(out);
        }
    }

    fn tell(&self, out: &mut Vec<Effect>) {
        let hooks = self
            .hooks
            .values()
            .fold(0_u32, |sum, &hooks| sum.saturating_add(hooks));
        out.push(Effect::Total(self.nodes.saturating_add(hooks)));
    }
}
