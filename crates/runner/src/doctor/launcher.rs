//! Says whether the launcher starts dbt.

use super::report::Check;
use crate::dbt::NotLaunched;

const ID: &str = "launcher";

/// The check from the reason for a plain start, if there is one, and the launcher's own note on a start that it gave up.
pub(super) fn check(plain: Option<&NotLaunched>, note: &str) -> Check {
    let note = note.lines().next().unwrap_or_default();
    let why = match plain {
        Some(why) => why.to_string(),
        None => note.to_owned(),
    };
    let is_used = why.is_empty();
    let finding = match is_used {
        true => "used: dbt starts faster than by its console script".to_owned(),
        false => format!("not used: {why}"),
    };
    Check::ok(ID, finding).detail("used", is_used)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_is_named() {
        let finding = |plain, note| check(plain, note).finding;
        assert!(finding(None, "").starts_with("used: "));
        assert_eq!(finding(Some(&NotLaunched::Off), ""), "not used: it is off");
        assert_eq!(
            finding(None, "RuntimeError: unknown dbt\n"),
            "not used: RuntimeError: unknown dbt"
        );
    }
}
