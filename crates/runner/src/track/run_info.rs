//! What dbt's events say about the run itself.

use std::collections::{BTreeMap, VecDeque};

use dbt_events::otel::{Invocation, Record, RecordKind, RecordName};
use dbt_events::{
    CommandCompleted, Concurrency, EncounteredError, Event, EventName, ExceptionOnRun, HookStart,
    ReportArgs, ReportVersion, StartLine,
};
use jiff::Timestamp;

use super::diagnostics::without_level;
use super::tracked_run::TextSource;
use crate::model::Effect;

/// How many plain lines are kept as the reason why dbt could not run.
const LAST_LINES: usize = 20;

/// What dbt's events say about the run itself.
#[derive(Debug, Default)]
pub(super) struct RunInfo {
    pub(super) dbt_error: Option<String>,
    pub(super) last_lines: VecDeque<String>,
    /// The last line on standard error. After the first event it is often noise of adapters.
    pub(super) last_stderr: Option<String>,
    /// Why the text of `--inline` could not be parsed; dbt's error does not say it.
    inline_error: Option<String>,
    /// What dbt says if the selection is empty.
    pub(super) nothing_selected: Option<String>,
    unmatched: Vec<String>,
    pub(super) success: Option<bool>,
    pub(super) version: Option<String>,
    /// Whether the engine is dbt 2, whose events differ.
    pub(super) is_dbt_2: bool,
    /// The errors that belong to no node of the run. dbt 2 has no other word on why it could not run.
    errors: Vec<String>,
    pub(super) invocation_id: Option<String>,
    pub(super) command: Option<String>,
    pub(super) first_event: Option<Timestamp>,
    pub(super) last_event: Option<Timestamp>,
    totals: Totals,
}

/// What dbt says about one of several invocations of a run.
#[derive(Debug)]
pub(super) struct InvocationInfo {
    id: Option<String>,
    command: Option<String>,
    success: Option<bool>,
    dbt_error: Option<String>,
    nothing_selected: Option<String>,
}

/// The number of nodes that dbt is going to run.
#[derive(Debug, Default)]
struct Totals {
    nodes: u32,
    /// The number of hooks of each kind (on-run-start, on-run-end).
    hooks: BTreeMap<String, u32>,
}

impl RunInfo {
    /// Takes any event.
    pub(super) fn on_event(&mut self, event: &Event<'_>, out: &mut Vec<Effect>) {
        self.on_any(event);
        match event.name() {
            EventName::MainReportVersion => {
                let data = event.data::<ReportVersion<'_>>().unwrap_or_default();
                self.set_version(&data.version);
            }
            EventName::MainReportArgs => {
                let data = event.data::<ReportArgs<'_>>().unwrap_or_default();
                self.command = data.args.get("invocation_command").map(ToString::to_string);
            }
            EventName::MainEncounteredError => self.on_error(event),
            EventName::ParseInlineNodeError => {
                let data = event.data::<ExceptionOnRun<'_>>().unwrap_or_default();
                self.inline_error = data.exc.non_empty().map(str::to_owned);
            }
            EventName::NoNodesForSelectionCriteria => {
                self.unmatched.push(without_level(&event.message()));
            }
            EventName::NothingToDo | EventName::NoNodesSelected => {
                self.nothing_is_selected(&event.message());
            }
            EventName::CommandCompleted => {
                let data = event.data::<CommandCompleted<'_>>();
                self.success = data.and_then(|data| data.success);
            }
            EventName::ConcurrencyLine | EventName::LogStartLine | EventName::LogHookStartLine => {
                self.totals.on_event(event, out);
            }
            _ => {}
        }
    }

    /// Takes what every event has: its time and the id of its invocation.
    fn on_any(&mut self, event: &Event<'_>) {
        let ts = event.ts();
        self.first_event.get_or_insert(ts);
        self.last_event = self.last_event.max(Some(ts));
        if self.invocation_id.is_none() && !event.invocation_id().is_empty() {
            self.invocation_id = Some(event.invocation_id().to_owned());
        }
    }

    /// Begins another invocation of the same run. Gives what is known of the one before.
    pub(super) fn begin_invocation(&mut self) -> InvocationInfo {
        InvocationInfo {
            id: self.invocation_id.take(),
            command: self.command.clone(),
            success: self.success.take(),
            dbt_error: self.dbt_error.take(),
            nothing_selected: self.nothing_selected.take(),
        }
    }

    /// Ends it. The run keeps its command line; an invocation without results leaves no trace.
    pub(super) fn end_invocation(&mut self, before: InvocationInfo, has_results: bool) {
        self.command = before.command;
        self.nothing_selected = before.nothing_selected;
        if !has_results {
            self.invocation_id = before.id;
            self.success = before.success;
            self.dbt_error = before.dbt_error;
        }
    }

    fn on_error(&mut self, event: &Event<'_>) {
        let data = event.data::<EncounteredError<'_>>().unwrap_or_default();
        if let Some(exc) = data.exc.non_empty() {
            let exc = dbt_events::strip_ansi(exc).into_owned();
            let inline = self.inline_error.iter().map(|why| format!("\n{why}"));
            self.dbt_error = Some(exc + &inline.collect::<String>());
        }
    }

    /// Takes dbt's version, such as `=1.11.16`.
    pub(super) fn set_version(&mut self, version: &str) {
        let version = version.trim_start_matches('=');
        if !version.is_empty() {
            let major = version
                .split('.')
                .next()
                .and_then(|major| major.parse().ok());
            self.is_dbt_2 = major.is_some_and(|major: u32| major >= 2);
            self.version = Some(version.to_owned());
        }
    }

    /// Takes an error that belongs to no node of the run.
    pub(super) fn add_error(&mut self, message: &str) {
        if self.errors.len() < LAST_LINES {
            self.errors.push(without_level(message));
        }
    }

    /// Why dbt 2 could not run.
    pub(super) fn errors(&self) -> Option<String> {
        (self.is_dbt_2 && !self.errors.is_empty()).then(|| self.errors.join("\n"))
    }

    /// Takes the message of an empty selection; the criteria that match nothing say more.
    pub(super) fn nothing_is_selected(&mut self, message: &str) {
        let mut why = std::mem::take(&mut self.unmatched);
        if why.is_empty() {
            why.push(without_level(message));
        }
        self.nothing_selected = Some(why.join("; "));
    }

    /// The number of nodes that dbt is going to run, without SQL hooks; 0 if it has not said it.
    pub(super) fn node_count(&self) -> usize {
        usize::try_from(self.totals.nodes).unwrap_or(usize::MAX)
    }

    /// Takes a record of dbt 2's telemetry.
    pub(super) fn on_record(&mut self, record: &Record<'_>) {
        self.is_dbt_2 = true;
        self.first_event.get_or_insert(record.time());
        self.last_event = self.last_event.max(Some(record.time()));
        if self.invocation_id.is_none() {
            self.invocation_id = record.invocation_id();
        }
        if record.name() != RecordName::Invocation {
            return;
        }
        let run: Invocation<'_> = record.attributes().unwrap_or_default();
        self.set_version(&run.process_info.version);
        if let Some(command) = run.raw_command.non_empty() {
            self.command = Some(command.to_owned());
        }
        if record.kind() == RecordKind::SpanEnd {
            self.success = Some(run.is_success(record));
        }
    }

    /// Takes a line that is not an event. Lines on standard error after the first event are noise of adapters.
    pub(super) fn on_text(&mut self, source: TextSource, line: &str) {
        let line = line.trim_end();
        if line.is_empty() {
            return;
        }
        if source == TextSource::Stderr {
            self.last_stderr = Some(dbt_events::strip_ansi(line).into_owned());
            if self.first_event.is_some() {
                return;
            }
        }
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines
            .push_back(dbt_events::strip_ansi(line).into_owned());
    }
}

impl Totals {
    /// Takes an event that has a total.
    fn on_event(&mut self, event: &Event<'_>, out: &mut Vec<Effect>) {
        match event.name() {
            EventName::ConcurrencyLine => {
                let data = event.data::<Concurrency<'_>>().unwrap_or_default();
                self.set_nodes(data.node_count, out);
            }
            EventName::LogStartLine => {
                let data = event.data::<StartLine<'_>>().unwrap_or_default();
                self.set_nodes(data.total, out);
            }
            EventName::LogHookStartLine => {
                let data = event.data::<HookStart<'_>>().unwrap_or_default();
                self.set_hooks(&data, out);
            }
            _ => {}
        }
    }

    fn set_nodes(&mut self, count: Option<i64>, out: &mut Vec<Effect>) {
        let count = count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default();
        if count > self.nodes {
            self.nodes = count;
            self.report(out);
        }
    }

    fn set_hooks(&mut self, hook: &HookStart<'_>, out: &mut Vec<Effect>) {
        let count = hook
            .total
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default();
        // The statement ends with a number: `shop.on-run-start.0`.
        let kind = hook.statement.rsplit_once('.').map_or("", |(kind, _)| kind);
        if count > self.hooks.get(kind).copied().unwrap_or_default() {
            self.hooks.insert(kind.to_owned(), count);
            self.report(out);
        }
    }

    fn report(&self, out: &mut Vec<Effect>) {
        let hooks = self
            .hooks
            .values()
            .fold(0_u32, |sum, &hooks| sum.saturating_add(hooks));
        out.push(Effect::Total(self.nodes.saturating_add(hooks)));
    }
}
