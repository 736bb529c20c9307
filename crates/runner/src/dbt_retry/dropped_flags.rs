//! Flags that `dbt retry` does not restore from the run that it repeats.

/// Flags with a value, and the variables of dbt's that say the same.
const VALUED: [(&str, &str); 2] = [
    ("--log-path", "DBT_LOG_PATH"),
    ("--defer-state", "DBT_DEFER_STATE"),
];

/// The variables that stand for those flags of `args` that `dbt retry` (1.x) drops. Folders of project, profiles and target
/// are dropped, too; those are settings of ours.
pub(crate) fn lost_flags(args: &[String]) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let mut args = args
        .iter()
        .map(String::as_str)
        .take_while(|arg| *arg != "--");
    while let Some(arg) = args.next() {
        let (flag, inline) = match arg.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (arg, None),
        };
        let switch = match flag {
            "--warn-error" => Some("1"),
            "--no-warn-error" => Some("0"),
            _ => None,
        };
        if let Some(value) = switch {
            variables.push(("DBT_WARN_ERROR".to_owned(), value.to_owned()));
        } else if let Some((_, name)) = VALUED.iter().find(|(known, _)| *known == flag)
            && let Some(value) = inline.or_else(|| args.next())
        {
            variables.push(((*name).to_owned(), value.to_owned()));
        }
    }
    variables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_retry_drops_becomes_a_variable() {
        let args =
            "--log-path=l build --select x --defer --defer-state prod --warn-error --state s";
        let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
        let expected = [
            ("DBT_LOG_PATH", "l"),
            ("DBT_DEFER_STATE", "prod"),
            ("DBT_WARN_ERROR", "1"),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(lost_flags(&args), expected);
    }
}
