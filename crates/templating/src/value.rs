//! The value of a reference: a tree like JSON, in which secret leaves are marked.

use serde_json::{Number, Value as Json};

use crate::error::ErrorKind;
use crate::reference::{PathStep, Reference, Source};
use crate::resolver::{Block, Resolver};

/// A value. It has no `Debug`, because it may contain secrets.
#[derive(Clone)]
pub(crate) enum Node {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    /// A secret leaf. `path` leads to it from the reference, in the spelling of references.
    Secret {
        text: String,
        path: String,
    },
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

impl Node {
    pub(crate) fn holds_secret(&self) -> bool {
        match self {
            Self::Secret { .. } => true,
            Self::List(items) => items.iter().any(Self::holds_secret),
            Self::Map(entries) => entries.iter().any(|(_, value)| value.holds_secret()),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::Text(_) => false,
        }
    }

    /// The value as JSON, with asterisks in place of secrets.
    pub(crate) fn masked(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Number(value) => Json::Number(value.clone()),
            Self::Text(value) => Json::String(value.clone()),
            Self::Secret { .. } => Json::String("********".to_owned()),
            Self::List(items) => items.iter().map(Self::masked).collect(),
            Self::Map(entries) => entries
                .iter()
                .map(|(key, value)| (key.clone(), value.masked()))
                .collect(),
        }
    }

    /// The text of a scalar within a longer text, as Python's `str` writes it.
    pub(crate) fn to_text(&self) -> Result<String, ErrorKind> {
        match self {
            Self::Null => Ok("None".to_owned()),
            Self::Bool(true) => Ok("True".to_owned()),
            Self::Bool(false) => Ok("False".to_owned()),
            Self::Number(value) => Ok(python_number(value)),
            Self::Text(value) | Self::Secret { text: value, .. } => Ok(value.clone()),
            Self::List(_) => Err(ErrorKind::NotText { kind: "a list" }),
            Self::Map(_) => Err(ErrorKind::NotText { kind: "an object" }),
        }
    }
}

/// A number as Python writes it: an exponent has a sign and at least two digits.
pub(crate) fn python_number(number: &Number) -> String {
    let Some(float) = number.as_f64().filter(|_| number.is_f64()) else {
        return number.to_string();
    };
    let text = format!("{float:?}");
    match text.split_once('e') {
        Some((mantissa, exponent)) => {
            let (sign, digits) = exponent
                .strip_prefix('-')
                .map_or(('+', exponent), |digits| ('-', digits));
            format!("{mantissa}e{sign}{digits:0>2}")
        }
        None => text,
    }
}

/// Looks up a reference, by Prefect's rules: a block whose only field is `value` stands for that value, unless the path
/// names the field; a key that is a number indexes a list.
pub(crate) fn resolve(reference: &Reference, resolver: &dyn Resolver) -> Result<Node, ErrorKind> {
    match &reference.source {
        Source::Variable { name } => {
            let data = resolver
                .variable(name)
                .ok_or_else(|| ErrorKind::MissingVariable {
                    name: name.clone(),
                    known: resolver.known_variables(),
                })?;
            Walk {
                reference,
                block: None,
                at: Vec::new(),
            }
            .resolve(data)
        }
        Source::Block { type_slug, name } => {
            let block = resolver
                .block(type_slug, name)
                .ok_or_else(|| ErrorKind::MissingBlock {
                    type_slug: type_slug.clone(),
                    name: name.clone(),
                    known: resolver.known_blocks(type_slug),
                })?;
            let mut walk = Walk {
                reference,
                block: Some(block),
                at: Vec::new(),
            };
            let named =
                matches!(reference.path.first(), Some(PathStep::Key(key)) if key == "value");
            let lone_value = match block.data() {
                Json::Object(fields) if fields.len() == 1 && !named => fields.get("value"),
                _ => None,
            };
            if lone_value.is_some() {
                walk.at.push(Some("value".to_owned()));
            }
            walk.resolve(lone_value.unwrap_or_else(|| block.data()))
        }
    }
}

struct Walk<'a> {
    reference: &'a Reference,
    block: Option<&'a Block>,
    /// The path in the block's data so far; `None` is a position in a list.
    at: Vec<Option<String>>,
}

impl Walk<'_> {
    fn resolve(mut self, data: &Json) -> Result<Node, ErrorKind> {
        let mut data = data;
        for (depth, step) in self.reference.path.iter().enumerate() {
            data = self
                .step(data, step)
                .ok_or_else(|| self.missing(data, depth))?;
        }
        Ok(self.node(data, String::new()))
    }

    fn step<'d>(&mut self, data: &'d Json, step: &PathStep) -> Option<&'d Json> {
        let (found, at) = match (data, step) {
            (Json::Object(fields), PathStep::Key(key)) => (fields.get(key)?, Some(key.clone())),
            (Json::Array(items), PathStep::Index(index)) => (items.get(*index)?, None),
            (Json::Array(items), PathStep::Key(key)) => {
                (items.get(key.parse::<usize>().ok()?)?, None)
            }
            _ => return None,
        };
        self.at.push(at);
        Some(found)
    }

    fn missing(&self, data: &Json, depth: usize) -> ErrorKind {
        let within = Reference {
            source: self.reference.source.clone(),
            path: self.reference.path[..depth].to_vec(),
        };
        let known = match data {
            Json::Object(fields) => fields.keys().cloned().collect(),
            Json::Array(items) if !items.is_empty() => {
                vec![format!("[0] to [{}]", items.len() - 1)]
            }
            _ => Vec::new(),
        };
        let step = self.reference.path[depth]
            .to_string()
            .trim_start_matches('.')
            .to_owned();
        ErrorKind::MissingKey {
            within: within.to_string(),
            step,
            known,
        }
    }

    fn node(&mut self, data: &Json, path: String) -> Node {
        let secret = self.block.is_some_and(|block| block.is_secret(&self.at));
        match data {
            Json::Array(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    self.at.push(None);
                    list.push(self.node(item, format!("{path}[{index}]")));
                    self.at.pop();
                }
                Node::List(list)
            }
            Json::Object(fields) => {
                let mut map = Vec::with_capacity(fields.len());
                for (key, value) in fields {
                    self.at.push(Some(key.clone()));
                    map.push((key.clone(), self.node(value, format!("{path}.{key}"))));
                    self.at.pop();
                }
                Node::Map(map)
            }
            // Null is not secret, even where a secret is expected.
            Json::Null => Node::Null,
            Json::Bool(value) => leaf(Node::Bool(*value), secret, path),
            Json::Number(value) => leaf(Node::Number(value.clone()), secret, path),
            Json::String(value) => leaf(Node::Text(value.clone()), secret, path),
        }
    }
}

fn leaf(plain: Node, secret: bool, path: String) -> Node {
    if !secret {
        return plain;
    }
    let text = plain.to_text().unwrap_or_default();
    Node::Secret { text, path }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_in_python() {
        for (number, text) in [
            (1.0, "1.0"),
            (1e20, "1e+20"),
            (1.5e-7, "1.5e-07"),
            (0.1, "0.1"),
            (1e15, "1000000000000000.0"),
        ] {
            assert_eq!(
                python_number(&Number::from_f64(number).expect("finite")),
                text
            );
        }
        assert_eq!(python_number(&Number::from(-3)), "-3");
    }
}
