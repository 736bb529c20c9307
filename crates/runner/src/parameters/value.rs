//! Reads the values of parameters.

use serde_json::Value;

use super::shell_words::split_words;
use super::table::{Change, Parameter, Takes};
use crate::dbt::command_line::{Flag, flag_with_value, is_command};

/// The change of the command line that a value asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Edit {
    /// Replace the whole command line.
    Line(Vec<String>),
    /// Replace the command.
    Command(Vec<String>),
    /// Replace the flag and the displaced ones by these words; without words, remove them. Flags have the names of the
    /// flag table.
    Flag {
        flag: &'static str,
        displaced: Vec<&'static str>,
        words: Vec<String>,
    },
}

/// The change that a value asks for; `None` for null and for a blank text, which forms send for an empty field.
///
/// # Errors
/// What is wrong with the value, to follow the parameter's name in a message.
pub(super) fn edit_for(parameter: &Parameter, value: &Value) -> Result<Option<Edit>, String> {
    if value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    Ok(Some(match parameter.change {
        Change::Line => Edit::Line(line(value)?),
        Change::Command => Edit::Command(command(value)?),
        Change::Flag {
            flag,
            displaces,
            takes,
        } => Edit::Flag {
            flag: Flag::named(flag).map_or(flag, |flag| flag.name),
            displaced: displaces.to_vec(),
            words: flag_words(flag, takes, value)?,
        },
    }))
}

fn line(value: &Value) -> Result<Vec<String>, String> {
    let words = match value {
        Value::String(text) => split_words(text).ok_or("has a quote that is not closed")?,
        _ => texts(value).ok_or_else(|| wrong("a text or a list of texts", value))?,
    };
    if words.is_empty() {
        return Err("is empty".to_owned());
    }
    Ok(words)
}

fn command(value: &Value) -> Result<Vec<String>, String> {
    let text = text(value)?;
    let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    match is_command(&words) {
        true => Ok(words),
        false => Err(format!("is `{text}`, which is not a dbt command")),
    }
}

/// The flag and its value, as words of the command line.
fn flag_words(flag: &str, takes: Takes, value: &Value) -> Result<Vec<String>, String> {
    let one = match takes {
        Takes::Words => {
            let words = selection(value)?;
            let flag = (!words.is_empty()).then(|| flag.to_owned());
            return Ok(flag.into_iter().chain(words).collect());
        }
        Takes::Switch => {
            let on = value
                .as_bool()
                .ok_or_else(|| wrong("true or false", value))?;
            let word = match on {
                true => Some(flag.to_owned()),
                false => Flag::negation(flag),
            };
            return Ok(word.into_iter().collect());
        }
        Takes::Text => text(value)?.to_owned(),
        Takes::OneOf(words) => {
            let text = text(value)?.to_ascii_lowercase();
            if !words.contains(&text.as_str()) {
                return Err(format!(
                    "is `{text}`, but must be one of {}",
                    words.join(", ")
                ));
            }
            text
        }
        Takes::Count => count(value)?.to_string(),
        Takes::Object => match value {
            Value::String(yaml) => yaml.clone(),
            Value::Object(_) => value.to_string(),
            _ => return Err(wrong("an object or YAML text", value)),
        },
    };
    Ok(flag_with_value(flag, &one))
}

/// The words of one or several texts; dbt splits texts at spaces.
fn selection(value: &Value) -> Result<Vec<String>, String> {
    let texts = texts(value).ok_or_else(|| wrong("a text or a list of texts", value))?;
    let words = texts.iter().flat_map(|text| text.split_whitespace());
    let words: Vec<String> = words.map(str::to_owned).collect();
    match words.iter().find(|word| word.starts_with('-')) {
        Some(word) => Err(format!("contains `{word}`, which dbt would read as a flag")),
        None => Ok(words),
    }
}

fn texts(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(text) => Some(vec![text.clone()]),
        Value::Array(items) => items
            .iter()
            .map(|item| item.as_str().map(str::to_owned))
            .collect(),
        _ => None,
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| wrong("a text", value))
}

/// A whole number from 1; in JSON it can also be written as `4.0`.
fn count(value: &Value) -> Result<u64, String> {
    let whole = |number: &f64| number.fract() == 0.0 && (1.0..1e9).contains(number);
    let number = value.as_f64().filter(whole);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number between 1 and a billion"
    )]
    number
        .map(|number| number as u64)
        .ok_or_else(|| wrong("a whole number from 1", value))
}

/// A message for a value of the wrong type. It does not contain the value, which may be long or secret.
fn wrong(wanted: &str, value: &Value) -> String {
    let given = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    match value {
        Value::Number(number) => format!("must be {wanted}, but is {number}"),
        _ => format!("must be {wanted}, but is {given}"),
    }
}
