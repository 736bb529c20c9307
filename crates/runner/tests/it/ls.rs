//! `prefect-dbt ls` on a small project.

use std::path::{Path, PathBuf};
use std::process::Command;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/ls")
}

/// Runs `ls` in the project's folder. Gives back the exit code, and what was printed to stdout and stderr.
fn ls_with(env: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DBT_") {
            command.env_remove(name);
        }
    }
    let output = command
        .arg("ls")
        .args(args)
        .envs(env.iter().copied())
        .current_dir(project())
        .output()
        .expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("it prints UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// The lines of a run that succeeds without a warning.
fn lines(args: &[&str]) -> Vec<String> {
    lines_with(&[], args)
}

fn lines_with(env: &[(&str, &str)], args: &[&str]) -> Vec<String> {
    let (code, out, err) = ls_with(env, args);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{args:?}");
    out.lines().map(str::to_owned).collect()
}

#[test]
fn everything_is_listed_by_default() {
    let expected = [
        "shop.orders",
        "shop.stg_orders",
        "source:shop.raw.payments",
        "shop.not_null_orders_id",
    ];
    assert_eq!(lines(&[]), expected);
    assert_eq!(
        lines(&["--output", "NAME"])[2..],
        ["raw.payments", "not_null_orders_id"]
    );
}

#[test]
fn flags_take_several_values() {
    let expected = ["shop.orders", "shop.stg_orders"];
    assert_eq!(
        lines(&["-s", "orders", "stg_orders", "--resource-type", "model"]),
        expected
    );
    assert_eq!(
        lines(&[
            "--select=orders",
            "stg_orders",
            "--exclude",
            "test_type:data"
        ]),
        expected
    );
    assert_eq!(lines(&["-m", "orders", "-m", "stg_orders"]), expected);
    assert_eq!(
        lines_with(
            &[("DBT_RESOURCE_TYPES", "model source")],
            &["--exclude", "orders"]
        ),
        ["shop.stg_orders", "source:shop.raw.payments"]
    );
}

#[test]
fn formats() {
    assert_eq!(
        lines(&[
            "-s",
            "orders",
            "--output",
            "json",
            "--output-keys",
            "name",
            "depends_on.nodes"
        ]),
        [
            r#"{"name": "orders", "depends_on.nodes": ["model.shop.stg_orders"]}"#,
            r#"{"name": "not_null_orders_id", "depends_on.nodes": ["model.shop.orders"]}"#,
        ]
    );
    assert_eq!(
        lines(&[
            "-s",
            "orders stg_orders",
            "--command",
            "run",
            "--output",
            "queue"
        ]),
        [concat!(
            r#"{"nodes":["model.shop.orders","model.shop.stg_orders"],"#,
            r#""edges":[["model.shop.stg_orders","model.shop.orders"]],"#,
            r#""scores":{"model.shop.orders":1,"model.shop.stg_orders":0}}"#,
        )]
    );
}

#[test]
fn selectors_are_rendered() {
    let nightly = ["shop.orders", "shop.stg_orders", "shop.not_null_orders_id"];
    assert_eq!(lines(&["--selector", "nightly"]), nightly);
    assert_eq!(lines(&["--selector", "by_var"]), ["shop.stg_orders"]);
    assert_eq!(
        lines(&["--selector", "by_target", "--target", "prod"]),
        ["shop.stg_orders"]
    );
    let env = [("SHOP_TARGET", "prod")];
    assert_eq!(
        lines_with(&env, &["--selector", "by_target"]),
        ["shop.stg_orders"]
    );
    let (code, out, _) = ls_with(&[], &["--selector", "by_target"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
}

#[test]
fn paths_and_states_are_relative_to_the_project() {
    assert_eq!(
        lines(&["-s", "models/orders.sql", "--indirect-selection", "empty"]),
        ["shop.orders"]
    );
    assert_eq!(
        lines(&["-s", "state:modified", "--state", "earlier"]),
        ["shop.orders", "shop.not_null_orders_id"]
    );
}

#[test]
fn a_manifest_is_enough() {
    let manifest = project().join("artifacts/manifest.json");
    let output = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
        .args(["ls", "-s", "path:models/stg_orders.sql", "--manifest"])
        .arg(manifest)
        .current_dir(std::env::temp_dir())
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        "shop.stg_orders\n"
    );
}

#[test]
fn nothing_selected_is_no_error() {
    let (code, out, err) = ls_with(&[], &["-s", "nobody", "tag:none"]);
    assert_eq!((code, out.as_str()), (Some(0), ""));
    insta::assert_snapshot!(err);
    let (_, _, err) = ls_with(&[], &["-s", "nobody", "--quiet"]);
    assert_eq!(err, "");
}

#[test]
fn mistakes_end_with_two_and_advice() {
    let cases: [&[&str]; 9] = [
        &["-s", "tags:nightly @orders+"],
        &["--selector", "weekly"],
        &["-s", "state:modified"],
        &["-m", "orders", "-s", "orders"],
        &["-m", "orders", "--resource-type", "model"],
        &["--resource-type", "MODEL"],
        &["--command", "deps"],
        &["--vars", "[1]"],
        &["--command", "run", "--resource-type", "model"],
    ];
    let errors = cases.map(|args| {
        let (code, out, err) = ls_with(&[], args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args:?}");
        format!("{}\n{err}", args.join(" "))
    });
    insta::assert_snapshot!(errors.join("\n"));
}

#[test]
fn the_help_describes_every_method() {
    let (code, help, _) = ls_with(&[], &["--help"]);
    assert_eq!(code, Some(0));
    for method in dbt_selector::MethodName::ALL {
        assert!(help.contains(&format!("`{method}:`")), "{method}");
    }
}

#[test]
fn a_manifest_of_a_newer_schema_is_read_with_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = dir.path().join("manifest.json");
    let text = std::fs::read_to_string(project().join("artifacts/manifest.json")).unwrap();
    let newer = text.replace("manifest/v12.json", "manifest/v13.json");
    assert_ne!(newer, text);
    std::fs::write(&manifest, newer).unwrap();
    let args = ["-s", "orders", "--manifest", manifest.to_str().unwrap()];
    let (code, out, err) = ls_with(&[], &args);
    assert_eq!(code, Some(0));
    assert_eq!(out, "shop.orders\nshop.not_null_orders_id\n");
    assert_eq!(
        err,
        "warning: manifest.json v13 is newer than this program knows, and is read as v12\n"
    );
}

#[test]
fn a_wrong_vars_is_an_error_even_if_no_selector_reads_it() {
    let manifest = project().join("artifacts/manifest.json");
    for vars in ["", "days", "[1]", "{1: 2}"] {
        let output = Command::new(env!("CARGO_BIN_EXE_prefect-dbt"))
            .args(["ls", "--vars", vars, "--manifest"])
            .arg(&manifest)
            .current_dir(std::env::temp_dir())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{vars}: {err}");
        assert!(err.contains("--vars is not a YAML mapping"), "{err}");
    }
}

#[test]
fn flags_of_dbt_that_change_no_list_are_taken() {
    let args = ["--no-use-colors", "--log-level", "debug", "-dx", "--defer"];
    assert_eq!(lines(&args).len(), 4);
    let (code, out, _) = ls_with(&[], &["--version"]);
    assert_eq!(code, Some(0));
    assert!(out.starts_with("prefect-dbt "), "{out}");
}

#[test]
fn a_warning_is_an_error_if_that_is_asked_for() {
    for (env, args) in [
        (&[][..], &["-s", "nobody", "--warn-error"][..]),
        (&[("DBT_WARN_ERROR", "1")], &["-s", "nobody"]),
    ] {
        let (code, out, err) = ls_with(env, args);
        assert_eq!((code, out.as_str()), (Some(2), ""));
        assert!(err.contains("`nobody` matches no enabled node"), "{err}");
    }
}
