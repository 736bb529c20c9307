//! Applies parameters to a dbt command line.

use serde_json::{Map, Value};

use super::error::{Mistake, ParameterError};
use super::table::{PARAMETERS, Parameter};
use super::value::{Edit, edit_for};
use crate::dbt::CommandLine;

/// Changes a dbt command line by the parameters of a flow run.
///
/// A parameter replaces its flag, in all spellings and with all values. A parameter that is missing, null or a blank text
/// does not change the flag; an empty list removes it. All other arguments stay, in their order.
///
/// # Errors
/// Everything that is wrong with the parameters.
pub fn apply(
    args: &[String],
    parameters: &Map<String, Value>,
) -> Result<Vec<String>, ParameterError> {
    let edits = edits(parameters)?;
    if edits.is_empty() {
        return Ok(args.to_vec());
    }
    let excludes = adds(&edits, "exclude");
    let line = edited(CommandLine::parse(args), edits);
    if excludes && line.has("--selector") {
        let mistake = Mistake::NoEffect {
            name: "exclude",
            instead: "the `--selector` of the command line",
        };
        return Err(ParameterError {
            mistakes: vec![mistake],
        });
    }
    Ok(line.to_words())
}

/// The changes that the parameters mean, in the order of the table.
///
/// # Errors
/// Everything that is wrong with the parameters by themselves.
fn edits(parameters: &Map<String, Value>) -> Result<Vec<(&'static str, Edit)>, ParameterError> {
    let mut mistakes = unknown(parameters);
    let mut edits = Vec::new();
    for parameter in PARAMETERS {
        let value = parameters.get(parameter.name);
        match value.map(|value| edit_for(parameter, value)) {
            None | Some(Ok(None)) => {}
            Some(Ok(Some(edit))) => edits.push((parameter.name, edit)),
            Some(Err(problem)) => mistakes.push(Mistake::Value {
                name: parameter.name,
                problem,
            }),
        }
    }
    mistakes.extend(without_effect(&edits));
    match mistakes.is_empty() {
        true => Ok(edits),
        false => Err(ParameterError { mistakes }),
    }
}

fn edited(mut line: CommandLine, edits: Vec<(&'static str, Edit)>) -> CommandLine {
    let given = given(&edits);
    for (_, edit) in edits {
        match edit {
            Edit::Line(words) => line = CommandLine::parse(&words),
            Edit::Command(words) => line.set_command(&words),
            Edit::Flag {
                flag,
                mut displaced,
                words,
            } => {
                // The flag of another parameter is replaced by that one, at its place.
                displaced.retain(|other| !given.contains(other));
                displaced.push(flag);
                line.replace(&displaced, &words);
            }
        }
    }
    line
}

fn unknown(parameters: &Map<String, Value>) -> Vec<Mistake> {
    let is_known = |name: &str| PARAMETERS.iter().any(|known| known.name == name);
    let unknown = parameters.keys().filter(|name| !is_known(name));
    unknown
        .map(|name| Mistake::Unknown {
            name: name.clone(),
            similar: similar(name),
        })
        .collect()
}

/// With a selector of selectors.yml, dbt ignores `--select` and `--exclude` silently.
fn without_effect(edits: &[(&'static str, Edit)]) -> Vec<Mistake> {
    if !adds(edits, "selector") {
        return Vec::new();
    }
    ["select", "exclude"]
        .into_iter()
        .filter(|name| adds(edits, name))
        .map(|name| Mistake::NoEffect {
            name,
            instead: "the parameter `selector`",
        })
        .collect()
}

/// The flags that parameters give a value.
fn given(edits: &[(&'static str, Edit)]) -> Vec<&'static str> {
    let flag = |(_, edit): &(_, Edit)| match edit {
        Edit::Flag { flag, words, .. } if !words.is_empty() => Some(*flag),
        _ => None,
    };
    edits.iter().filter_map(flag).collect()
}

/// Whether a parameter adds arguments to the command line.
fn adds(edits: &[(&'static str, Edit)], wanted: &str) -> bool {
    edits.iter().any(|(name, edit)| {
        *name == wanted && matches!(edit, Edit::Flag { words, .. } if !words.is_empty())
    })
}

/// The parameter with the most similar name, if one is similar enough.
fn similar(name: &str) -> Option<&'static str> {
    let wanted: Vec<char> = name
        .to_lowercase()
        .replace('-', "_")
        .chars()
        .take(40)
        .collect();
    let distance =
        |known: &Parameter| edit_distance(&wanted, &known.name.chars().collect::<Vec<_>>());
    let nearest = PARAMETERS.iter().min_by_key(|known| distance(known))?;
    (distance(nearest) <= nearest.name.len().min(wanted.len()) / 3).then_some(nearest.name)
}

/// The Levenshtein distance: the number of characters to add, remove or change.
fn edit_distance(from: &[char], to: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in to.iter().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}
