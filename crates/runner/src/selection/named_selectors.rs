//! The named selectors of a project.

use dbt_manifest::Manifest;
use dbt_selector::{Dialect, IndirectSelection, Selectors};
use serde_json::{Value, json};

/// The selectors of selectors.yml. They are read from the manifest, where dbt has rendered them.
///
/// # Errors
/// When a selector is wrong.
pub(crate) fn named_selectors(
    manifest: &Manifest,
    mode: IndirectSelection,
    dialect: Dialect,
) -> Result<Selectors, String> {
    let entries: Vec<Value> = manifest.selectors().values().cloned().collect();
    if entries.is_empty() {
        return Ok(Selectors::default());
    }
    // JSON is YAML.
    let text = json!({ "selectors": entries }).to_string();
    let unchanged = |text: &str| Ok(Value::from(text));
    Selectors::parse(&text, &unchanged, mode, dialect).map_err(|errors| errors.to_string())
}
