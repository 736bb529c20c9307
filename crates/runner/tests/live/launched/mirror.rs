//! A project that records what it sees: arguments, paths, environment and flags, in a Python model, in Jinja, and in a plugin.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;

use crate::environment::TestEnvironment;
use crate::parsed;
use crate::project::{Finished, program_in};

const SEEN: &str = r#"
import __main__, gc, json, os, sys, warnings

def model(dbt, session):
    dbt.config(materialized="table")
    print("printed by a model")
    warnings.warn("warned by a model", DeprecationWarning)
    opened = open("left_open.txt", "w")
    opened.write("not closed")
    sys.left_open = [opened]
    hidden = ("PREFECT_", "_", "PWD", "OLDPWD", "SHLVL")
    seen = {
        "argv": sys.argv,
        "orig_argv": getattr(sys, "orig_argv", None),
        "path": sys.path,
        "flags": str(sys.flags),
        "xoptions": {key: str(value) for key, value in sys._xoptions.items()},
        "warnoptions": sys.warnoptions,
        "file": __main__.__file__,
        "main": sorted(vars(__main__)),
        "loader": [type(__main__.__loader__).__name__, __main__.__loader__.path],
        "environment": {k: v for k, v in os.environ.items() if not k.startswith(hidden)},
        "cwd": os.getcwd(),
        "collects": gc.isenabled(),
    }
    text = json.dumps(seen).replace("'", "''")
    return session.sql("select '" + text + "' as seen")
"#;

const JINJA: &str = "select '{{ env_var('DBT_LOG_LEVEL', 'not set') }}' as level, '{{ env_var('DBT_DEBUG', 'not set') }}' as debug,
  '{{ env_var('DBT_LOG_LEVEL_FILE', 'not set') }}' as file, '{{ env_var('DBT_LOG_FORMAT', 'not set') }}' as format,
  '{{ flags.WHICH }}' as which, '{{ flags.QUIET }}' as quiet, '{{ invocation_args_dict.log_level }}' as given
";

const PLUGIN: &str = r#"
from dbt.plugins.manager import dbt_hook, dbtPlugin

class Mirror(dbtPlugin):
    def initialize(self):
        with open("plugin.txt", "w") as file:
            file.write("started for " + self.project_name + "\n")

plugins = [Mirror]
"#;

const FILES: [(&str, &str); 12] = [
    (
        "dbt_project.yml",
        "name: mirror\nmodels: {+meta: {prefect: {enable_assets: true}}}\nversion: '1.0'\nconfig-version: 2\nprofile: mirror\non-run-end: \"select 1\"\n",
    ),
    // Python models of dbt-duckdb 1.5 name a variable of a frame that is not the last one.
    (
        "profiles.yml",
        "mirror: {target: dev, outputs: {dev: {type: duckdb, path: w.duckdb, threads: 1, settings: {python_scan_all_frames: true}}}}\n",
    ),
    ("models/seen.py", SEEN),
    ("models/jinja.sql", JINJA),
    ("models/failing.sql", "select * from no_such_table\n"),
    ("models/below.sql", "select * from {{ ref('failing') }}\n"),
    (
        "models/schema.yml",
        "version: 2\nmodels: [{name: words, columns: [{name: id, tests: [unique, not_null]}]}]\n",
    ),
    ("models/words.sql", "select * from {{ ref('numbers') }}\n"),
    ("seeds/numbers.csv", "id,word\n1,one\n2,two\n"),
    // Modules that only `python -m` or `python -c` would find.
    (
        "logging.py",
        "raise ImportError('the working directory is searched for modules')\n",
    ),
    (
        "dbt/__init__.py",
        "raise ImportError('the working directory is searched for dbt')\n",
    ),
    ("plugins/dbt_mirror.py", PLUGIN),
];

/// Keys of dbt's artifacts whose values no two runs share.
const PER_RUN: [&str; 13] = [
    "_invocation_id",
    "generated_at",
    "invocation_id",
    "invocation_started_at",
    "created_at",
    "execution_time",
    "elapsed_time",
    "started_at",
    "completed_at",
    "thread_id",
    "run_started_at",
    "user_id",
    "timing",
];

/// The project, in a folder that is made anew for each run, so that all paths are the same.
pub(super) struct Mirror {
    home: TempDir,
    is_parsed: bool,
    pub(super) environment: TestEnvironment,
}

/// What a run of dbt leaves.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) code: Option<i32>,
    /// Artifacts and compiled files, by their paths.
    files: BTreeMap<PathBuf, Value>,
    /// The rows of every table.
    tables: Value,
    /// The lines of dbt's own log file; `None` without the file.
    pub(super) log: Option<Vec<String>>,
}

impl Left {
    /// Fails with the first difference.
    #[track_caller]
    pub(super) fn assert_is(&self, expected: &Self) {
        let names = |left: &Self| left.files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(self), names(expected));
        for (path, file) in &self.files {
            assert_eq!(file, &expected.files[path], "{}", path.display());
        }
        let rows = |left: &Self| serde_json::to_string_pretty(&left.tables).unwrap();
        assert_eq!(rows(self), rows(expected));
        assert_eq!(self.log, expected.log);
        assert_eq!(self.code, expected.code);
    }
}

impl Mirror {
    /// dbt parses all of it in each run.
    pub(super) fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            is_parsed: false,
            environment: TestEnvironment::from_env(),
        }
    }

    /// dbt has parsed it before each run.
    pub(super) fn parsed() -> Self {
        Self {
            is_parsed: true,
            ..Self::new()
        }
    }

    pub(super) fn project(&self) -> PathBuf {
        self.home.path().join("project")
    }

    /// A copy of dbt's script, with another first line.
    pub(super) fn script(&self, folder: &str, first_line: impl Fn(&str) -> String) -> PathBuf {
        let text = fs::read_to_string(&self.environment.dbt).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let script = self.home.path().join(folder).join("dbt");
        fs::create_dir_all(script.parent().unwrap()).unwrap();
        fs::write(&script, format!("{}\n{rest}", first_line(first))).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        script
    }

    /// Makes the project anew, runs a command in it to its end, and returns what it leaves.
    pub(super) fn run(&self, command: impl FnOnce(&Self) -> Command) -> (Finished, Left) {
        let project = self.project();
        if project.exists() {
            fs::remove_dir_all(&project).unwrap();
        }
        for (name, text) in FILES {
            let file = project.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        if self.is_parsed {
            parsed::provide(&project, None, &self.environment.dbt);
        }
        let finished = Finished::of(&mut command(self));
        let left = self.left(finished.code);
        (finished, left)
    }

    /// Plain dbt.
    pub(super) fn dbt(&self, script: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(script);
        let ours = self.ours(&[], &[]);
        let environment = ours.get_envs().filter(|(name, _)| {
            let name = name.to_string_lossy();
            name.starts_with("DBT_") || name == "HOME" || name == "NO_COLOR"
        });
        for (name, value) in environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.current_dir(self.project()).args(args);
        command.stdin(std::process::Stdio::null());
        command
    }

    /// `prefect-dbt invoke`, without Prefect.
    pub(super) fn ours(&self, options: &[&str], args: &[&str]) -> Command {
        let mut command = program_in(&self.project(), &self.environment);
        command
            .env("HOME", self.home.path())
            .env_remove("PREFECT_DBT_LAUNCHER")
            .args(["invoke", "--no-prefect"])
            .args(options)
            .arg("--")
            .args(args);
        command
    }

    /// How dbt was started, by the journal of the only run.
    pub(super) fn start(&self) -> Value {
        self.journal()[0]["header"]["start"].clone()
    }

    /// What happened in the only run, by its journal, without what no two runs share, such as the summary with its slowest nodes.
    /// In no order: the pipes of dbt have none.
    pub(super) fn effects(&self) -> Vec<String> {
        let effects = self.journal().into_iter().skip(1);
        let effects = effects.filter(|one| one["effect"].get("summary").is_none());
        let mut effects: Vec<_> = effects.map(|one| without_values(one).to_string()).collect();
        effects.sort();
        effects
    }

    fn journal(&self) -> Vec<Value> {
        let folder = fs::read_dir(self.project().join(".prefect-dbt")).unwrap();
        let journals = folder.map(|entry| entry.unwrap().path());
        let journal = journals.filter(|path| path.extension().is_some_and(|end| end == "jsonl"));
        let text = fs::read_to_string(journal.last().unwrap()).unwrap();
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    /// The folder that all runs share.
    pub(super) fn home(&self) -> &Path {
        self.home.path()
    }

    fn left(&self, code: Option<i32>) -> Left {
        let mut files = BTreeMap::new();
        let project = self.project();
        for folder in ["target", "plugin.txt", "left_open.txt"] {
            collect(&project, &project.join(folder), &mut files);
        }
        let log = fs::read_to_string(project.join("logs/dbt.log")).ok();
        Left {
            code,
            files,
            tables: self.tables(),
            log: log.map(|log| log_lines(&log)),
        }
    }

    /// All rows of the warehouse; null without one.
    fn tables(&self) -> Value {
        let file = self.project().join("w.duckdb");
        if !file.exists() {
            return Value::Null;
        }
        let read = "import duckdb, json, sys; c = duckdb.connect(sys.argv[1], read_only=True); \
            names = sorted(r[0] for r in c.execute('select table_name from information_schema.tables').fetchall()); \
            print(json.dumps({n: sorted(map(str, c.execute('select * from main.' + n).fetchall())) for n in names}))";
        let python = self.environment.dbt.with_file_name("python");
        let output = Command::new(python).args(["-c", read]).arg(file).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The files below a path. Those of JSON without what differs from run to run; of others that no one can read, the name.
fn collect(root: &Path, path: &Path, files: &mut BTreeMap<PathBuf, Value>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            collect(root, &entry.unwrap().path(), files);
        }
        return;
    }
    let Ok(bytes) = fs::read(path) else { return };
    // How long each step of the parser took.
    if path.ends_with("perf_info.json") {
        return;
    }
    let value = match serde_json::from_slice(&bytes) {
        Ok(value) => without_per_run(value),
        Err(_) => String::from_utf8(bytes).map_or(Value::Null, Value::String),
    };
    files.insert(path.strip_prefix(root).unwrap().to_owned(), value);
}

fn without_per_run(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .filter(|(key, _)| !PER_RUN.contains(&key.as_str()))
            .map(|(key, value)| (key, without_per_run(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_per_run).collect(),
        value => value,
    }
}

/// An effect without ids, times and durations.
fn without_values(value: Value) -> Value {
    match value {
        Value::Object(object) => object
            .into_iter()
            .map(|(key, value)| (key, without_values(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_values).collect(),
        Value::String(text) => {
            let words = text
                .split(['#', ' '])
                .map(|word| match word.parse::<Uuid>() {
                    Ok(_) => "id".to_owned(),
                    Err(_) => word.chars().filter(|c| !c.is_ascii_digit()).collect(),
                });
            words.collect::<Vec<_>>().join(" ").into()
        }
        Value::Number(number) if number.is_f64() => Value::Null,
        value => value,
    }
}

/// The lines of dbt's log that a user sees, without digits. Those of the level debug depend on the order of threads.
fn log_lines(log: &str) -> Vec<String> {
    let is_shown = |line: &&str| {
        ["[info", "[warn", "[error"]
            .iter()
            .any(|level| line.contains(level))
    };
    let text = |line: &str| line.chars().filter(|c| !c.is_ascii_digit()).collect();
    log.lines().filter(is_shown).map(text).collect()
}
