//! A manifest without most of its text.

use std::sync::Arc;

use crate::fields::Fields;
use crate::manifest::Manifest;
use crate::node::Node;

impl Manifest {
    /// Drops the text of the file, which is most of the memory that a manifest needs, but for these fields of each node: as
    /// if dbt had written no others. [`Node::fields`] and all that reads it find only these. What is parsed up front stays.
    pub fn keep_fields(&mut self, names: &[&str]) {
        let disabled = self.disabled.values_mut().flatten();
        let mut nodes: Vec<&mut Node> = self.nodes.iter_mut().chain(disabled).collect();
        let mut kept = String::new();
        for node in &mut nodes {
            let offset = kept.len();
            write(&node.fields(), names, &mut kept);
            node.offset = offset;
        }
        kept.shrink_to_fit();
        let kept = Arc::new(kept);
        for node in nodes {
            node.text = Arc::clone(&kept);
        }
    }
}

/// Writes an object with the fields of these names.
fn write(fields: &Fields<'_>, names: &[&str], out: &mut String) {
    let found = names
        .iter()
        .filter_map(|name| Some((name, fields.get(name)?)));
    out.push('{');
    for (at, (name, value)) in found.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        out.extend([comma, "\"", name, "\":", value.get()]);
    }
    out.push('}');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_named_fields_are_kept() {
        let node = |code: &str| {
            json!({"resource_type": "model", "name": "a", "raw_sql": code, "description": "\"Ä\"", "columns": {},
                "config": {"materialized": "table"}})
        };
        let schema = "https://schemas.getdbt.com/dbt/manifest/v6.json";
        let text = json!({"metadata": {"dbt_schema_version": schema}, "nodes": {"model.p.a": node("a"), "model.p.b": node("b")},
            "disabled": {"model.p.c": [node("c")]}});
        let mut manifest = Manifest::from_slice(text.to_string().as_bytes()).unwrap();
        manifest.keep_fields(&["raw_code", "description", "meta"]);
        let kept = |node: &Node| node.as_json().to_owned();
        let expected = |code: &str| format!(r#"{{"raw_code":"{code}","description":"\"Ä\""}}"#);
        let nodes: Vec<String> = manifest.iter().map(kept).collect();
        assert_eq!(nodes, [expected("a"), expected("b")]);
        assert_eq!(kept(&manifest.disabled()["model.p.c"][0]), expected("c"));
        let first = manifest.get("model.p.a").unwrap();
        assert_eq!(first.description(), "\"Ä\"");
        assert_eq!(first.config.materialized.as_deref(), Some("table"));
        assert_eq!(first.code_size, 1);
        manifest.keep_fields(&[]);
        assert_eq!(manifest.get("model.p.b").map(Node::as_json), Some("{}"));
    }
}
