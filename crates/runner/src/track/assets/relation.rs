//! The parts of a relation's name.

use dbt_manifest::{Node, ResourceType};

/// How adapters quote a part of a name.
const QUOTES: [(&str, &str); 4] = [("", ""), ("\"", "\""), ("`", "`"), ("[", "]")];

/// The parts of `relation_name`, without the adapter's quotes. `known` are the parts as the manifest lists them
/// (database, schema, identifier; the name may omit some). In a name without quotes, only they distinguish a dot within
/// a part from a dot between parts. If they do not make up the name, its quotes decide.
#[must_use]
pub fn components(relation_name: &str, known: &[&str]) -> Vec<String> {
    let known: Vec<&str> = known
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    spelled(relation_name, &known)
        .map(|parts| parts.into_iter().map(str::to_owned).collect())
        .unwrap_or_else(|| split(relation_name))
}

/// The parts of the name of a node's relation; `None` if the node has no relation.
pub(super) fn of_node(node: &Node) -> Option<Vec<String>> {
    let name = node
        .relation_name
        .as_deref()
        .filter(|name| !name.is_empty())?;
    let identifier = match node.resource_type {
        ResourceType::Source => node.identifier.as_deref().unwrap_or(&node.name),
        _ => node.alias.as_deref().unwrap_or(&node.name),
    };
    let known = [
        node.database.as_deref().unwrap_or_default(),
        node.schema.as_deref().unwrap_or_default(),
        identifier,
    ];
    Some(components(name, &known))
}

/// The known parts that make up the name, in order, if they do.
fn spelled<'k>(name: &str, known: &[&'k str]) -> Option<Vec<&'k str>> {
    known.iter().enumerate().find_map(|(index, &part)| {
        QUOTES.iter().find_map(|(open, close)| {
            let rest = name
                .strip_prefix(open)?
                .strip_prefix(part)?
                .strip_prefix(close)?;
            if rest.is_empty() {
                return Some(vec![part]);
            }
            let mut parts = spelled(rest.strip_prefix('.')?, &known[index + 1..])?;
            parts.insert(0, part);
            Some(parts)
        })
    })
}

/// Splits a name at the dots outside of quotes. A doubled closing quote is a literal quote.
fn split(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut closing = None;
    let mut chars = name.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, closing) {
            (c, Some(close)) if c == close => {
                match chars.next_if_eq(&close) {
                    Some(quote) => push(&mut parts, quote),
                    None => closing = None,
                };
            }
            (c, Some(_)) => push(&mut parts, c),
            ('"' | '`', None) => closing = Some(c),
            ('[', None) => closing = Some(']'),
            ('.', None) => parts.push(String::new()),
            (c, None) => push(&mut parts, c),
        }
    }
    parts
}

fn push(parts: &mut [String], c: char) {
    if let Some(part) = parts.last_mut() {
        part.push(c);
    }
}
