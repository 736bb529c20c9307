//! The uses of the runner that Prefect's documentation shows: what the Python class left for each was recorded, and what a sample
//! of ours leaves is compared with it.

use std::time::{Duration, Instant};

use prefect_client::NewVariable;
use serde_json::json;

use super::project::Project;
use super::python_left::{Left, Sample, plain};
use super::server::ask;

/// Models beside those of the shop. The first one fails in the first build of a new database: the table that it reads is made
/// at the end of a run.
const MODELS: [(&str, &str); 2] = [
    (
        "flaky.sql",
        "{{ config(tags=['critical', 'pii']) }} select count(*) as runs from landing.run_log\n",
    ),
    ("after_flaky.sql", "select * from {{ ref('flaky') }}\n"),
];

/// The samples, and whether their database is new.
pub(super) const SAMPLES: [(&str, bool); 13] = [
    ("retry", true),
    ("no_raise", true),
    ("hooks", true),
    ("critical_failure", true),
    ("run_summary", true),
    ("basic", false),
    ("compiled_code", false),
    ("disabled_assets", false),
    ("settings", false),
    ("log_level", false),
    ("slow_models", false),
    ("hook_selections", false),
    (TEMPLATED, false),
];

/// The sample whose profile refers to Prefect. The last one: dbt parses the project again for another profile.
pub(super) const TEMPLATED: &str = "templated_profile";

/// How long the server may take to record everything.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// One project for all samples, so that dbt reads it once.
pub(super) fn project() -> Project {
    let project = Project::new();
    for (name, text) in MODELS {
        fs_err::write(project.path().join("models/marts").join(name), text).unwrap();
    }
    project
}

/// A variable in Prefect chooses the target.
pub(super) fn refer_to_a_variable(project: &Project) {
    let name = format!("target-{}", project.flow_run);
    let variable = NewVariable::new(&name, json!("dev"));
    ask(async |client| client.create_variable(&variable).await).unwrap();
    let path = project.path().join("profiles.yml");
    let text = fs_err::read_to_string(&path).unwrap();
    let reference = format!("  target: \"{{{{ prefect.variables.{name} }}}}\"\n");
    fs_err::write(path, text.replace("  target: dev\n", &reference)).unwrap();
}

/// A sample that has run.
pub(super) struct Ran<'a> {
    pub(super) name: &'a str,
    /// The name of its flow; `None` if it runs outside of one.
    pub(super) flow: Option<&'a str>,
    pub(super) succeeded: bool,
    pub(super) printed: Vec<String>,
}

impl Ran<'_> {
    /// How it ended and what its hooks printed, if that differs from what the Python class did.
    pub(super) fn differences(&self) -> Vec<String> {
        let sample = Sample::of(self.name);
        let mut found = Vec::new();
        if self.succeeded != sample.succeeded {
            found.push(format!("{}: succeeded: {}", self.name, self.succeeded));
        }
        let printed: Vec<String> = self.printed.iter().map(|line| plain(line)).collect();
        // The Python class has no message of the database there.
        let python = sample.printed.iter();
        let python: Vec<&str> = python
            .map(|line| line.split("Finished running node").next().unwrap_or(line))
            .collect();
        let is_same = printed.len() >= python.len()
            && python
                .iter()
                .all(|line| printed.iter().any(|ours| ours.starts_with(line)));
        if !is_same {
            found.push(format!(
                "{}: printed {printed:#?}, in Python {python:#?}",
                self.name
            ));
        }
        found
    }

    /// What it left on the server and what the Python class left; `None` if it runs outside of a flow.
    pub(super) fn left(&self, project: &Project) -> Option<(Left, Left)> {
        let python = Sample::of(self.name).left;
        assert_eq!(self.flow.is_some(), python.is_some(), "{}", self.name);
        Some((Left::read(&project.environment.api, self.flow?), python?))
    }

    /// The differences that COMPATIBILITY.md does not list, once the server has recorded everything.
    pub(super) fn unexplained(&self, project: &Project) -> Vec<String> {
        let deadline = Instant::now() + LIMIT;
        loop {
            let Some((ours, python)) = self.left(project) else {
                return Vec::new();
            };
            let found = ours.unexplained(&python);
            if found.is_empty() || Instant::now() > deadline {
                let found = found.into_iter();
                return found.map(|one| format!("{}: {one}", self.name)).collect();
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }
}
