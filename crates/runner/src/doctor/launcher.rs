//! Says whether the launcher starts dbt.

use super::report::Check;
use crate::dbt::command_line::Engine;
use crate::dbt::{DbtVersion, NotLaunched};

const ID: &str = "launcher";

/// The check from the version of dbt, the reason for a plain start, if there is one, and the launcher's own note on a start
/// that it gave up.
pub(super) fn check(
    version: Option<&DbtVersion>,
    plain: Option<&NotLaunched>,
    note: &str,
) -> Check {
    let note = note.lines().next().unwrap_or_default();
    let is_dbt_2 = version.is_some_and(|version| version.engine() == Engine::Fusion);
    let why = match plain {
        None => note.to_owned(),
        Some(why) if is_dbt_2 && *why != NotLaunched::Off => "it is for dbt 1".to_owned(),
        Some(why) => why.to_string(),
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
        let finding = |plain, note| check(None, plain, note).finding;
        assert!(finding(None, "").starts_with("used: "));
        assert_eq!(finding(Some(&NotLaunched::Off), ""), "not used: it is off");
        assert_eq!(
            finding(None, "RuntimeError: unknown dbt\n"),
            "not used: RuntimeError: unknown dbt"
        );
        // What the executable of dbt 2 is does not matter.
        let dbt = NotLaunched::NotAScript("dbt".to_owned());
        let of = |version, plain| check(Some(&DbtVersion::new(version)), Some(plain), "").finding;
        assert_eq!(of("2.0.9", &dbt), "not used: it is for dbt 1");
        assert_eq!(of("2.0.9", &NotLaunched::Off), "not used: it is off");
        assert_eq!(of("1.11.16", &dbt), "not used: dbt is not a script");
    }
}
