//! The flags that `dbt retry` does not restore from the run that it retries.

use crate::dbt::CommandLine;

/// The flags that `dbt retry` (1.x) drops. It also drops the folders of the project, profiles.yml and artifacts, which a
/// retry gets as settings of the runner.
const DROPPED: [&str; 3] = ["--log-path", "--defer-state", "--warn-error"];

/// The environment variables, by name, that replace the dropped flags of a command line.
pub(crate) fn dropped_flags(line: &CommandLine) -> Vec<(String, String)> {
    let variables = DROPPED.iter().filter_map(|flag| line.as_variable(flag));
    variables.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_flag_becomes_a_variable() {
        let dropped = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            dropped_flags(&CommandLine::parse(&words))
        };
        let variables = dropped(
            "--log-path=l build --select x --defer --defer-state prod --warn-error --state s",
        );
        let expected = [
            ("DBT_LOG_PATH", "l"),
            ("DBT_DEFER_STATE", "prod"),
            ("DBT_WARN_ERROR", "1"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(variables, expected);
        let off = ("DBT_WARN_ERROR".to_owned(), "0".to_owned());
        assert_eq!(dropped("build --warn-error --no-warn-error"), [off]);
    }
}
