use super::super::flag::{Engine, Flag, Kind, Minor};
use super::super::flag_table::FLAGS;

/// Whether one command of one engine takes both.
fn meet(one: &Flag, other: &Flag) -> bool {
    let both_engines = one.engine.is_none() || other.engine.is_none();
    let share = |command| other.commands.contains(command);
    (both_engines && one.engine != Some(Engine::Fusion) && other.engine != Some(Engine::Fusion)
        || one.engine == other.engine)
        && (one.commands.is_empty() || other.commands.is_empty() || one.commands.iter().any(share))
}

#[test]
fn a_name_means_one_flag_of_a_command() {
    for (at, one) in FLAGS.iter().enumerate() {
        for other in FLAGS[at + 1..].iter().filter(|other| meet(one, other)) {
            let names = |flag: &Flag| [&[flag.name], flag.also].concat();
            let shared = names(one)
                .into_iter()
                .find(|name| names(other).contains(name));
            assert_eq!(shared, None);
            let letter = one.letters.chars().find(|c| other.letters.contains(*c));
            assert_eq!(letter, None, "{} {}", one.name, other.name);
        }
    }
}

#[test]
fn rows_are_well_formed() {
    for flag in FLAGS {
        assert!(flag.name.starts_with("--"), "{}", flag.name);
        assert!(
            !flag.negatable || flag.kind == Kind::Switch,
            "{}",
            flag.name
        );
        let first = flag.since.unwrap_or(Minor(5));
        assert!(flag.until.is_none_or(|last| first < last), "{}", flag.name);
    }
}

#[test]
fn variables() {
    let variable = |name| Flag::by_name("build", name).unwrap().variable();
    assert_eq!(variable("--target").unwrap(), "DBT_TARGET");
    assert_eq!(variable("--resource-type").unwrap(), "DBT_RESOURCE_TYPES");
    assert_eq!(
        variable("--hints-enabled").unwrap(),
        "DBT_ENGINE_HINTS_ENABLED"
    );
    assert_eq!(variable("--vars"), None);
}

#[test]
fn switches_are_turned_off_where_dbt_knows_how() {
    assert_eq!(Flag::negation("--defer").unwrap(), "--no-defer");
    assert_eq!(
        Flag::negation("--not-known-yet").unwrap(),
        "--no-not-known-yet"
    );
    for name in ["--full-refresh", "--warn-error", "--show", "--upgrade"] {
        assert_eq!(Flag::negation(name), None, "{name}");
    }
}
