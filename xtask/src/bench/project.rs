//! A generated project: layers of small models, each with a test, over a few seeds.

use std::path::Path;

use anyhow::Result;

use crate::workspace;

const SEEDS: usize = 3;
const LAYERS: usize = 6;

/// Writes a project with `width` models in each layer; it shares the profile of the demo project.
pub(super) fn generate(dir: &Path, width: usize) -> Result<()> {
    for folder in ["models", "seeds"] {
        fs_err::create_dir_all(dir.join(folder))?;
    }
    let shop = workspace::testdata().join("projects/shop");
    fs_err::copy(shop.join("profiles.yml"), dir.join("profiles.yml"))?;
    let project = "name: layers\nversion: \"1.0.0\"\nprofile: shop\nmodels:\n  layers:\n    +materialized: table\n";
    fs_err::write(dir.join("dbt_project.yml"), project)?;
    for seed in 0..SEEDS {
        fs_err::write(dir.join(format!("seeds/seed_{seed}.csv")), "id\n1\n2\n3\n")?;
    }
    let mut properties = "version: 2\nmodels:\n".to_owned();
    for layer in 0..LAYERS {
        for place in 0..width {
            let name = model(layer, place);
            fs_err::write(
                dir.join(format!("models/{name}.sql")),
                sql(layer, place, width),
            )?;
            properties.push_str(&format!(
                "  - name: {name}\n    columns:\n      - name: id\n        data_tests: [not_null]\n"
            ));
        }
    }
    fs_err::write(dir.join("models/models.yml"), properties)?;
    Ok(())
}

fn model(layer: usize, place: usize) -> String {
    format!("model_{layer}_{place:02}")
}

/// The lowest layer reads a seed; every other model reads two models of the layer below.
fn sql(layer: usize, place: usize, width: usize) -> String {
    let Some(below) = layer.checked_sub(1) else {
        return format!("select id from {{{{ ref('seed_{}') }}}}\n", place % SEEDS);
    };
    let first = model(below, place);
    let second = model(below, (place * 7 + 3) % width);
    if first == second {
        return format!("select id from {{{{ ref('{first}') }}}}\n");
    }
    format!(
        "select id from {{{{ ref('{first}') }}}}\nunion\nselect id from {{{{ ref('{second}') }}}}\n"
    )
}
