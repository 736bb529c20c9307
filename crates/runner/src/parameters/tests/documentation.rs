//! The table of docs/parameters.md is that of the code.

use std::path::Path;

use crate::dbt::command_line::Flag;
use crate::parameters::table::{Change, PARAMETERS, Parameter, Takes};

fn row(parameter: &Parameter) -> String {
    let Parameter {
        name, description, ..
    } = parameter;
    let flags = flags(parameter.change);
    format!(
        "| `{name}` | {} | {flags} | {description} |\n",
        value(parameter.change)
    )
}

fn value(change: Change) -> String {
    let texts = "text, or list of texts";
    match change {
        Change::Line => texts.to_owned(),
        Change::Command => "text".to_owned(),
        Change::Flag { takes, .. } => match takes {
            Takes::Words => texts.to_owned(),
            Takes::Text => "text".to_owned(),
            Takes::OneOf(words) => format!("`{}`", words.join("`, `")),
            Takes::Count => "whole number from 1".to_owned(),
            Takes::Object => "object, or text of YAML".to_owned(),
            Takes::Switch => "true or false".to_owned(),
        },
    }
}

fn flags(change: Change) -> String {
    match change {
        Change::Line => "all".to_owned(),
        Change::Command => "the command".to_owned(),
        Change::Flag {
            flag, displaces, ..
        } => {
            let mut all = vec![flag.to_owned()];
            for spelling in [&[flag], displaces]
                .concat()
                .into_iter()
                .flat_map(spellings)
            {
                if !all.contains(&spelling) {
                    all.push(spelling);
                }
            }
            format!("`{}`", all.join("` `"))
        }
    }
}

/// Every spelling of a flag.
fn spellings(name: &str) -> Vec<String> {
    let flag = Flag::named(name).expect("a flag of the table");
    let names = std::iter::once(flag.name).chain(flag.also.iter().copied());
    let mut all: Vec<String> = names.map(str::to_owned).collect();
    all.extend(flag.letters.chars().map(|letter| format!("-{letter}")));
    all.extend(Flag::negation(name).filter(|_| flag.negatable));
    all
}

#[test]
fn the_documentation_has_this_table() {
    let head = "| parameter | value | takes the place of | what it is for |\n|---|---|---|---|\n";
    let rows: String = PARAMETERS.iter().map(row).collect();
    let table = format!("{head}{rows}");
    let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/parameters.md");
    let page = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(
        page.contains(&table),
        "docs/parameters.md does not hold this table:\n\n{table}"
    );
}
