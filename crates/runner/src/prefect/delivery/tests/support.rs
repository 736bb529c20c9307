//! A journal in memory, runs by hand, and the server under test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};
use prefect_client::{Client, Settings};
use tokio::sync::Notify;
use uuid::Uuid;

use super::stand_in;
use crate::model::{
    Effect, Level, LogLine, NewFlowRun, NodeEnd, NodeResult, Notice, RunEnd, State, StateKind,
    TaskRef, TaskRun,
};
use crate::prefect::delivery::reporter::{ReportOptions, Reporter};
use crate::prefect::flow_run::NewRun;
use crate::store::{Entry, Feed};

/// A journal that a test writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Journal {
    shared: Arc<Shared>,
    read: usize,
}

#[derive(Debug, Default)]
struct Shared {
    entries: Mutex<Vec<Entry>>,
    closed: AtomicBool,
    changed: Notify,
}

impl Journal {
    pub(crate) fn write(&self, effects: impl IntoIterator<Item = Effect>) {
        let entries = effects
            .into_iter()
            .map(|effect| Entry::Effect(Box::new(effect)));
        self.shared
            .entries
            .lock()
            .expect("no panic")
            .extend(entries);
        self.shared.changed.notify_waiters();
    }

    pub(crate) fn close(&self) {
        self.shared.closed.store(true, Ordering::SeqCst);
        self.shared.changed.notify_waiters();
    }

    /// A journal that was written and closed.
    pub(crate) fn complete(effects: Vec<Effect>) -> Self {
        let journal = Self::default();
        journal.write(effects);
        journal.close();
        journal
    }
}

impl Feed for Journal {
    async fn next(&mut self) -> Option<Entry> {
        loop {
            let changed = self.shared.changed.notified();
            let closed = self.is_closed();
            let entry = {
                let entries = self.shared.entries.lock().expect("no panic");
                entries.get(self.read).cloned()
            };
            if entry.is_some() || closed {
                self.read += usize::from(entry.is_some());
                return entry;
            }
            changed.await;
        }
    }

    fn is_closed(&self) -> bool {
        self.shared.closed.load(Ordering::SeqCst)
    }

    async fn closed(&self) {
        loop {
            let changed = self.shared.changed.notified();
            if self.is_closed() {
                return;
            }
            changed.await;
        }
    }

    fn rewound(&self) -> Option<Self> {
        Some(Self {
            shared: Arc::clone(&self.shared),
            read: 0,
        })
    }
}

/// A run with a past: its nodes began a minute ago.
pub(crate) struct Run {
    pub(crate) id: Uuid,
    pub(crate) began: Timestamp,
}

impl Run {
    pub(crate) fn new() -> Self {
        let minute = SignedDuration::from_secs(60);
        let now = Timestamp::now().checked_sub(minute).expect("in range");
        Self {
            id: Uuid::now_v7(),
            began: Timestamp::from_microsecond(now.as_microsecond()).expect("in range"),
        }
    }

    /// This many microseconds after the beginning.
    pub(crate) fn at(&self, micros: i64) -> Timestamp {
        self.began
            .checked_add(SignedDuration::from_micros(micros))
            .expect("in range")
    }

    pub(crate) fn task(&self, name: &str, start: i64, upstream: &[&TaskRun]) -> TaskRun {
        let unique_id = format!("model.shop.{name}");
        TaskRun {
            id: Uuid::new_v5(&self.id, unique_id.as_bytes()),
            dynamic_key: format!("{}#1", self.id),
            name: format!("model {name}"),
            start_time: self.at(start),
            wait_for: upstream.iter().map(|task| task.id).collect(),
            labels: BTreeMap::from([("dbt.unique_id".to_owned(), unique_id.clone())]),
            earlier: None,
            unique_id,
        }
    }

    pub(crate) fn finished(&self, task: &TaskRun, end: i64, kind: StateKind, name: &str) -> Effect {
        let state = State {
            kind,
            name: name.to_owned(),
            message: Some(format!("{name}!")),
        };
        let end = NodeEnd {
            state,
            end_time: self.at(end),
            result: NodeResult::default(),
        };
        Effect::NodeFinished(task.clone(), end)
    }

    pub(crate) fn log(&self, at: i64, message: &str, task: Option<&TaskRun>) -> Effect {
        let task = task.map(|task| TaskRef {
            id: task.id,
            name: task.name.clone(),
        });
        let message = message.to_owned();
        Effect::Log(LogLine::new(self.at(at), Level::Info, message, task))
    }

    pub(crate) fn ended(&self, kind: StateKind, name: &str) -> Effect {
        Effect::RunFinished(RunEnd {
            state: State {
                kind,
                name: name.to_owned(),
                message: Some("the whole story".to_owned()),
            },
            dbt_exit: Some(0),
            at: self.at(9_000_000),
        })
    }

    /// A reporter that creates this run, and waits so long after its end.
    pub(crate) fn reporter(&self, client: &Client, seconds: u64) -> Reporter {
        let options = ReportOptions {
            verify_timeout: std::time::Duration::from_secs(seconds),
            ..ReportOptions::default()
        };
        self.reporter_with(client, options)
    }

    /// A reporter that creates this run.
    pub(crate) fn reporter_with(&self, client: &Client, options: ReportOptions) -> Reporter {
        let names = NewFlowRun {
            flow_name: Some("report tests".to_owned()),
            flow_run_name: crate::prefect::flow_run::flow_run_name(self.id),
            tags: vec!["tested".to_owned()],
        };
        let run = NewRun::new(names, &[], self.id, prefect_client::RetryRules::default());
        Reporter::create(client, self.id, run, options)
    }
}

/// What a reporter has said.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notices(Arc<Said>);

#[derive(Debug, Default)]
struct Said {
    notices: Mutex<Vec<Notice>>,
    more: Notify,
}

impl Notices {
    pub(crate) fn taker(&self) -> impl FnMut(Notice) + Send + 'static {
        let said = Arc::clone(&self.0);
        move |notice| {
            said.notices.lock().expect("no panic").push(notice);
            said.more.notify_one();
        }
    }

    pub(crate) fn all(&self) -> Vec<Notice> {
        self.0.notices.lock().expect("no panic").clone()
    }

    pub(crate) fn any(&self, wanted: impl Fn(&Notice) -> bool) -> bool {
        self.all().iter().any(wanted)
    }

    pub(crate) async fn wait_for(&self, wanted: impl Fn(&Notice) -> bool) {
        while !self.any(&wanted) {
            self.0.more.notified().await;
        }
    }
}

/// The server that tests run against.
pub(crate) struct Server {
    pub(crate) url: String,
}

impl Server {
    /// The real server that `PREFECT_DBT_TEST_API` names, which `cargo xtask test` starts; else a stand-in.
    pub(crate) fn from_env() -> Self {
        let real = std::env::var_os("PREFECT_DBT_TEST_API");
        Self {
            url: real.map_or_else(stand_in::start, |url| url.into_string().expect("a URL")),
        }
    }

    pub(crate) fn client(&self) -> Client {
        client(&self.url)
    }
}

pub(crate) fn client(url: &str) -> Client {
    Client::new(&Settings::with_api_url(url)).expect("a client")
}
