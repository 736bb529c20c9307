//! Each top-level module of `crates/runner` has a floor and uses only modules on lower floors.

use std::collections::BTreeMap;
use std::path::Path;

use super::report::Report;
use super::source::Tree;
use super::uses::Crate;

const SOURCES: &str = "crates/runner/src";

/// Every top-level module with its floor. The modules of `prefect/` have a floor each.
const FLOORS: &[(u8, &str)] = &[
    (1, "heal"),
    (1, "model"),
    (2, "dbt"),
    (2, "ledger"),
    (2, "prefect/flow_run"),
    (2, "store"),
    (2, "track"),
    (3, "observe"),
    (3, "parameters"),
    (3, "prefect/control"),
    (3, "prefect/lock"),
    (3, "prefect/translate"),
    (3, "selection"),
    (4, "console"),
    (4, "history"),
    (4, "prefect/delivery"),
    (4, "request"),
    (5, "dbt_retry"),
    (5, "deploy"),
    (5, "page"),
    (5, "plan"),
    (5, "profiles"),
    (6, "outcome"),
    (6, "replay"),
    (6, "sweep"),
    (7, "doctor"),
    (7, "engine"),
    (8, "hooks"),
    (9, "retry"),
    (10, "api"),
    (10, "cli"),
];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    check_floors(tree, FLOORS, report);
}

fn check_floors(tree: &Tree, table: &[(u8, &str)], report: &mut Report) {
    let root = Path::new(SOURCES);
    let runner = Crate::read(tree, root);
    let floors: BTreeMap<&str, u8> = table
        .iter()
        .map(|(floor, module)| (*module, *floor))
        .collect();
    for module in &runner.modules {
        if !floors.contains_key(module.as_str()) {
            let problem =
                "this module is on no floor: add it to the table in xtask/src/tidy/floors.rs";
            report.of(&root.join(module), problem);
        }
    }
    for module in floors
        .keys()
        .filter(|module| !runner.modules.contains(**module))
    {
        let problem =
            "this module does not exist: remove it from the table in xtask/src/tidy/floors.rs";
        report.of(&root.join(module), problem);
    }
    for (found, to) in runner.edges() {
        let from = found.from.as_str();
        let (Some(here), Some(there)) = (floors.get(from), floors.get(to)) else {
            continue;
        };
        if there >= here {
            let problem = format!(
                "`{from}` (floor {here}) uses `{to}` (floor {there}), but a module may use only lower floors: \
                 move what both need to a lower module, or pass it in from above"
            );
            report.at(&found.file, found.line, &problem);
        }
    }
    for found in runner.uses.iter().filter(|found| found.to.is_none()) {
        let path = found.path.join("::");
        let problem = format!(
            "`crate::{path}` is a name at the root of the crate: name the module that defines it"
        );
        report.at(&found.file, found.line, &problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[(u8, &str)] = &[(1, "low"), (2, "left"), (2, "right"), (3, "prefect/top")];

    /// What the rule finds when `left.rs` has this text.
    fn findings(left: &str) -> Vec<String> {
        let files = [
            ("lib.rs", "pub use prefect::top::X;\nuse crate::left::A;"),
            ("low/mod.rs", "mod a;"),
            ("low/a.rs", "use super::B;"),
            ("left.rs", left),
            ("right.rs", "use crate::low::A;"),
            ("prefect/mod.rs", "pub mod top;"),
            ("prefect/top.rs", "use crate::{left::A, right};"),
        ];
        let files = files.map(|(path, text)| (format!("{SOURCES}/{path}"), text));
        let tree = Tree::of(files.iter().map(|(path, text)| (path.as_str(), *text)));
        let mut report = Report::default();
        check_floors(&tree, TABLE, &mut report);
        report.into_findings()
    }

    #[test]
    fn a_use_of_a_higher_floor_is_reported() {
        let found = findings("//! Left.\nuse crate::{low::{A, B}, prefect::top::{C, D}};");
        assert_eq!(found.len(), 1);
        let start = "crates/runner/src/left.rs:2: `left` (floor 2) uses `prefect/top` (floor 3)";
        assert!(found[0].starts_with(start), "{found:?}");
        assert_eq!(findings("fn f() { super::prefect::top::g() }").len(), 1);
    }

    #[test]
    fn a_use_of_the_same_floor_is_reported() {
        let found = findings("fn f() { crate::right::g() }");
        assert_eq!(found.len(), 1);
        assert!(
            found[0].contains("`left` (floor 2) uses `right` (floor 2)"),
            "{found:?}"
        );
    }

    #[test]
    fn uses_of_lower_floors_and_of_the_module_itself_are_allowed() {
        assert!(
            findings("use crate::low::A;\nuse crate::left::B;\npub(in crate::left) fn f() {}")
                .is_empty()
        );
        assert!(findings("#[cfg(test)]\nmod tests {\n use crate::prefect::top::A;\n}").is_empty());
        assert!(findings("// crate::right\nconst A: &str = \"crate::right\";").is_empty());
    }

    #[test]
    fn names_at_the_root_are_reported() {
        for path in [
            "crate::Error",
            "crate::prefect::Error",
            "crate::prefect",
            "crate::*",
        ] {
            let found = findings(&format!("use {path};"));
            assert!(
                found.len() == 1 && found[0].contains(&format!("`{path}`")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn the_table_lists_the_modules_that_exist() {
        let tree = Tree::of([
            ("crates/runner/src/left.rs", ""),
            ("crates/runner/src/other/mod.rs", ""),
        ]);
        let mut report = Report::default();
        check_floors(&tree, &[(1, "left"), (1, "gone")], &mut report);
        let found = report.into_findings();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("crates/runner/src/gone: this module does not exist"));
        assert!(found[1].starts_with("crates/runner/src/other: this module is on no floor"));
    }
}
