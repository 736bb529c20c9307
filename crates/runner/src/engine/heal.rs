//! Between record and judge: dbt runs again for the nodes whose failure looks transient, and for what was skipped below them.

use std::path::Path;

use dbt_manifest::without_non_finite;
use serde_json::Value;
use tempfile::TempDir;
use tokio::time::Instant;

use super::prepare::Prepared;
use super::record::{Recorded, explained, follow};
use super::recorder::Recorder;
use super::run::Attempt;
use super::schedule_thread::Purpose;
use super::target_lock::TargetLock;
use crate::dbt::command_line::Engine;
use crate::dbt::{CommandLine, DbtArgs, DbtProcess, read_artifact, read_manifest};
use crate::dbt_retry::original_line;
use crate::heal::{HealPolicy, back_off, merged_results, selected_results};
use crate::model::{Level, StopCause};
use crate::outcome::Error;
use crate::request::Request;
use crate::track::{HealRound, ProcessEnd, names};

/// The commands whose nodes can run again.
const COMMANDS: [&str; 5] = ["build", "run", "seed", "snapshot", "test"];
/// The flags of dbt that choose nodes, or a state.
const SELECTING: [&str; 7] = [
    "--select",
    "--exclude",
    "--selector",
    "--resource-types",
    "--exclude-resource-types",
    "--indirect-selection",
    "--state",
];
const RESULTS: &str = "run_results.json";

/// What may run again in this run. Warns if healing is asked for and cannot be done.
pub(super) fn policy(attempt: Attempt<'_>, prepared: &Prepared) -> HealPolicy {
    let request = attempt.request;
    let policy = request.heal.clone();
    let command = original(request, prepared).command();
    let obstacle = match prepared.capabilities.engine {
        _ if policy.rounds == 0 => return policy,
        Engine::Fusion => "dbt 2 cannot run the nodes of given results".to_owned(),
        Engine::Core if COMMANDS.contains(&command.as_str()) => return policy,
        Engine::Core => format!("it is for {}", COMMANDS.join(", ")),
    };
    attempt.observer.on_warning(&format!(
        "failed nodes do not run again (--heal): {obstacle}"
    ));
    HealPolicy::default()
}

fn original(request: &Request, prepared: &Prepared) -> CommandLine {
    original_line(request, prepared.guard.as_ref())
}

/// What a round runs.
struct Round {
    nodes: HealRound,
    line: CommandLine,
    /// The results before the round, and the folder with those that select its nodes; `None` if the whole command runs again.
    results: Option<(Value, TempDir)>,
}

impl Recorded {
    /// Runs dbt again as long as nodes failed that may succeed now, and the user allows it.
    pub(super) async fn heal(self, attempt: Attempt<'_>) -> Result<Self, Error> {
        let mut recorded = self;
        while recorded.stopped.is_none()
            && let Some(round) = recorded.next_round(attempt)
        {
            recorded.recorder.log(Level::Warning, round.text());
            recorded = match pause(attempt, round.nodes.number).await {
                Ok(()) => recorded.run_round(round, attempt).await?,
                Err(cause) => {
                    recorded.recorder.on_stop(cause);
                    recorded.stopped = Some(recorded.session.supervision.explain(cause).await);
                    recorded
                }
            };
        }
        let has_failed = recorded.end.exit_code == Some(1) && recorded.stopped.is_none();
        if has_failed && recorded.recorder.tracker.is_heal_refused() {
            let line = "Failed nodes do not run again (--heal): the project has on-run-start or on-run-end hooks, which would \
                run again, too; --heal-hooks allows that";
            recorded.recorder.log(Level::Warning, line.to_owned());
        }
        Ok(recorded)
    }

    /// The next round, if there is one and it can be prepared.
    fn next_round(&mut self, attempt: Attempt<'_>) -> Option<Round> {
        let nodes = self.recorder.next_round(&self.end)?;
        if nodes.is_whole {
            let line = self.prepared.args.passed.clone();
            return Some(Round {
                nodes,
                line,
                results: None,
            });
        }
        let prepared = self.results_of_run().and_then(|before| {
            let ids = nodes.failed.iter().chain(&nodes.skipped);
            let selected = selected_results(&before, ids.map(String::as_str));
            let dir = tempfile::Builder::new()
                .prefix("prefect-dbt-heal-")
                .tempdir();
            let dir = dir.map_err(|error| error.to_string())?;
            write(&dir.path().join(RESULTS), &selected)?;
            Ok((before, dir))
        });
        match prepared {
            Ok((before, dir)) => {
                let original = DbtArgs::of(&original(attempt.request, &self.prepared)).passed;
                let line = line_of_round(&original, dir.path(), self.prepared.state());
                Some(Round {
                    nodes,
                    line,
                    results: Some((before, dir)),
                })
            }
            Err(problem) => {
                let line = format!("Failed nodes do not run again (--heal): {problem}");
                self.recorder.log(Level::Warning, line);
                None
            }
        }
    }

    /// The results that dbt has written in its last invocation.
    fn results_of_run(&self) -> Result<Value, String> {
        let path = self.prepared.project.target.join(RESULTS);
        let results = read(&path)?;
        let theirs = results["metadata"]["invocation_id"].as_str();
        match theirs.is_some() && theirs == self.recorder.tracker.invocation_id() {
            true => Ok(results),
            false => Err(format!(
                "{} is of another invocation of dbt",
                path.display()
            )),
        }
    }

    /// Runs dbt once more, and joins its results with those before.
    async fn run_round(self, round: Round, attempt: Attempt<'_>) -> Result<Self, Error> {
        let Self {
            session,
            mut prepared,
            lock,
            mut recorder,
            end,
            ..
        } = self;
        prepared.args.passed = round.line;
        if round.results.is_some() {
            // By a variable: not every command has the flag.
            prepared.flags = vec![("DBT_INDIRECT_SELECTION".to_owned(), "empty".to_owned())];
        }
        let handle = lock
            .as_ref()
            .and_then(|lock: &TargetLock| lock.handle().ok());
        let mut command = prepared.command(attempt.request, handle);
        let folder = round.results.as_ref().map(|(_, dir)| dir.path().to_owned());
        command.aftercare.folders.extend(folder);
        let process = match DbtProcess::start(command) {
            Ok(process) => process,
            Err(error) => {
                let line =
                    format!("Failed nodes do not run again (--heal): cannot start dbt: {error}");
                recorder.log(Level::Warning, line);
                recorder.tracker.give_up_healing();
                return Ok(Self {
                    session,
                    prepared,
                    lock,
                    recorder,
                    end,
                    stopped: None,
                });
            }
        };
        recorder.tracker.begin_round();
        let followed = follow(process, recorder, &prepared, (attempt, Purpose::NONE)).await?;
        let (recorder, round_end, stopped) = followed;
        let stopped = explained(stopped, &round_end, &session).await;
        let mut recorded = Self {
            session,
            prepared,
            lock,
            recorder,
            end,
            stopped,
        };
        let is_whole = round.results.is_none();
        let has_results =
            is_whole || recorded.join_results(round.results.map(|(before, _)| before));
        recorded.recorder.tracker.end_round(has_results);
        let has_failures = recorded.recorder.tracker.has_failures();
        recorded.end = match recorded.stopped {
            None if !is_whole => end_of_run(end, round_end, has_failures),
            _ => round_end,
        };
        Ok(recorded)
    }

    /// Writes the results of the run: those before the round, replaced by those of the round. False if the round has none.
    fn join_results(&mut self, before: Option<Value>) -> bool {
        let (Some(before), Ok(round)) = (before, self.results_of_run()) else {
            return false;
        };
        let merged = merged_results(before, round);
        if let Err(problem) = write(&self.prepared.project.target.join(RESULTS), &merged) {
            let line = format!("run_results.json has only the nodes that ran again: {problem}");
            self.recorder.log(Level::Warning, line);
        }
        true
    }
}

impl Recorder {
    /// The nodes that run again, now that dbt has ended like this.
    fn next_round(&mut self, end: &ProcessEnd) -> Option<HealRound> {
        let round = match end.exit_code? {
            1 => self.tracker.next_round(&mut self.effects),
            // dbt could not begin.
            2 => self.tracker.whole_round(|id| {
                let manifest = read_manifest(&self.target, Some(id)).ok()?;
                manifest.metadata().adapter_type.clone()
            }),
            _ => None,
        };
        self.finish_effects();
        round
    }
}

impl Round {
    /// What is going to happen, for the log.
    fn text(&self) -> String {
        let HealRound {
            number,
            failed,
            skipped,
            reason,
            ..
        } = &self.nodes;
        let seconds = back_off(*number).as_secs();
        if let Some(reason) = reason {
            return format!(
                "Running dbt again in {seconds} s, because it could not begin ({reason}); round {number}"
            );
        }
        let failed: Vec<&str> = failed.iter().map(String::as_str).collect();
        let title =
            format!("Running nodes again in {seconds} s (round {number}) after transient failures");
        let below = match skipped.len() {
            0 => String::new(),
            count => format!("; and {count} that dbt skipped below them"),
        };
        names(&title, &failed).unwrap_or(title) + &below
    }
}

/// Waits before a round. A request to stop, or the end of the time that the attempt has, ends the wait.
async fn pause(attempt: Attempt<'_>, round: u32) -> Result<(), StopCause> {
    let due = Instant::now() + back_off(round);
    let deadline = attempt.deadline.filter(|deadline| *deadline < due);
    tokio::select! {
        biased;
        cause = attempt.stopper.stopped() => Err(cause),
        () = tokio::time::sleep_until(deadline.unwrap_or(due)) => match deadline {
            Some(_) => Err(StopCause::Timeout),
            None => Ok(()),
        },
    }
}

/// dbt's command line for the nodes of the results in `state`. The state of the user, from the line or from the environment,
/// stays what is deferred to.
fn line_of_round(line: &CommandLine, state: &Path, from_env: Option<String>) -> CommandLine {
    let of_user = line.value("--state").map(str::to_owned).or(from_env);
    let of_user = of_user.filter(|_| !line.has("--defer-state"));
    let mut line = line.clone();
    line.retain(|given| !SELECTING.contains(&given.flag.name));
    let mut words = vec![
        "--select=result:error".to_owned(),
        format!("--state={}", state.display()),
    ];
    words.extend(of_user.map(|state| format!("--defer-state={state}")));
    line.append(&words);
    line
}

/// How the run has ended after a round that ended like this.
fn end_of_run(before: ProcessEnd, round: ProcessEnd, has_failures: bool) -> ProcessEnd {
    match round.exit_code {
        Some(0) if has_failures => ProcessEnd {
            exit_code: Some(1),
            ..round
        },
        // Killed, or it ran nodes.
        None | Some(0 | 1) => round,
        // It could not run, for which the nodes have no other result than before.
        Some(_) => ProcessEnd {
            at: round.at,
            ..before
        },
    }
}

fn read(path: &Path) -> Result<Value, String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot read {}: {error}", path.display());
    let bytes = read_artifact(path).map_err(|error| failed(&error))?;
    serde_json::from_slice(&bytes).or_else(|error| match without_non_finite(&bytes) {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(&error)),
        None => Err(failed(&error)),
    })
}

/// Writes a file at once: a reader sees the old or the new one.
fn write(path: &Path, value: &Value) -> Result<(), String> {
    let part = path.with_extension("json.part");
    let text = value.to_string();
    let written = std::fs::write(&part, text).and_then(|()| std::fs::rename(&part, path));
    written.map_err(|error| format!("cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn line(text: &str, from_env: Option<&str>) -> String {
        let words: Vec<&str> = text.split(' ').collect();
        let line = CommandLine::parse(&words);
        let from_env = from_env.map(str::to_owned);
        line_of_round(&line, Path::new("/tmp/s"), from_env)
            .to_words()
            .join(" ")
    }

    #[test]
    fn the_line_of_a_round_selects_by_its_results_alone() {
        assert_eq!(
            line(
                "build -s a+ --exclude b --resource-type model --full-refresh",
                None
            ),
            "build --full-refresh --select=result:error --state=/tmp/s"
        );
        assert_eq!(
            line(
                "--no-use-colors test --selector x --indirect-selection cautious --vars {a:1}",
                None
            ),
            "--no-use-colors test --vars {a:1} --select=result:error --state=/tmp/s"
        );
    }

    #[test]
    fn the_state_of_the_user_is_still_deferred_to() {
        let ours = "--select=result:error --state=/tmp/s";
        let deferred = format!("run --defer {ours} --defer-state=prod");
        assert_eq!(line("run --defer --state prod", None), deferred);
        assert_eq!(line("run --defer", Some("prod")), deferred);
        let own = format!("run --defer-state other {ours}");
        assert_eq!(line("run --state prod --defer-state other", None), own);
    }

    #[test]
    fn a_round_that_could_not_run_does_not_change_how_the_run_ended() {
        let exited = |code| ProcessEnd::exited(code, Timestamp::UNIX_EPOCH);
        let killed = ProcessEnd::killed(9, Timestamp::UNIX_EPOCH);
        for (round, has_failures, expected) in [
            (exited(0), false, exited(0)),
            (exited(0), true, exited(1)),
            (exited(1), true, exited(1)),
            (exited(2), true, exited(1)),
            (killed, true, killed),
        ] {
            assert_eq!(end_of_run(exited(1), round, has_failures), expected);
        }
    }
}
