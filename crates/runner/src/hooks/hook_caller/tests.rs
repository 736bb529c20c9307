use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use super::*;
use crate::hooks::node_report::NodeReport;
use crate::hooks::registry::Hooks;
use crate::hooks::stuck_hooks::{HookState, watch_for_stuck_hooks};
use crate::model::{NodeResult, RunEnd, State, StateKind};
use crate::request::Invocation;
use crate::store::{Header, JournalWriter};

const MANIFEST: &str = r#"{
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.11.16"},
    "nodes": {
        "model.shop.a": {"resource_type": "model", "name": "a", "package_name": "shop", "fqn": ["shop", "a"],
            "config": {"materialized": "table"}, "tags": ["critical"], "depends_on": {"nodes": []}},
        "model.shop.b": {"resource_type": "model", "name": "b", "package_name": "shop", "fqn": ["shop", "b"],
            "config": {"materialized": "table"}, "depends_on": {"nodes": ["model.shop.a"]}}
    }
}"#;

/// What hooks and warnings wrote, in order.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) {
        self.0.lock().unwrap().push(note.into());
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

struct Set {
    hooks: Hooks,
    notes: Notes,
    warn_after: Duration,
    stop: HookStop,
}

impl Set {
    fn new() -> Self {
        Self {
            hooks: Hooks::default(),
            notes: Notes::default(),
            warn_after: Duration::from_secs(600),
            stop: HookStop::default(),
        }
    }

    /// Calls the hooks for what the journal holds, on a thread of their own.
    fn begin(
        &self,
        nodes: &[(&str, &str)],
        end: Option<&str>,
    ) -> (std::thread::JoinHandle<()>, watch::Receiver<HookState>) {
        let warn: Arc<dyn Fn(&str) + Send + Sync> = {
            let notes = self.notes.clone();
            Arc::new(move |warning| notes.add(format!("warning: {warning}")))
        };
        let (timer, state_of_thread) =
            watch_for_stuck_hooks(self.warn_after, Arc::clone(&warn)).unwrap();
        let manifest = OnceLock::new();
        manifest.get_or_init(|| Arc::new(Manifest::from_slice(MANIFEST.as_bytes()).unwrap()));
        let caller = HookCaller {
            command: CommandInfo {
                command: "build".to_owned(),
                args: vec!["build".to_owned()],
                owner: None,
                flow: KnownFlowRun::default(),
                request: Arc::new(Request::resolved(Invocation::new(["build"]))),
            },
            hooks: self.hooks.all(),
            manifest: Arc::new(manifest),
            warn,
            timer,
            selectors: None,
            stop: self.stop.clone(),
            selections: None,
            runtime: None,
        };
        let (tasks, queue) = channel();
        let (done, _) = oneshot::channel();
        let scheduled = ScheduledNodes {
            node_ids: nodes.iter().map(|(id, _)| (*id).to_owned()).collect(),
            manifest: None,
        };
        tasks
            .send(HookTask::CallStartHooks(scheduled, done))
            .unwrap();
        tasks.send(HookTask::FollowJournal(journal(nodes))).unwrap();
        let reports = nodes
            .iter()
            .map(|(id, status)| ((*id).to_owned(), report(id, status)));
        let result = RunResult {
            success: end.is_none(),
            error: end.map(str::to_owned),
            nodes: end.is_none().then(|| reports.collect()),
        };
        tasks
            .send(HookTask::CallEndHooks(Box::new(result)))
            .unwrap();
        let thread = std::thread::spawn(move || caller.work(&queue));
        (thread, state_of_thread)
    }

    fn run(&self, nodes: &[(&str, &str)]) -> Vec<String> {
        self.begin(nodes, None).0.join().unwrap();
        self.notes.all()
    }

    /// A hook that writes down what it gets.
    fn note(&self, name: &str) -> impl Fn(&DbtHookContext) + Send + Sync + 'static {
        let (notes, name) = (self.notes.clone(), name.to_owned());
        move |ctx| {
            let status = ctx.status.map_or("-", HookStatus::as_str);
            notes.add(format!(
                "{name} {} {} {status}",
                ctx.event,
                ctx.node_ids.join(",")
            ));
        }
    }
}

fn journal(nodes: &[(&str, &str)]) -> JournalReader {
    let mut writer = JournalWriter::in_memory(&Header::for_test());
    for (id, status) in nodes {
        let end = NodeEnd {
            state: state(status),
            end_time: Timestamp::UNIX_EPOCH,
            result: result(id, status),
        };
        writer.append([Effect::NodeFinished(task(id), end)]);
    }
    writer.append([Effect::RunFinished(RunEnd {
        state: state("success"),
        dbt_exit: Some(0),
        at: Timestamp::UNIX_EPOCH,
    })]);
    writer.reader()
}

fn task(id: &str) -> TaskRun {
    TaskRun {
        id: Uuid::nil(),
        unique_id: id.to_owned(),
        dynamic_key: String::new(),
        name: id.to_owned(),
        start_time: Timestamp::UNIX_EPOCH,
        wait_for: Vec::new(),
        labels: std::collections::BTreeMap::new(),
        earlier: None,
    }
}

fn result(id: &str, status: &str) -> NodeResult {
    NodeResult {
        unique_id: id.to_owned(),
        resource_type: id.split('.').next().unwrap().to_owned(),
        status: status.into(),
        message: Some(format!("{status} of {id}")),
        ..NodeResult::default()
    }
}

fn state(status: &str) -> State {
    let (kind, name) = match status {
        "success" => (StateKind::Completed, "Completed"),
        _ => (StateKind::Failed, "Failed"),
    };
    State {
        kind,
        name: name.to_owned(),
        message: None,
    }
}

fn report(id: &str, status: &str) -> NodeReport {
    let at = Timestamp::UNIX_EPOCH;
    NodeReport::new(&result(id, status), &state(status), at, at)
}

#[test]
fn hooks_are_called_in_the_order_of_events_and_of_registration() {
    let set = Set::new();
    set.hooks.on_run_end().call(set.note("last"));
    set.hooks.post_node().call(set.note("each"));
    set.hooks.post_model().call(set.note("model"));
    set.hooks.on_run_start(set.note("first"));
    let called = set.run(&[
        ("seed.shop.s", "success"),
        ("model.shop.a", "partial success"),
        ("model.shop.b", "skipped"),
    ]);
    insta::assert_snapshot!(called.join("\n"), @r"
    first run_start seed.shop.s,model.shop.a,model.shop.b -
    each post_node seed.shop.s success
    each post_node model.shop.a error
    model post_model model.shop.a error
    each post_node model.shop.b skipped
    model post_model model.shop.b skipped
    last run_end model.shop.a,model.shop.b,seed.shop.s success
    ");
}

#[test]
fn a_hook_with_an_invalid_selection_is_never_called() {
    let set = Set::new();
    let select = |selection| set.hooks.post_model().named(selection).select(selection);
    select("tag:critical").call(set.note("critical"));
    select("tag:none").select("b").call(set.note("union"));
    select("tag:none").call(set.note("never"));
    select("flavour:sweet").call(set.note("never"));
    set.hooks
        .on_run_end()
        .select("tag:critical")
        .call(set.note("end"));
    let called = set.run(&[("model.shop.b", "success")]);
    insta::assert_snapshot!(called.join("\n"));
}

fn panics(_: &DbtHookContext) {
    panic!("out of ideas")
}

#[test]
fn errors_and_panics_are_warnings_and_the_next_hook_is_called() {
    let set = Set::new();
    set.hooks
        .post_model()
        .named("one")
        .call(|_| Err::<(), _>("no metrics today"));
    set.hooks.post_model().named("two").call(panics);
    let notes = set.notes.clone();
    set.hooks
        .post_model()
        .named("three")
        .call_async(move |ctx| {
            let notes = notes.clone();
            async move {
                tokio::task::yield_now().await;
                notes.add(format!("async {}", ctx.node().unwrap().name));
                Err::<(), _>("not in time")
            }
        });
    assert_eq!(
        set.run(&[("model.shop.a", "success")]),
        [
            "warning: one failed: no metrics today",
            "warning: two panicked: out of ideas",
            "async a",
            "warning: three failed: not in time",
        ]
    );
}

#[test]
fn a_stuck_hook_is_reported_and_abandoned() {
    let mut set = Set::new();
    set.warn_after = Duration::from_millis(1);
    let (release, held) = channel::<()>();
    let held = Mutex::new(held);
    set.hooks.post_model().named("stuck").call(move |_| {
        // Returns when the test drops the sender.
        let _ = held.lock().unwrap().recv();
    });
    set.hooks.on_run_end().call(set.note("never"));
    let (thread, mut state) = set.begin(&[("model.shop.a", "success")], None);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let seen = runtime.block_on(async {
        let seen = state.wait_for(|now| *now != HookState::Working).await;
        seen.unwrap().clone()
    });
    assert_eq!(seen, HookState::Stuck("stuck".to_owned()));
    set.stop.stop();
    drop(release);
    thread.join().unwrap();
    assert_eq!(
        set.notes.all(),
        ["warning: stuck is still running after 0.001 s; the hooks after it wait"]
    );
}

#[test]
fn a_run_without_results_has_none_for_its_hooks() {
    let set = Set::new();
    let notes = set.notes.clone();
    set.hooks.on_run_end().call(move |ctx| {
        notes.add(format!("{:?} {:?}", ctx.run_results, ctx.error));
    });
    set.hooks.on_run_end().select("a").call(set.note("never"));
    set.begin(&[], Some("does not parse")).0.join().unwrap();
    assert_eq!(set.notes.all(), ["None Some(\"does not parse\")"]);
}

#[test]
fn the_json_form_of_the_context() {
    let set = Set::new();
    let notes = set.notes.clone();
    let json = move |ctx: &DbtHookContext| notes.add(serde_json::to_string_pretty(ctx).unwrap());
    set.hooks.on_run_start(json.clone());
    set.hooks.post_model().call(json.clone());
    set.hooks.on_run_end().call(json);
    insta::assert_snapshot!(set.run(&[("model.shop.a", "error")]).join("\n"));
}
