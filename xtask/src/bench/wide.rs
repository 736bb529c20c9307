//! A project of 5,000 models and 5,000 tests: layers of one-line models, each with a test.

use std::path::Path;

use anyhow::Result;

use crate::workspace;

const LAYERS: usize = 20;
const WIDTH: usize = 250;
/// One of this many models is tagged `critical`.
const CRITICAL: usize = 100;

/// Writes the project; it shares the profile of the demo project.
pub(super) fn generate(dir: &Path) -> Result<()> {
    fs_err::create_dir_all(dir.join("models"))?;
    let shop = workspace::testdata().join("projects/shop");
    fs_err::copy(shop.join("profiles.yml"), dir.join("profiles.yml"))?;
    fs_err::write(
        dir.join("dbt_project.yml"),
        "name: wide\nversion: \"1.0.0\"\nprofile: shop\n",
    )?;
    for layer in 0..LAYERS {
        let mut properties = "version: 2\nmodels:\n".to_owned();
        let folder = dir.join(format!("models/layer_{layer:02}"));
        fs_err::create_dir_all(&folder)?;
        for place in 0..WIDTH {
            let name = model(layer, place);
            fs_err::write(folder.join(format!("{name}.sql")), sql(layer, place))?;
            let tags = if (layer * WIDTH + place).is_multiple_of(CRITICAL) {
                "    config: {tags: [critical]}\n"
            } else {
                ""
            };
            properties.push_str(&format!(
                "  - name: {name}\n{tags}    columns:\n      - name: id\n        data_tests: [not_null]\n"
            ));
        }
        fs_err::write(folder.join("models.yml"), properties)?;
    }
    Ok(())
}

fn model(layer: usize, place: usize) -> String {
    format!("model_{layer:02}_{place:03}")
}

/// Every model but the lowest reads two of the layer below.
fn sql(layer: usize, place: usize) -> String {
    let Some(below) = layer.checked_sub(1) else {
        return "select 1 as id\n".to_owned();
    };
    let (first, second) = (model(below, place), model(below, (place * 7 + 3) % WIDTH));
    format!(
        "select id from {{{{ ref('{first}') }}}}\nunion\nselect id from {{{{ ref('{second}') }}}}\n"
    )
}
