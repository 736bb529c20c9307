//! Writes expressions in the syntax of the command line.
//!
//! Expressions that the command line cannot express (nested groups, typed values, their own modes) are written in a similar
//! form, for people. Any expression that was parsed from the command line is written as a text that parses to the same.

use std::fmt;

use serde_json::Value;

use crate::ast::{Criterion, Depth, Expr, Group, Operation};
use crate::parse::EXCLUDE;
use crate::span::Place;

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Criterion(criterion) => criterion.fmt(f),
            Self::Group(group) => group.fmt(f),
        }
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.operation, self.members.as_slice()) {
            (Operation::Difference, [included, excluded @ ..]) => {
                let mut words = terms(included);
                let excluded: Vec<String> = excluded.iter().flat_map(terms).collect();
                if words.is_empty() || !excluded.is_empty() {
                    words.push(EXCLUDE.to_owned());
                    words.extend(excluded);
                }
                f.write_str(&words.join(" "))
            }
            (Operation::Intersection, members) => join(f, members, ","),
            (_, members) => join(f, members, " "),
        }
    }
}

/// The words of one side of a difference. The default selection has none.
fn terms(side: &Expr) -> Vec<String> {
    match side {
        Expr::Group(Group {
            operation: Operation::Union,
            members,
            ..
        }) => members
            .iter()
            .filter(|member| !is_default(member))
            .map(nested)
            .collect(),
        other => vec![nested(other)],
    }
}

fn is_default(expr: &Expr) -> bool {
    match expr {
        Expr::Criterion(criterion) => criterion.origin.place == Place::Default,
        Expr::Group(group) => !group.members.is_empty() && group.members.iter().all(is_default),
    }
}

fn join(f: &mut fmt::Formatter<'_>, members: &[Expr], separator: &str) -> fmt::Result {
    let members: Vec<String> = members.iter().map(nested).collect();
    f.write_str(&members.join(separator))
}

/// A member of a group, in parentheses if the command line cannot nest it.
fn nested(expr: &Expr) -> String {
    match expr {
        Expr::Group(Group {
            operation: Operation::Union | Operation::Difference,
            ..
        }) => format!("({expr})"),
        _ => expr.to_string(),
    }
}

impl fmt::Display for Criterion {
    /// Leaves out the method if the text without it parses to the same criterion.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.spelled("");
        let reads_back = Criterion::parse(&short, self.mode).is_ok_and(|read| {
            Criterion {
                origin: self.origin.clone(),
                ..read
            } == *self
        });
        match reads_back && short != EXCLUDE {
            true => f.write_str(&short),
            false => f.write_str(&self.spelled(&format!("{}:", self.method))),
        }
    }
}

impl Criterion {
    fn spelled(&self, method: &str) -> String {
        let at = if self.childrens_parents { "@" } else { "" };
        let parents = self
            .parents
            .map_or(String::new(), |depth| format!("{depth}+"));
        let children = self
            .children
            .map_or(String::new(), |depth| format!("+{depth}"));
        let value = match &self.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        format!("{at}{parents}{method}{value}{children}")
    }
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unlimited => Ok(()),
            Self::Layers(layers) => layers.fmt(f),
        }
    }
}
