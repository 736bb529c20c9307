//! Runs `dbt parse`.

use std::sync::Arc;

use crate::dbt::CommandLine;
use crate::model::{Stopper, error_chain};
use crate::observe::Unobserved;
use crate::request::{Attempt, FlowChoice, Request};

/// Runs `dbt parse` with the flags that decide how the project is read. Neither shown nor reported to Prefect.
pub(crate) async fn parse_project(request: &Request, stopper: &Stopper) -> Result<(), String> {
    let journals = tempfile::tempdir().map_err(|error| error.to_string())?;
    let line = parse_line(request.original_line().clone());
    let mut parse = request.clone().with_args(line.to_words());
    parse.attempt = Attempt {
        invocation_id: request.attempt.invocation_id,
        ..Attempt::default()
    };
    parse.flow = FlowChoice {
        declined: true,
        ..FlowChoice::default()
    };
    parse.shared = None;
    parse.interpreter = request.interpreter.for_several();
    parse.journal_dir = Some(journals.path().to_path_buf());
    let outcome = Box::pin(super::run(parse, Arc::new(Unobserved), stopper.clone()))
        .await
        .map_err(|error| error_chain(&error))?;
    match outcome.success {
        true => Ok(()),
        false => Err(outcome
            .run
            .dbt_error
            .unwrap_or_else(|| "`dbt parse` failed".to_owned())),
    }
}

/// The flags that decide how dbt reads a project.
const PARSE_FLAGS: [&str; 8] = [
    "--vars",
    "--target",
    "--profile",
    "--project-dir",
    "--profiles-dir",
    "--target-path",
    "--log-path",
    "--packages-install-path",
];

/// `dbt parse` with the flags of a command line that decide how the project is read.
fn parse_line(mut line: CommandLine) -> CommandLine {
    line.reduce("parse", &PARSE_FLAGS);
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dbt_parse_gets_the_same_target() {
        for (line, wanted) in [
            ("build -tprod", "parse -tprod"),
            ("build -xtprod -s a b --vars {}", "parse -tprod --vars {}"),
            (
                "--target=dev build --threads 4 --profile p",
                "parse --target=dev --profile p",
            ),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let parsed = parse_line(CommandLine::parse(&words));
            assert_eq!(parsed.to_words().join(" "), wanted);
        }
    }
}
