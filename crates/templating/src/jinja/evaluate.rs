//! Evaluates an expression that contains only values, operators and known filters.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, ErrorKind as JinjaErrorKind, UndefinedBehavior};
use serde_json::Number;

use crate::error::ErrorKind;
use crate::value::Node;

/// The result of an evaluation.
pub(crate) enum Outcome {
    /// The value of the expression.
    Value(Node),
    /// The expression uses something that only dbt has.
    LeftToDbt,
}

/// Functions of minijinja with the same meaning in dbt's Jinja.
const SHARED_FUNCTIONS: [&str; 2] = ["range", "dict"];

/// Evaluates `source`, in which `names` stand for values; `None` is undefined.
pub(crate) fn evaluate(
    source: &str,
    names: &[(String, Option<&Node>)],
) -> Result<Outcome, ErrorKind> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let Ok(expression) = environment.compile_expression(source) else {
        // dbt's Jinja may accept this syntax. If not, dbt reports it.
        return Ok(Outcome::LeftToDbt);
    };
    let is_known = |name: &String| {
        SHARED_FUNCTIONS.contains(&name.as_str()) || names.iter().any(|(known, _)| known == name)
    };
    if !expression.undeclared_variables(false).iter().all(is_known) {
        return Ok(Outcome::LeftToDbt);
    }
    let context = Value::from_pairs(
        names
            .iter()
            .filter_map(|(name, node)| Some((name.clone(), to_value((*node)?)))),
    );
    match expression.eval(context) {
        Ok(value) => from_value(&value).map(Outcome::Value),
        Err(error) => match error.kind() {
            JinjaErrorKind::UnknownFilter
            | JinjaErrorKind::UnknownTest
            | JinjaErrorKind::UnknownFunction
            | JinjaErrorKind::UnknownMethod => Ok(Outcome::LeftToDbt),
            kind => Err(ErrorKind::Expression {
                message: error
                    .detail()
                    .map_or_else(|| kind.to_string(), str::to_owned),
            }),
        },
    }
}

fn to_value(node: &Node) -> Value {
    match node {
        Node::Null => Value::from(()),
        Node::Bool(value) => Value::from(*value),
        Node::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => Value::from(integer),
            (None, Some(integer)) => Value::from(integer),
            (None, None) => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Node::Text(text) | Node::Secret { text, .. } => Value::from(text.clone()),
        Node::List(items) => Value::from(items.iter().map(to_value).collect::<Vec<_>>()),
        Node::Map(entries) => Value::from_pairs(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), to_value(value))),
        ),
    }
}

fn from_value(value: &Value) -> Result<Node, ErrorKind> {
    let refuse = |message: String| ErrorKind::Expression { message };
    match value.kind() {
        ValueKind::None => Ok(Node::Null),
        ValueKind::Bool => Ok(Node::Bool(value.is_true())),
        ValueKind::Number => number(value)
            .map(Node::Number)
            .ok_or_else(|| refuse("the result is a number that YAML cannot represent".to_owned())),
        ValueKind::String => Ok(Node::Text(value.as_str().unwrap_or_default().to_owned())),
        ValueKind::Seq | ValueKind::Iterable => {
            let items = value
                .try_iter()
                .map_err(|error| refuse(error.to_string()))?;
            items
                .map(|item| from_value(&item))
                .collect::<Result<_, _>>()
                .map(Node::List)
        }
        ValueKind::Map => {
            let keys = value
                .try_iter()
                .map_err(|error| refuse(error.to_string()))?;
            let entry = |key: Value| {
                let item = value
                    .get_item(&key)
                    .map_err(|error| refuse(error.to_string()))?;
                Ok((key.to_string(), from_value(&item)?))
            };
            keys.map(entry).collect::<Result<_, _>>().map(Node::Map)
        }
        ValueKind::Undefined => Err(refuse("the result is undefined".to_owned())),
        kind => Err(refuse(format!(
            "the result is of type {kind}, which YAML cannot represent"
        ))),
    }
}

fn number(value: &Value) -> Option<Number> {
    if value.is_integer() {
        let unsigned = || u64::try_from(value.clone()).ok().map(Number::from);
        value.as_i64().map(Number::from).or_else(unsigned)
    } else {
        Number::from_f64(f64::try_from(value.clone()).ok()?)
    }
}
