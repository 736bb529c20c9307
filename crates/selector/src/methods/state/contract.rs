//! Contracts of models: whether they changed, and whether a change is a breaking one.

use std::collections::BTreeMap;
use std::time::SystemTime;

use dbt_manifest::Node;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::pair::{Pair, alike};

/// The difference between two versions of a contract.
pub(super) enum ContractChange {
    None,
    Harmless,
    /// The breaking changes, in words.
    Breaking(Vec<String>),
}

/// The parts of a model that belong to its contract.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Contract {
    enforced: Option<bool>,
    checksum: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Column {
    data_type: Option<String>,
    constraints: Option<Vec<Value>>,
}

struct Model {
    contract: Contract,
    columns: BTreeMap<String, Column>,
    constraints: Vec<Value>,
    materialized: String,
}

impl Model {
    fn read(node: &Node) -> Self {
        let fields = node.fields();
        Self {
            contract: fields.typed("contract").unwrap_or_default(),
            columns: fields.typed("columns").unwrap_or_default(),
            constraints: fields.typed("constraints").unwrap_or_default(),
            materialized: node
                .config
                .materialized
                .as_deref()
                .unwrap_or_default()
                .to_owned(),
        }
    }

    fn is_enforced(&self) -> bool {
        self.contract.enforced == Some(true)
    }

    /// Only tables and incremental models enforce constraints.
    fn enforces_constraints(&self) -> bool {
        matches!(self.materialized.as_str(), "table" | "incremental")
    }
}

/// Compares the contracts of one model in two manifests.
pub(super) fn compare(pair: &Pair<'_>, adapter: &str) -> ContractChange {
    let [new, old] = [pair.new, pair.old].map(Model::read);
    match (old.is_enforced(), new.is_enforced()) {
        (false, false) => return ContractChange::None,
        (false, true) => return ContractChange::Harmless,
        (true, true) if new.contract.checksum == old.contract.checksum => {
            return ContractChange::None;
        }
        (true, _) => {}
    }
    let mut changes = Vec::new();
    if !new.is_enforced() {
        changes.push("the contract is no longer enforced".to_owned());
    }
    for (name, column) in &old.columns {
        match new.columns.get(name) {
            None => changes.push(format!("column `{name}` was removed")),
            Some(now) => changes.extend(column_changes(
                name,
                column,
                now,
                old.enforces_constraints(),
                adapter,
            )),
        }
    }
    if old.enforces_constraints() {
        let lost = lost_constraints(&old.constraints, &new.constraints, adapter);
        changes.extend(lost.map(|kind| format!("the constraint `{kind}` was removed")));
    }
    let had_constraints =
        !old.constraints.is_empty() || old.columns.values().any(|c| !constraints(c).is_empty());
    if old.enforces_constraints() && !new.enforces_constraints() && had_constraints {
        changes.push(format!(
            "the materialization changed from `{}` to `{}`, which enforces no constraints",
            old.materialized, new.materialized
        ));
    }
    if changes.is_empty() {
        ContractChange::Harmless
    } else {
        ContractChange::Breaking(changes)
    }
}

fn column_changes(
    name: &str,
    old: &Column,
    new: &Column,
    is_table: bool,
    adapter: &str,
) -> Vec<String> {
    let mut changes = Vec::new();
    if base_type(old) != base_type(new) {
        let [old, new] = [old, new].map(|column| column.data_type.as_deref().unwrap_or("no type"));
        changes.push(format!(
            "the type of column `{name}` changed from {old} to {new}"
        ));
    }
    if is_table {
        let lost = lost_constraints(constraints(old), constraints(new), adapter);
        changes.extend(
            lost.map(|kind| format!("the constraint `{kind}` of column `{name}` was removed")),
        );
    }
    changes
}

fn constraints(column: &Column) -> &[Value] {
    column.constraints.as_deref().unwrap_or_default()
}

/// The type without length and precision. Changes of those are not breaking.
fn base_type(column: &Column) -> Option<String> {
    let text = column.data_type.as_deref()?;
    Some(
        text.split('(')
            .next()
            .unwrap_or_default()
            .trim()
            .to_lowercase(),
    )
}

/// The kinds of constraints that were removed and that the database enforced.
fn lost_constraints<'a>(
    old: &'a [Value],
    new: &'a [Value],
    adapter: &'a str,
) -> impl Iterator<Item = &'a str> {
    let gone = old
        .iter()
        .filter(|constraint| !new.iter().any(|kept| alike(kept, constraint)));
    let kinds = gone.filter_map(|constraint| constraint.get("type").and_then(Value::as_str));
    kinds.filter(move |kind| is_enforced_by(adapter, kind))
}

/// Whether a database enforces constraints of this kind, as dbt's adapters declare.
fn is_enforced_by(adapter: &str, kind: &str) -> bool {
    match (adapter, kind) {
        (_, "custom") | ("spark", _) => false,
        ("postgres" | "duckdb", _) | (_, "not_null") | ("databricks", "check") => true,
        _ => false,
    }
}

/// Why removing a model breaks its contract; `None` if it had none, or if its deprecation date has passed.
pub(super) fn removal(node: &Node, now: SystemTime) -> Option<&'static str> {
    if !Model::read(node).is_enforced() || is_past(node, now) {
        return None;
    }
    Some(if node.config.enabled {
        "the model was deleted or renamed"
    } else {
        "the model was disabled"
    })
}

/// Whether the deprecation date of the model has passed.
fn is_past(node: &Node, now: SystemTime) -> bool {
    let fields = node.fields();
    let date = fields
        .text("deprecation_date")
        .and_then(|text| instant(&text));
    date.zip(Timestamp::try_from(now).ok())
        .is_some_and(|(date, now)| date <= now)
}

/// Parses a time as Python prints it: a date, a date and a time, or those with a time zone.
fn instant(text: &str) -> Option<Timestamp> {
    let in_utc = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok();
    text.parse()
        .ok()
        .or_else(|| in_utc().map(|zoned| zoned.timestamp()))
}
