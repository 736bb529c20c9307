//! Compares with the answers of dbt itself: each case in testdata/fixtures/selection must have the same result.

#![expect(
    clippy::unwrap_used,
    reason = "a fixture that cannot be read fails the test"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use dbt_manifest::{Manifest, Node, RunResults, Sources};
use dbt_selector::{
    Command, Context, Dialect, IndirectSelection, Listing, NodeFilter, Queue, Request, Selection,
    SelectionGraph, Selectors, State, Warning, json_line, name_line, selector_line,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The options of a command line.
#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Flags {
    command: Option<String>,
    select: Vec<String>,
    exclude: Vec<String>,
    indirect_selection: Option<String>,
    resource_types: Vec<String>,
    exclude_resource_types: Vec<String>,
    selector: Option<String>,
    /// Replaces the selectors.yml of the project.
    selectors_yml: Option<String>,
    state: Option<String>,
}

/// The answer of dbt: an error, or the rest.
#[derive(Debug, Deserialize, Default)]
#[serde(default)]
struct Answer {
    error: Option<String>,
    expected: Vec<String>,
    warnings: Vec<(String, Option<String>)>,
    selected: Vec<String>,
    nodes: Vec<String>,
    edges: Vec<(String, String)>,
    scores: BTreeMap<String, usize>,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fixtures/selection")
}

fn read(path: impl AsRef<Path>) -> Vec<u8> {
    let path = fixtures().join(path);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn lines<T: DeserializeOwned>(path: &str) -> Vec<T> {
    let text = String::from_utf8(read(path)).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// A line of a file of cases. It is parsed twice, because it contains the options and the answer side by side.
fn cases(path: &str) -> Vec<(Flags, Answer)> {
    let both = |line: Value| {
        (
            Flags::deserialize(&line).unwrap(),
            Answer::deserialize(line).unwrap(),
        )
    };
    lines(path).into_iter().map(both).collect()
}

/// The inputs that the cases share.
struct Project {
    manifest: Manifest,
    files: Listing,
    selectors: String,
    states: BTreeMap<String, State>,
    dialect: Dialect,
}

impl Project {
    fn load() -> Self {
        let files: BTreeMap<String, Vec<String>> =
            serde_json::from_slice(&read("project_files.json")).unwrap();
        let states =
            ["previous", "breaking", "results_only"].map(|name| (name.to_owned(), state(name)));
        Self {
            manifest: Manifest::from_slice(&read("manifest.json")).unwrap(),
            files: Listing::new(&files["dirs"], &files["files"]),
            selectors: String::from_utf8(read("selectors.yml")).unwrap(),
            states: states.into(),
            dialect: Dialect::default(),
        }
    }

    /// The project as another version of dbt parsed it.
    fn of_version(version: &str) -> Self {
        let manifest = Manifest::from_slice(&read(format!("{version}/manifest.json"))).unwrap();
        let written_by = manifest.metadata().dbt_version.as_deref().unwrap();
        Self {
            dialect: Dialect::from_dbt_version(written_by).unwrap(),
            manifest,
            ..Self::load()
        }
    }

    /// The result of this crate; errors as text.
    fn select<'m>(
        &'m self,
        graph: &SelectionGraph<'m>,
        flags: &Flags,
    ) -> Result<Selection<'m>, String> {
        let mode = match &flags.indirect_selection {
            // dbt's command line ignores the letter case, its selectors.yml does not.
            Some(name) => {
                IndirectSelection::from_name(&name.to_lowercase()).ok_or("no such mode")?
            }
            None => IndirectSelection::Eager,
        };
        let text = flags.selectors_yml.as_deref().unwrap_or(&self.selectors);
        let selectors = Selectors::parse(text, &jinja, mode, self.dialect)
            .map_err(|error| error.to_string())?;
        let command = command(flags);
        let filter = NodeFilter::new(
            command,
            &flags.resource_types,
            &flags.exclude_resource_types,
            graph.dialect(),
        )
        .map_err(|error| error.to_string())?;
        let mut request = Request::new(filter);
        request.select.clone_from(&flags.select);
        request.exclude.clone_from(&flags.exclude);
        request.selector.clone_from(&flags.selector);
        request.mode = mode;
        let mut context = Context::default();
        context.files = Some(&self.files);
        context.selectors = Some(&selectors);
        context.state = flags.state.as_ref().map(|name| &self.states[name]);
        request
            .select(graph, &context)
            .map_err(|error| error.to_string())
    }
}

fn command(flags: &Flags) -> Command {
    Command::from_name(flags.command.as_deref().unwrap_or("ls")).unwrap()
}

fn state(name: &str) -> State {
    let dir = fixtures().join("states").join(name);
    let bytes = |file: &str| std::fs::read(dir.join(file)).ok();
    let mut state = State::default();
    state.manifest = bytes("manifest.json").map(|bytes| Manifest::from_slice(&bytes).unwrap());
    state.run_results =
        bytes("run_results.json").map(|bytes| RunResults::from_slice(&bytes).unwrap());
    state.sources = bytes("sources.json").map(|bytes| Sources::from_slice(&bytes).unwrap());
    state.current_sources = Some(Sources::from_slice(&read("current/sources.json")).unwrap());
    state.now = SystemTime::now();
    state
}

/// The Jinja that the selectors.yml of the cases contain.
fn jinja(text: &str) -> Result<Value, String> {
    match text {
        "{{ 'titles' }}" => Ok("titles".into()),
        "{{ target.name }}" => Ok("dev".into()),
        _ => Err("an environment variable that is not set".into()),
    }
}

fn ids<'a>(nodes: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    nodes.into_iter().map(str::to_owned).collect()
}

fn warning(warning: &Warning) -> (String, Option<String>) {
    match warning {
        Warning::NoNodesForTerm { term } => {
            ("NoNodesForSelectionCriteria".into(), Some(term.clone()))
        }
        Warning::NoNodesSelected => ("NoNodesSelected".into(), None),
        Warning::BrokenContract { unique_id, .. } => (
            "UnversionedBreakingChange".into(),
            unique_id.rsplit('.').next().map(str::to_owned),
        ),
        other => (format!("{other:?}"), None),
    }
}

/// Fails with all differences, not with the first one.
fn report(differences: &[String], all: usize) {
    assert!(all > 0, "no cases");
    assert!(
        differences.is_empty(),
        "{} of {all} differ:\n{}",
        differences.len(),
        differences.join("\n")
    );
}

/// What this crate selects in another way than dbt; `None` if it is the same.
fn difference(ours: Result<Selection<'_>, String>, answer: &Answer) -> Option<String> {
    let ours = match (ours, &answer.error) {
        (Err(_), Some(_)) => return None,
        (Err(ours), None) => return Some(format!("this crate fails: {ours}")),
        (Ok(ours), Some(error)) => {
            let selected = ids(ours.unique_ids());
            return Some(format!(
                "dbt fails: {error}; this crate selects {selected:?}"
            ));
        }
        (Ok(ours), None) => ours,
    };
    // dbt compares some models twice, and repeats the warning.
    let mut expected = answer.warnings.clone();
    expected.dedup_by(|next, warning| next == warning && next.0 == "UnversionedBreakingChange");
    let found = ids(ours.unique_ids());
    let warnings: Vec<_> = ours.warnings().iter().map(warning).collect();
    if found == answer.expected && warnings == expected {
        return None;
    }
    let without = |ids: &[String], others: &[String]| -> Vec<String> {
        let missing = ids.iter().filter(|id| !others.contains(id));
        missing.cloned().collect()
    };
    let missing = without(&answer.expected, &found);
    let extra = without(&found, &answer.expected);
    Some(format!(
        "missing {missing:?}, extra {extra:?}, warnings {warnings:?} for {expected:?}"
    ))
}

/// Compares each case.
fn compare(project: &Project, cases: &[(Flags, Answer)]) {
    let graph = SelectionGraph::new(&project.manifest);
    let mut differences = Vec::new();
    for (flags, answer) in cases {
        if let Some(difference) = difference(project.select(&graph, flags), answer) {
            differences.push(format!("{flags:?}\n  {difference}"));
        }
    }
    report(&differences, cases.len());
}

#[test]
fn selections_are_the_same_as_in_dbt() {
    compare(&Project::load(), &cases("corpus.jsonl"));
}

/// A program may let the manifest drop all fields that are not parsed up front.
#[test]
fn only_a_selection_by_state_reads_the_text_of_nodes() {
    let mut cases = cases("corpus.jsonl");
    cases.retain(|(flags, _)| flags.state.is_none());
    let mut project = Project::load();
    project.manifest.keep_fields(&[]);
    compare(&project, &cases);
}

/// The cases of another version. One without an answer has that of the main version.
fn cases_of_version(version: &str) -> Vec<(Flags, Answer)> {
    const ANSWERS: [&str; 3] = ["expected", "warnings", "error"];
    let key = |case: &Value| {
        let mut flags = case.as_object().unwrap().clone();
        flags.retain(|name, _| !ANSWERS.contains(&name.as_str()));
        Value::Object(flags).to_string()
    };
    let main: Vec<Value> = lines("corpus.jsonl");
    let main: BTreeMap<String, Value> = main.into_iter().map(|case| (key(&case), case)).collect();
    let mut found = Vec::new();
    for case in lines::<Value>(&format!("{version}/answers.jsonl")) {
        let is_answered = ANSWERS.iter().any(|name| case.get(name).is_some());
        let answered = if is_answered {
            &case
        } else {
            &main[&key(&case)]
        };
        found.push((
            Flags::deserialize(&case).unwrap(),
            Answer::deserialize(answered).unwrap(),
        ));
    }
    found
}

#[test]
fn selections_are_the_same_as_in_other_versions_of_dbt() {
    for version in ["1.7", "1.9", "1.12", "1.13"] {
        let cases = cases_of_version(version);
        assert!(cases.len() > 400, "{version}: {}", cases.len());
        compare(&Project::of_version(version), &cases);
    }
}

#[test]
fn queues_are_the_same_as_in_dbt() {
    let project = Project::load();
    let graph = SelectionGraph::new(&project.manifest);
    let cases = cases("queue.jsonl");
    let mut differences = Vec::new();
    for (flags, answer) in &cases {
        let ours = match (project.select(&graph, flags), &answer.error) {
            (Err(_), Some(_)) => continue,
            (Ok(ours), None) => ours,
            (ours, error) => {
                differences.push(format!("{flags:?}\n  this crate: {ours:?}, dbt: {error:?}"));
                continue;
            }
        };
        let queue = Queue::new(&graph, &ours, command(flags));
        let edges: Vec<_> = queue
            .edges
            .iter()
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect();
        let scores: BTreeMap<_, _> = queue
            .scores
            .iter()
            .map(|(id, score)| ((*id).to_owned(), *score))
            .collect();
        if ids(ours.unique_ids()) != answer.selected {
            differences.push(format!(
                "{flags:?}\n  selects {:?}, dbt {:?}",
                ids(ours.unique_ids()),
                answer.selected
            ));
        } else if ids(queue.nodes.iter().copied()) != answer.nodes {
            differences.push(format!(
                "{flags:?}\n  queues {:?}, dbt {:?}",
                queue.nodes, answer.nodes
            ));
        } else if edges != answer.edges {
            differences.push(format!(
                "{flags:?}\n  edges {edges:?}, dbt {:?}",
                answer.edges
            ));
        } else if scores != answer.scores {
            differences.push(format!(
                "{flags:?}\n  scores {scores:?}, dbt {:?}",
                answer.scores
            ));
        }
    }
    report(&differences, cases.len());
}

/// The arguments of `dbt ls`, and its output.
#[derive(Debug, Deserialize)]
struct Printed {
    args: Vec<String>,
    lines: Option<Vec<String>>,
}

impl Printed {
    /// The values of an option: all arguments up to the next option.
    fn values(&self, flag: &str) -> Vec<String> {
        let after = self.args.iter().skip_while(|arg| *arg != flag).skip(1);
        after
            .take_while(|arg| !arg.starts_with("--"))
            .cloned()
            .collect()
    }

    fn line(&self, node: &Node) -> String {
        match self.values("--output").first().map(String::as_str) {
            Some("name") => name_line(node).into_owned(),
            Some("path") => node.original_file_path.to_string(),
            Some("json") => json_line(node, &self.values("--output-keys"), Dialect::default()),
            _ => selector_line(node),
        }
    }
}

#[test]
fn output_lines_are_the_same_as_in_dbt() {
    let project = Project::load();
    let graph = SelectionGraph::new(&project.manifest);
    let cases: Vec<Printed> = lines("output.jsonl");
    let mut differences = Vec::new();
    // Options that exclude each other are for the program to reject.
    for case in cases.iter().filter(|case| case.lines.is_some()) {
        let models = case.values("--models");
        let flags = Flags {
            select: [case.values("--select"), models.clone()].concat(),
            exclude: case.values("--exclude"),
            resource_types: match models.is_empty() {
                true => case.values("--resource-type"),
                false => vec!["model".into()],
            },
            ..Flags::default()
        };
        let ours: Vec<_> = project
            .select(&graph, &flags)
            .unwrap()
            .nodes()
            .iter()
            .map(|node| case.line(node))
            .collect();
        let dbt = case.lines.as_ref().unwrap();
        let differ = ours.iter().zip(dbt).find(|(ours, dbt)| ours != dbt);
        if ours.len() != dbt.len() || differ.is_some() {
            differences.push(format!(
                "{:?}\n  {} lines, dbt {}; first: {differ:?}",
                case.args,
                ours.len(),
                dbt.len()
            ));
        }
    }
    report(&differences, cases.len());
}
