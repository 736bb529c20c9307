//! The JSON schema of the parameters, which Prefect's UI turns into a form.

use serde_json::{Map, Value, json};

use super::shell_words::join_words;
use super::table::{Change, PARAMETERS, Parameter, Takes};

/// The JSON schema of the parameters of a deployment with this dbt command line: its `parameter_openapi_schema`. It has the
/// shape of the schema of a Python flow with optional arguments.
///
/// No parameter is required: null means that the command line is not changed.
#[must_use]
pub fn schema(args: &[String]) -> Value {
    let properties: Map<String, Value> = PARAMETERS
        .iter()
        .enumerate()
        .map(|(position, parameter)| {
            let property = property(parameter, position, args);
            (parameter.name.to_owned(), property)
        })
        .collect();
    json!({
        "title": "Parameters",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "definitions": {},
    })
}

fn property(parameter: &Parameter, position: usize, args: &[String]) -> Value {
    let mut kinds = kinds(parameter.change);
    kinds.push(json!({ "type": "null" }));
    let description = match parameter.change {
        Change::Line => {
            let line = join_words(args);
            format!("{} Default: `{line}`.", parameter.description)
        }
        _ => parameter.description.to_owned(),
    };
    json!({
        "title": parameter.title,
        "description": description,
        "position": position,
        "default": null,
        "anyOf": kinds,
    })
}

/// The types of a value. The usual one is first: forms show that one.
fn kinds(change: Change) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": { "type": "string" } });
    match change {
        Change::Line => vec![text, texts],
        Change::Command => vec![text],
        Change::Flag { takes, .. } => match takes {
            Takes::Words => vec![text, texts],
            Takes::Text => vec![text],
            Takes::OneOf(words) => vec![json!({ "type": "string", "enum": words })],
            Takes::Count => vec![json!({ "type": "integer", "minimum": 1 })],
            Takes::Object => vec![
                json!({ "type": "object", "additionalProperties": true }),
                text,
            ],
            Takes::Switch => vec![json!({ "type": "boolean" })],
        },
    }
}
