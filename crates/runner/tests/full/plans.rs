//! `prefect-dbt plan` says which nodes dbt then runs, and at one thread in which order.

use std::path::Path;
use std::process::Command;

use super::variable;

#[test]
fn plans_are_what_dbt_runs() {
    let tool = "../../testdata/tools/plan_program.py";
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join(tool);
    let mut compare = Command::new(variable("PREFECT_DBT_TEST_PYTHON"));
    compare.arg(tool).arg(env!("CARGO_BIN_EXE_prefect-dbt"));
    for name in ["DBT_SEND_ANONYMOUS_USAGE_STATS", "DBT_ENGINE_HINTS_ENABLED"] {
        compare.env(name, "false");
    }
    let output = compare.output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout);
    println!("{said}");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
}
