//! The text of a failed run, in the form of Prefect's Python package.

use super::failed;
use crate::model::NodeResult;
use crate::track::tracked_run::TrackedRun;

/// The commands of dbt that can fail without a node that failed.
const WITHOUT_NODES: [&str; 2] = ["run-operation", "debug"];

/// The text of a failed run: a headline with all of dbt's arguments, and a line for each failed node; dbt's own error
/// when no node failed. `None` when there is nothing to report.
#[must_use]
pub fn failure_text(args: &[String], run: &TrackedRun) -> Option<String> {
    let mut lines: Vec<String> = failed(run).map(|node| failure_line(&node.result)).collect();
    if lines.is_empty() {
        let error = run.dbt_error.as_deref()?;
        return Some(failure_without_nodes(args, run, error));
    }
    lines.insert(0, headline(args));
    Some(lines.join("\n"))
}

/// The text of a run that failed without a failed node: it says whether dbt could run at all.
pub(in crate::track) fn failure_without_nodes(
    args: &[String],
    run: &TrackedRun,
    why: &str,
) -> String {
    match reports_failures(args, run) {
        true => format!("{}\n{why}", headline(args)),
        false => format!("Failed to invoke dbt command '{}': {why}", args.join(" ")),
    }
}

/// Whether dbt ran and reports failures, rather than that it could not run. dbt 1 says so by its exit code: 1, and 2 if it
/// could not run. dbt 2 also ends with 1 after a usage error, of which there are no events, and after a parse error, which no
/// node of the run has; and with 2 if all is well but for warnings that count as failures.
pub(in crate::track) fn reports_failures(args: &[String], run: &TrackedRun) -> bool {
    if run.first_event.is_none() {
        return false;
    }
    let runs_no_node = || args.iter().any(|arg| WITHOUT_NODES.contains(&arg.as_str()));
    match run.end.exit_code {
        Some(1) => !run.is_dbt_2 || !run.nodes.is_empty() || runs_no_node(),
        Some(2) => run.is_dbt_2 && run.success == Some(true),
        _ => false,
    }
}

/// The headline of a failed run, in the Python runner's form.
#[must_use]
pub fn headline(args: &[String]) -> String {
    format!(
        "Failures detected during invocation of dbt command '{}':",
        args.join(" ")
    )
}

/// The line of a failed node, in the Python runner's form: `Test not_null_x failed with message: "Got 1 result"`.
#[must_use]
pub fn failure_line(result: &NodeResult) -> String {
    let message = result.message.as_deref().unwrap_or_default();
    let (kind, name) = (titled(&result.resource_type), &result.name);
    format!(
        "{kind} {name} {}ed with message: \"{message}\"",
        result.status
    )
}

/// A word as Python's `str.title` writes it: each sequence of letters starts with a capital.
fn titled(word: &str) -> String {
    let mut in_word = false;
    let title = |char: char| {
        let shown = if in_word {
            char.to_ascii_lowercase()
        } else {
            char.to_ascii_uppercase()
        };
        in_word = char.is_alphabetic();
        shown
    };
    word.chars().map(title).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(resource_type: &str, status: &str, message: &str) -> NodeResult {
        NodeResult {
            resource_type: resource_type.to_owned(),
            name: "x".to_owned(),
            status: status.into(),
            message: Some(message.to_owned()),
            ..NodeResult::default()
        }
    }

    #[test]
    fn failure_lines_have_the_python_runners_form() {
        let line = failure_line(&result(
            "test",
            "fail",
            "Got 1 result, configured to fail if != 0",
        ));
        assert_eq!(
            line,
            "Test x failed with message: \"Got 1 result, configured to fail if != 0\""
        );
        assert_eq!(
            failure_line(&result("unit_test", "error", "")),
            "Unit_Test x errored with message: \"\""
        );
        assert_eq!(
            headline(&["build".to_owned(), "--select".to_owned(), "x".to_owned()]),
            "Failures detected during invocation of dbt command 'build --select x':"
        );
    }
}
