//! Parameters, applied.

use serde_json::{Map, Value};

use super::error::{Mistake, ParameterError};
use super::table::{PARAMETERS, Parameter};
use super::value::{Meaning, read};
use crate::dbt::CommandLine;

/// Changes dbt's command line as the parameters of a flow run ask.
///
/// A parameter takes the place of its flag, in all spellings and with all values; null, a blank text and a parameter
/// that is not there leave the flag as it is, and an empty list takes it away. The words of flags that nothing was
/// asked of stay, in their order.
///
/// # Errors
/// All that is wrong with the parameters.
pub fn apply(
    args: &[String],
    parameters: &Map<String, Value>,
) -> Result<Vec<String>, ParameterError> {
    let mut mistakes = unknown(parameters);
    let mut meanings = Vec::new();
    for parameter in PARAMETERS {
        match parameters
            .get(parameter.name)
            .map(|value| read(parameter, value))
        {
            None | Some(Ok(None)) => {}
            Some(Ok(Some(meaning))) => meanings.push((parameter.name, meaning)),
            Some(Err(problem)) => mistakes.push(Mistake::Value {
                name: parameter.name,
                problem,
            }),
        }
    }
    mistakes.extend(without_effect(&meanings));
    if !mistakes.is_empty() {
        return Err(ParameterError { mistakes });
    }
    if meanings.is_empty() {
        return Ok(args.to_vec());
    }
    let excludes = adds(&meanings, "exclude");
    let given = given(&meanings);
    let mut line = CommandLine::parse(args);
    for (_, meaning) in meanings {
        match meaning {
            Meaning::Line(words) => line = CommandLine::parse(&words),
            Meaning::Command(words) => line.set_command(&words),
            Meaning::Flag {
                flag,
                mut displaced,
                words,
            } => {
                // Another parameter puts its flag where it was.
                displaced.retain(|other| !given.contains(other));
                displaced.push(flag);
                line.replace(&displaced, &words);
            }
        }
    }
    if excludes && line.has("--selector") {
        let mistake = Mistake::NoEffect {
            name: "exclude",
            beside: "the `--selector` of the command line alone",
        };
        return Err(ParameterError {
            mistakes: vec![mistake],
        });
    }
    Ok(line.to_words())
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

/// Beside a selector of selectors.yml dbt passes over `--select` and `--exclude`, without a word.
fn without_effect(meanings: &[(&'static str, Meaning)]) -> Vec<Mistake> {
    if !adds(meanings, "selector") {
        return Vec::new();
    }
    ["select", "exclude"]
        .into_iter()
        .filter(|name| adds(meanings, name))
        .map(|name| Mistake::NoEffect {
            name,
            beside: "the parameter `selector` alone",
        })
        .collect()
}

/// The flags that parameters give a value.
fn given(meanings: &[(&'static str, Meaning)]) -> Vec<&'static str> {
    let flag = |(_, meaning): &(_, Meaning)| match meaning {
        Meaning::Flag { flag, words, .. } if !words.is_empty() => Some(*flag),
        _ => None,
    };
    meanings.iter().filter_map(flag).collect()
}

/// Whether a parameter adds words to the line.
fn adds(meanings: &[(&'static str, Meaning)], wanted: &str) -> bool {
    meanings.iter().any(|(name, meaning)| {
        *name == wanted && matches!(meaning, Meaning::Flag { words, .. } if !words.is_empty())
    })
}

/// The parameter whose name is the most like this one, if any is much like it.
fn similar(name: &str) -> Option<&'static str> {
    let wanted: Vec<char> = name
        .to_lowercase()
        .replace('-', "_")
        .chars()
        .take(40)
        .collect();
    let distance = |known: &Parameter| edits(&wanted, &known.name.chars().collect::<Vec<_>>());
    let nearest = PARAMETERS.iter().min_by_key(|known| distance(known))?;
    (distance(nearest) <= nearest.name.len().min(wanted.len()) / 3).then_some(nearest.name)
}

/// How many letters must be added, taken away or changed to make one word of another (Levenshtein).
fn edits(from: &[char], to: &[char]) -> usize {
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
