//! An image with a project, built as `docs/Dockerfile` says.

use std::path::Path;
use std::sync::OnceLock;

use super::container::docker;
use crate::variable;

pub(super) const BASE: &str = "model.shop.base";
pub(super) const SLOW: &str = "model.shop.slow";
pub(super) const BROKEN: &str = "model.shop.broken";
pub(super) const BELOW: &str = "model.shop.below";

/// Not `latest`, which a worker would pull.
const IMAGE: &str = "prefect-dbt-test:shop";

/// The variables decide how many seconds a query takes, how much memory another one takes, and whether a third one fails.
const FILES: [(&str, &str); 7] = [
    (
        "dbt_project.yml",
        "name: shop\nprofile: shop\nmodels:\n  +materialized: table\nvars: {slow: 0, millions: 0, broken: false}\n",
    ),
    (
        "profiles.yml",
        "shop: {target: dev, outputs: {dev: {type: duckdb, path: /tmp/shop.duckdb, threads: 2}}}\n",
    ),
    ("models/base.sql", "select 1 as id\n"),
    (
        "models/slow.sql",
        "select count(sleep_ms(1 + (x % 1)::int)) as n\n\
         from range({{ var('slow') * 1000 }}) as numbers(x), {{ ref('base') }}\n",
    ),
    (
        "models/greedy.sql",
        "{{ config(pre_hook=\"set memory_limit = '16GB'\") }}\n\
         select list(x)[1] as first from range({{ var('millions') * 1000000 + 1 }}) as numbers(x), {{ ref('base') }}\n",
    ),
    (
        "models/broken.sql",
        "select {{ 'no_column' if var('broken') else 'id' }} as id from {{ ref('base') }}\n",
    ),
    ("models/below.sql", "select * from {{ ref('broken') }}\n"),
];

/// The name of the image, which the first caller builds.
pub(super) fn image() -> &'static str {
    static BUILT: OnceLock<&str> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> &'static str {
    docker(&[
        "tag",
        &variable("PREFECT_DBT_TEST_DOCKER_IMAGE"),
        "dbt-runner",
    ]);
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("models")).expect("a folder");
    let steps = documented_steps();
    for (name, text) in FILES.iter().copied().chain([("Dockerfile", &*steps)]) {
        std::fs::write(folder.path().join(name), text).expect("it can be written");
    }
    let folder = folder.path().to_string_lossy();
    docker(&["build", "--network", "host", "--tag", IMAGE, &folder]);
    IMAGE
}

/// What `docs/Dockerfile` says about an image with a project.
fn documented_steps() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/Dockerfile");
    let text = std::fs::read_to_string(file).expect("it is there");
    let samples = text.lines().filter_map(|line| line.strip_prefix("#     "));
    let steps: Vec<&str> = samples
        .skip_while(|line| !line.starts_with("FROM "))
        .collect();
    assert_eq!(steps.first(), Some(&"FROM dbt-runner"));
    steps.join("\n")
}
