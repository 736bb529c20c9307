use std::fs;
use std::path::Path;

use super::*;
use crate::dbt::written_at;
use crate::hooks::schedule::project_files::may_have_changed;

const MANIFEST: &str = r#"{"metadata": {
    "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
    "generated_at": "2999-01-01T00:00:00Z", "invocation_id": "a"}}"#;

fn results(args: &str) -> RunResults {
    let text = format!(
        r#"{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/run-results/v6.json",
        "invocation_id": "a"}}, "results": [], "args": {args}}}"#
    );
    RunResults::from_slice(text.as_bytes()).unwrap()
}

fn flags(args: &[&str]) -> SelectionFlags {
    SelectionFlags::read(&crate::dbt::CommandLine::parse(args), |_| None)
}

fn fresh(root: &Path, manifest: &str, args: &str, flags: &SelectionFlags) -> bool {
    let manifest = Manifest::from_slice(manifest.as_bytes()).unwrap();
    let results = results(args);
    written_at(&manifest).is_some_and(|written| {
        has_same_settings(&manifest, &results, flags)
            && !may_have_changed(root, &root.join("target"), None, written)
    })
}

#[test]
fn a_manifest_is_out_of_date_after_changes_of_files_and_settings() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    fs::create_dir(root.join("models")).unwrap();
    fs::write(root.join("models/a.sql"), "select 1").unwrap();
    let plain = flags(&[]);
    assert!(fresh(root, MANIFEST, "{}", &plain));
    assert!(
        !fresh(root, &MANIFEST.replace("2999", "1999"), "{}", &plain),
        "files are newer"
    );
    assert!(
        !fresh(root, &MANIFEST.replace("\"a\"", "\"b\""), "{}", &plain),
        "another run's"
    );

    let with_vars = flags(&["--vars", "x: 1", "--target", "prod"]);
    assert!(!fresh(root, MANIFEST, "{}", &with_vars));
    assert!(fresh(
        root,
        MANIFEST,
        r#"{"vars": {"x": 1}, "target": "prod"}"#,
        &with_vars
    ));
    assert!(!fresh(root, MANIFEST, r#"{"target": "prod"}"#, &plain));

    fs::write(root.join("models/a.sql"), "select {{ env_var('X') }}").unwrap();
    assert!(!fresh(root, MANIFEST, "{}", &plain));
}
