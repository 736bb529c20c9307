//! A program outside of the workspace with one dependency: `prefect-dbt`, without the command line.

use std::path::Path;
use std::process::Command;

use super::project::Finished;

/// It uses a type of each crate.
const PROGRAM: &str = r###"
use prefect_dbt::client::{Client, Settings};
use prefect_dbt::events::{Line, decode};
use prefect_dbt::manifest::Manifest;
use prefect_dbt::selector::{Context, Expr, IndirectSelection, SelectionGraph};
use prefect_dbt::templating::Template;
use prefect_dbt::{DbtHookContext, HookEvent, PrefectDbtRunner};

const MANIFEST: &str = r#"{
    "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
    "nodes": {
        "model.shop.a": {"resource_type": "model", "name": "a", "package_name": "shop", "fqn": ["shop", "a"]},
        "model.shop.b": {"resource_type": "model", "name": "b", "package_name": "shop", "fqn": ["shop", "b"],
            "depends_on": {"nodes": ["model.shop.a"]}}
    }
}"#;
const EVENT: &str = r#"{"info": {"name": "LogModelResult", "level": "info", "msg": "OK", "ts": "2026-01-01T00:00:00Z",
    "code": "Q012", "invocation_id": "", "pid": 1, "thread": ""}, "data": {}}"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new(&Settings::with_api_url("http://127.0.0.1:4200/api"))?;
    println!("api {}", client.api_url());

    let manifest = Manifest::from_slice(MANIFEST.as_bytes())?;
    let graph = SelectionGraph::new(&manifest);
    let selection = Expr::parse("a+", IndirectSelection::Eager)?;
    let selected = selection.compile(&graph, &Context::default())?.evaluate();
    println!("selected {}", selected.unique_ids().collect::<Vec<_>>().join(" "));

    let Line::Event(event) = decode(EVENT) else { return Err("no event".into()) };
    println!("event {} {}", event.raw_name(), event.message());

    let template = Template::parse("profiles.yml", "shop: {target: '{{ prefect.variables.target }}'}")?;
    println!("sources {}", template.sources().into_iter().count());

    let runner = PrefectDbtRunner::builder().client(client).build()?;
    runner.post_model().call(|_| {});
    println!("context {}", DbtHookContext::for_test(HookEvent::PostModel).node_id("model.shop.a").node_ids[0]);
    Ok(())
}
"###;

#[test]
fn a_program_needs_no_other_dependency() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let workspace = here.join("../..");
    let program = tempfile::tempdir().unwrap();
    let path = |name: &str| program.path().join(name);
    // The versions and the profile of the workspace, so that what it has built is used again.
    let manifest = format!(
        "[package]\nname = \"one-dependency\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\nprefect-dbt = {{ path = {here:?}, default-features = false }}\n\n\
         [profile.dev]\ndebug = \"line-tables-only\"\n"
    );
    fs_err::write(path("Cargo.toml"), manifest).unwrap();
    fs_err::copy(workspace.join("Cargo.lock"), path("Cargo.lock")).unwrap();
    fs_err::create_dir(path("src")).unwrap();
    fs_err::write(path("src/main.rs"), PROGRAM).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["run", "--quiet", "--offline"])
        .current_dir(program.path())
        .env("CARGO_TARGET_DIR", workspace.join("target"));
    let finished = Finished::of(&mut cargo);
    let expected = "api http://127.0.0.1:4200/api\nselected model.shop.a model.shop.b\nevent LogModelResult OK\n\
        sources 1\ncontext model.shop.a\n";
    assert_eq!(finished.exits_with(0).stdout, expected);
}
