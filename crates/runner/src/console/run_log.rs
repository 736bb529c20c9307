//! A run as events of `tracing`.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, Span};
use uuid::Uuid;

use super::followers::Followers;
use super::notice::describe_notice;
use crate::model::{Effect, Level, LogLine, Notice, TaskRun};
use crate::observe::Observer;
use crate::store::{Entry, JournalReader};

/// The target of the events.
const TARGET: &str = "prefect_dbt::run";

/// Makes each log line of a run an event of `tracing`, and each notice and warning. The events go to the subscriber and belong
/// to the span of the code that started the run.
#[derive(Debug)]
pub(crate) struct RunLog {
    context: Context,
    followers: Followers,
}

/// Where the events go.
#[derive(Debug, Clone)]
struct Context {
    subscriber: Dispatch,
    span: Span,
    /// The number of events so far.
    count: Arc<AtomicU64>,
}

/// One event.
struct Line<'a> {
    level: Level,
    message: &'a str,
    run_id: Option<Uuid>,
    /// The unique_id of the node.
    node: Option<&'a str>,
    /// The name of its task run.
    task_run: Option<&'a str>,
}

impl RunLog {
    /// The log of a run that the current code starts.
    pub(crate) fn here() -> Self {
        Self {
            context: Context {
                subscriber: tracing::dispatcher::get_default(Dispatch::clone),
                span: Span::current(),
                count: Arc::default(),
            },
            followers: Followers::default(),
        }
    }

    /// The number of events so far.
    pub(crate) fn count(&self) -> u64 {
        self.context.count.load(Ordering::Relaxed)
    }

    /// Resolves when all lines of the invocations that have ended are logged.
    pub(crate) fn finish(&self) -> oneshot::Receiver<()> {
        self.followers.after_ended(|| {})
    }
}

impl Observer for RunLog {
    fn wants_manifest(&self) -> bool {
        false
    }

    fn wants_events(&self) -> bool {
        false
    }

    fn on_journal(&self, journal: JournalReader) {
        // Nobody would see it.
        if self.context.subscriber.is::<NoSubscriber>() {
            return;
        }
        let context = self.context.clone();
        self.followers
            .follow(journal, move |journal| context.follow(journal));
    }

    fn on_notice(&self, notice: &Notice) {
        if let Some((level, text)) = describe_notice(notice) {
            // A program that reports its runs should know that nothing arrives.
            let is_lost = matches!(notice, Notice::Unconfigured);
            let level = if is_lost { Level::Warning } else { level };
            self.context.log(&Line::of_run(level, &text));
        }
    }

    fn on_warning(&self, warning: &str) {
        self.context.log(&Line::of_run(Level::Warning, warning));
    }
}

impl Context {
    /// Logs the lines of a journal until it has ended.
    fn follow(&self, mut journal: JournalReader) {
        let mut run_id = None;
        let mut nodes = HashMap::new();
        while let Some(entry) = journal.blocking_next() {
            match entry {
                Entry::Header(header) => run_id = Some(header.run_id),
                Entry::Effect(effect) => match *effect {
                    Effect::NodeRunning(task) | Effect::NodeFinished(task, _) => {
                        let TaskRun { id, unique_id, .. } = task;
                        nodes.entry(id).or_insert(unique_id);
                    }
                    Effect::Log(line) => self.log(&Line::of_journal(&line, run_id, &nodes)),
                    _ => {}
                },
            }
        }
    }

    fn log(&self, line: &Line<'_>) {
        let emit = || self.span.in_scope(|| line.emit());
        tracing::dispatcher::with_default(&self.subscriber, emit);
        self.count.fetch_add(1, Ordering::Relaxed);
    }
}

impl<'a> Line<'a> {
    /// A line about the run itself.
    const fn of_run(level: Level, message: &'a str) -> Self {
        Self {
            level,
            message,
            run_id: None,
            node: None,
            task_run: None,
        }
    }

    fn of_journal(
        line: &'a LogLine,
        run_id: Option<Uuid>,
        nodes: &'a HashMap<Uuid, String>,
    ) -> Self {
        let task = line.task.as_ref();
        Self {
            level: line.level,
            message: &line.message,
            run_id,
            node: task
                .and_then(|task| nodes.get(&task.id))
                .map(String::as_str),
            task_run: task.map(|task| &*task.name),
        }
    }

    fn emit(&self) {
        // The level of an event is a constant.
        macro_rules! event {
            ($level:ident) => {
                tracing::event!(
                    target: TARGET,
                    tracing::Level::$level,
                    run_id = self.run_id.map(tracing::field::display),
                    node = self.node,
                    task_run = self.task_run,
                    "{}",
                    self.message
                )
            };
        }
        match self.level {
            Level::Debug => event!(DEBUG),
            Level::Info => event!(INFO),
            Level::Warning => event!(WARN),
            Level::Error | Level::Critical => event!(ERROR),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::{self, Write};
    use std::sync::Mutex;

    use jiff::Timestamp;

    use super::*;
    use crate::model::TaskRef;
    use crate::store::{Header, JournalWriter};

    /// What a subscriber wrote.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn line(level: Level, message: &str, task: Option<&TaskRun>) -> Effect {
        let task = task.map(|task| TaskRef {
            id: task.id,
            name: task.name.clone(),
        });
        Effect::Log(LogLine::new(
            Timestamp::UNIX_EPOCH,
            level,
            message.to_owned(),
            task,
        ))
    }

    #[test]
    fn lines_notices_and_warnings_are_events_of_the_span_that_started_the_run() {
        let written = Written::default();
        let writer = written.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .without_time()
            .finish();
        let log = tracing::subscriber::with_default(subscriber, || {
            tracing::info_span!("nightly").in_scope(RunLog::here)
        });
        let task = TaskRun {
            id: Uuid::from_u128(1),
            unique_id: "model.shop.a".to_owned(),
            dynamic_key: String::new(),
            name: "model a".to_owned(),
            start_time: Timestamp::UNIX_EPOCH,
            wait_for: Vec::new(),
            labels: BTreeMap::new(),
            earlier: None,
        };
        let mut journal = JournalWriter::in_memory(&Header::for_test());
        log.on_notice(&Notice::Unconfigured);
        log.on_warning("a column is missing");
        log.on_journal(journal.reader());
        journal.append([
            line(Level::Debug, "begin", None),
            Effect::NodeRunning(task.clone()),
            line(Level::Info, "at work", Some(&task)),
            line(Level::Critical, "broken", Some(&task)),
        ]);
        drop(journal);
        log.finish().blocking_recv().unwrap();
        assert_eq!(log.count(), 5);
        assert!(!log.wants_events());
        let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        insta::assert_snapshot!(written);
    }
}
