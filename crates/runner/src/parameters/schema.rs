//! The JSON schema of the parameters.

use serde_json::{Map, Value, json};

use super::shell_words::join_words;
use super::table::{Change, PARAMETERS, Parameter, Takes};

/// The schema of the parameters of a deployment with this dbt command line, in the form that Prefect takes as
/// `parameter_openapi_schema` and makes the form of its run page of: that which a flow in Python with optional arguments
/// gets.
///
/// Nothing is required: null stands for what the command line says.
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
            format!("{} That is `{line}`.", parameter.description)
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

/// The kinds of values, the usual one first: forms offer that.
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
