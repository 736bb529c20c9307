//! Parses one definition of `selectors.yml` to an [`Expr`].

use serde_json::{Map, Value};

use super::selectors::{NamedSelector, mistake, wrong_type};
use crate::ast::{Criterion, Depth, Expr, IndirectSelection, Operation};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, YamlError};
use crate::method::{Method, MethodName};
use crate::parse::default_method;
use crate::span::Origin;

/// The mode of groups in `selectors.yml`: they add no tests to those of their members.
const GROUP_MODE: IndirectSelection = IndirectSelection::Eager;

/// Parses definitions one by one, and collects the errors.
pub(super) struct Definitions {
    mode: IndirectSelection,
    dialect: Dialect,
    /// The errors so far.
    pub(super) mistakes: Vec<Error>,
}

type Mapping = Map<String, Value>;

impl Definitions {
    pub(super) fn new(mode: IndirectSelection, dialect: Dialect, mistakes: Vec<Error>) -> Self {
        Self {
            mode,
            dialect,
            mistakes,
        }
    }

    /// The definition of the selector `name`, which may refer to the selectors `above`. `None` if it has errors.
    pub(super) fn parse(
        &mut self,
        name: &str,
        definition: &Value,
        above: &[NamedSelector],
    ) -> Option<Expr> {
        let path = format!("{name}.definition");
        let before = self.mistakes.len();
        if let Some(map) = definition.as_object() {
            self.check_alone(&path, map);
        }
        let parsed = Scope {
            parser: self,
            above,
        }
        .definition(&path, definition);
        parsed.filter(|_| self.mistakes.len() == before)
    }

    /// At the top of a definition, a set operation must be the only key.
    fn check_alone(&mut self, path: &str, map: &Mapping) {
        let operation = ["union", "intersection"]
            .into_iter()
            .find(|key| map.contains_key(*key));
        if let Some(operation) = operation.filter(|_| map.len() > 1) {
            let others = map
                .keys()
                .filter(|key| *key != operation)
                .cloned()
                .collect();
            self.mistakes
                .push(mistake(path, "", YamlError::NotAlone { operation, others }));
        }
    }
}

/// The definition being parsed, and the selectors that it may refer to.
struct Scope<'a> {
    parser: &'a mut Definitions,
    above: &'a [NamedSelector],
}

impl Scope<'_> {
    fn fail<T>(&mut self, path: &str, kind: YamlError) -> Option<T> {
        self.parser.mistakes.push(mistake(path, "", kind));
        None
    }

    fn definition(&mut self, path: &str, definition: &Value) -> Option<Expr> {
        match definition {
            Value::String(text) => self.text(path, text),
            Value::Object(map) => match (map.get("union"), map.get("intersection")) {
                (Some(members), _) => {
                    self.group(&format!("{path}.union"), Operation::Union, members)
                }
                (None, Some(members)) => self.group(
                    &format!("{path}.intersection"),
                    Operation::Intersection,
                    members,
                ),
                (None, None) => self.mapping(path, map),
            },
            other => {
                self.parser
                    .mistakes
                    .push(wrong_type(path, "text or a mapping", other));
                None
            }
        }
    }

    /// One criterion in the syntax of the command line, with operators. Spaces and commas are part of the value.
    fn text(&mut self, path: &str, text: &str) -> Option<Expr> {
        let origin = Origin::yaml(path, text);
        let parsed = Criterion::parse_at(origin.clone(), self.parser.mode);
        match parsed.and_then(|criterion| self.known_method(criterion)) {
            Ok(criterion) => Some(criterion.into()),
            Err(error) => {
                self.parser.mistakes.push(error);
                None
            }
        }
    }

    /// The criterion, unless this version of dbt does not have its method.
    fn known_method(&self, criterion: Criterion) -> Result<Criterion, Error> {
        let name = criterion.method.name;
        if name == MethodName::Selector && !self.parser.dialect.has_selector_method() {
            return Err(ErrorKind::UnknownMethod {
                name: name.to_string(),
            }
            .at(criterion.origin));
        }
        Ok(criterion)
    }

    /// A union or an intersection, without the nodes of the one entry with `exclude`.
    fn group(&mut self, path: &str, operation: Operation, members: &Value) -> Option<Expr> {
        let mut included = Vec::new();
        let mut excluded: Option<Expr> = None;
        let mut complete = true;
        for (index, member) in self.list(path, members)?.iter().enumerate() {
            let path = format!("{path}[{index}]");
            // dbt ignores the other keys of such an entry.
            if let Some(exclude) = member.get("exclude") {
                if excluded.is_some() {
                    return self.fail(&path, YamlError::SeveralExclusions);
                }
                excluded = self.exclusion(&path, exclude)?;
            } else if let Some(member) = self.definition(&path, member) {
                included.push(member);
            } else {
                complete = false;
            }
        }
        let group = match operation {
            Operation::Intersection => Expr::intersection(included, GROUP_MODE),
            _ => Expr::union(included, GROUP_MODE),
        };
        complete.then(|| without(group, excluded))
    }

    /// The nodes to exclude: `None` for an error, `Some(None)` for an empty list.
    fn exclusion(&mut self, path: &str, exclude: &Value) -> Option<Option<Expr>> {
        let path = format!("{path}.exclude");
        let items = self.list(&path, exclude)?;
        let parsed: Vec<Option<Expr>> = items
            .iter()
            .enumerate()
            .map(|(index, item)| self.definition(&format!("{path}[{index}]"), item))
            .collect();
        let mut parsed: Vec<Expr> = parsed.into_iter().collect::<Option<_>>()?;
        Some(match parsed.len() {
            0 | 1 => parsed.pop(),
            _ => Some(Expr::union(parsed, GROUP_MODE)),
        })
    }

    fn list<'v>(&mut self, path: &str, value: &'v Value) -> Option<&'v [Value]> {
        if let Value::Array(items) = value {
            return Some(items);
        }
        self.parser.mistakes.push(wrong_type(path, "a list", value));
        None
    }

    /// `{tag: nightly}`, or `method` and `value` with further keys.
    fn mapping(&mut self, path: &str, map: &Mapping) -> Option<Expr> {
        let mut single = map.iter();
        if let (Some((method, value)), None) = (single.next(), single.next()) {
            return self.criterion(path, Some(method), value, &Mapping::new());
        }
        let inherits =
            map.get("method").and_then(Value::as_str) == Some(MethodName::Selector.as_str());
        if inherits && !self.parser.dialect.has_selector_method() {
            return self.inherited(path, map.get("value").unwrap_or(&Value::Null));
        }
        let (Some(method), Some(value)) = (map.get("method"), map.get("value")) else {
            return self.fail(
                path,
                YamlError::Shape {
                    keys: map.keys().cloned().collect(),
                },
            );
        };
        let method = match method {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => {
                self.parser
                    .mistakes
                    .push(wrong_type(&format!("{path}.method"), "text", other));
                return None;
            }
        };
        let excluded = match map.get("exclude") {
            Some(exclude) => self.exclusion(path, exclude)?,
            None => None,
        };
        let criterion = self.criterion(path, method.map(String::as_str), value, map)?;
        Some(without(criterion, excluded))
    }

    /// `{method: selector, value: NAME}`: the definition of that selector. Further keys are ignored.
    fn inherited(&mut self, path: &str, name: &Value) -> Option<Expr> {
        let found = name
            .as_str()
            .and_then(|name| self.above.iter().find(|entry| entry.name == name));
        if let Some(entry) = found {
            return Some(entry.definition.clone());
        }
        let name = name
            .as_str()
            .map_or_else(|| name.to_string(), str::to_owned);
        let known = self.above.iter().map(|entry| entry.name.clone()).collect();
        self.fail(
            path,
            YamlError::UnknownSelector {
                name,
                above: true,
                known,
            },
        )
    }

    /// A criterion whose operators are the keys `flags`. Without `method`, the method follows from the form of the value.
    fn criterion(
        &mut self,
        path: &str,
        method: Option<&str>,
        value: &Value,
        flags: &Mapping,
    ) -> Option<Expr> {
        let parsed = self.try_criterion(path, method, value, flags);
        parsed
            .map_err(|error| self.parser.mistakes.push(error))
            .ok()
            .map(Expr::from)
    }

    fn try_criterion(
        &self,
        path: &str,
        method: Option<&str>,
        value: &Value,
        flags: &Mapping,
    ) -> Result<Criterion, Error> {
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let origin = Origin::yaml(path, &text);
        let method = match (method, value) {
            // dbt 2 takes an unknown method for none.
            (Some(name), Value::String(text))
                if self.parser.dialect >= Dialect::V2 && Method::parse(name).is_none() =>
            {
                default_method(text).into()
            }
            (Some(name), _) => Method::parse(name).ok_or_else(|| {
                let name = name.split('.').next().unwrap_or_default().to_owned();
                let origin = Origin::yaml(path, &name);
                ErrorKind::UnknownMethod { name }.at(origin)
            })?,
            (None, Value::String(text)) => default_method(text).into(),
            (None, other) => return Err(wrong_type(&format!("{path}.value"), "text", other)),
        };
        let flag = |key: &str| flags.get(key).is_some_and(is_truthy);
        let children_depth = depth(path, flags, "children_depth")?;
        let parents_depth = depth(path, flags, "parents_depth")?;
        let criterion = Criterion {
            method,
            value: value.clone(),
            childrens_parents: flag("childrens_parents"),
            parents: flag("parents").then_some(parents_depth),
            children: flag("children").then_some(children_depth),
            mode: self.mode(path, flags)?,
            origin,
        };
        if criterion.childrens_parents && criterion.children.is_some() {
            return Err(ErrorKind::AtWithChildren.at(criterion.origin));
        }
        self.known_method(criterion)
    }

    fn mode(&self, path: &str, flags: &Mapping) -> Result<IndirectSelection, Error> {
        let Some(value) = flags.get("indirect_selection") else {
            return Ok(self.parser.mode);
        };
        let mode = value.as_str().and_then(IndirectSelection::from_name);
        mode.ok_or_else(|| {
            let value = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            mistake(
                &format!("{path}.indirect_selection"),
                "",
                YamlError::Mode { value },
            )
        })
    }
}

fn without(from: Expr, excluded: Option<Expr>) -> Expr {
    match excluded {
        Some(excluded) => Expr::difference(from, excluded, GROUP_MODE),
        None => from,
    }
}

/// Python's `bool()` of the value: a text is true unless it is empty, even `"false"`.
pub(super) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(value) => *value,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(entries) => !entries.is_empty(),
    }
}

/// The number of layers at `key`, read like Python's `int`. Values that are false in Python, such as 0, set no limit.
fn depth(path: &str, flags: &Mapping, key: &str) -> Result<Depth, Error> {
    let Some(value) = flags.get(key).filter(|value| is_truthy(value)) else {
        return Ok(Depth::Unlimited);
    };
    let layers = match value {
        Value::Bool(_) => Some(1),
        Value::Number(number) => number.as_i64().or_else(|| number.as_f64().map(truncated)),
        Value::String(text) => python_integer(text),
        _ => None,
    };
    let layers = layers.ok_or_else(|| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        mistake(&format!("{path}.{key}"), "", YamlError::Depth { value })
    })?;
    Ok(Depth::Layers(
        u32::try_from(layers.max(0)).unwrap_or(u32::MAX),
    ))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "Python's int truncates as well, and `as` saturates"
)]
fn truncated(number: f64) -> i64 {
    number as i64
}

/// Python's `int()` of a text, which allows spaces around it, a sign, and single underscores between digits.
fn python_integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_number = digits
        .split('_')
        .all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let number = || {
        text.replace('_', "")
            .parse()
            .unwrap_or(if text.starts_with('-') {
                i64::MIN
            } else {
                i64::MAX
            })
    };
    is_number.then(number)
}
