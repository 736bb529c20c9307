//! The Jinja of `selectors.yml`, which dbt renders with `env_var`, `var` and `target`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use dbt_selector::RenderJinja;
use minijinja::value::{Kwargs, Rest, ValueKind};
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json};

use super::jinja_order;

/// Prefix of environment variables that are secrets. dbt does not allow them in selectors.
const SECRET_PREFIX: &str = "DBT_ENV_SECRET_";

/// The variable that needs profiles.yml.
const TARGET: &str = "target";

/// Renders the strings of `selectors.yml`.
pub(super) struct SelectorsJinja<'a> {
    environment: Environment<'static>,
    /// The filter that was applied last.
    last_filter: LastFilter,
    target: &'a dyn Fn() -> Result<Json, String>,
}

impl<'a> SelectorsJinja<'a> {
    /// A renderer with the variables of the command line and of the process. `target` is called only for a text that
    /// contains the word.
    pub(super) fn new(
        vars: Map<String, Json>,
        env: BTreeMap<String, String>,
        target: &'a dyn Fn() -> Result<Json, String>,
    ) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_function(
            "env_var",
            move |name: String, rest: Rest<Value>, named: Kwargs| {
                if name.starts_with(SECRET_PREFIX) {
                    return Err(invalid(format!(
                        "`{name}` is a secret, and selectors cannot use secrets"
                    )));
                }
                let found = env.get(&name).map(|value| Value::from(value.as_str()));
                let missing = || invalid(format!("the environment variable `{name}` is not set"));
                found.or(default(rest, &named)?).ok_or_else(missing)
            },
        );
        environment.add_function(
            "var",
            move |name: String, rest: Rest<Value>, named: Kwargs| {
                let found = vars.get(&name).map(to_jinja);
                let missing = || invalid(format!("`{name}` is not set by --vars"));
                found.or(default(rest, &named)?).ok_or_else(missing)
            },
        );
        environment.add_function(
            jinja_order::FUNCTION,
            |left: Value, operator: String, right: Value| {
                jinja_order::compare(left, &operator, right)
            },
        );
        environment.add_filter("as_text", |value: Value| python_text(&value));
        let last_filter = LastFilter::default();
        for name in ["as_bool", "as_number", "as_native"] {
            let last_filter = Arc::clone(&last_filter);
            environment.add_filter(name, move |value: Value| {
                last_filter.store(Some(name));
                // The mark of a safe text stays with it, and changes no comparison.
                Value::from_safe_string(python_text(&value))
            });
        }
        Self {
            environment,
            last_filter,
            target,
        }
    }

    /// The result of an expression. If it is the text that a filter marked, the filter decides what becomes of it.
    ///
    /// As in dbt, a filter does not convert its text: in `target.type == 'duckdb' | as_bool`, it leaves a text to compare.
    fn converted(&self, value: Value) -> Result<Json, Error> {
        match self.last_filter.load() {
            Some(filter) if value.is_safe() => Ok(to_json(&native(filter, value)?)),
            _ => Ok(to_json(&value)),
        }
    }

    /// The variables of a text: `target`, if the text may use it.
    fn context(&self, text: &str) -> Result<Value, String> {
        let mut names = BTreeMap::new();
        if text.contains(TARGET) {
            names.insert(TARGET, to_jinja(&(self.target)()?));
        }
        Ok(Value::from(names))
    }
}

impl RenderJinja for SelectorsJinja<'_> {
    fn render(&self, text: &str) -> Result<Json, String> {
        let explain = |error: Error| {
            error
                .detail()
                .map_or_else(|| error.to_string(), str::to_owned)
        };
        let context = self.context(text)?;
        if let Some(expression) = single_expression(text) {
            let expression = jinja_order::with_calls(expression);
            let expression = self
                .environment
                .compile_expression(&expression)
                .map_err(explain)?;
            let value = expression.eval(context).map_err(explain)?;
            if value.is_undefined() {
                return Err("the variable does not exist".into());
            }
            return self.converted(value).map_err(explain);
        }
        let rendered = self.environment.render_str(text, context);
        rendered.map(Json::from).map_err(explain)
    }
}

/// The expression, if the text is exactly one; then its value keeps its type.
fn single_expression(text: &str) -> Option<&str> {
    let inside = text.strip_prefix("{{")?.strip_suffix("}}")?;
    let inside = inside.strip_prefix('-').unwrap_or(inside);
    let inside = inside.strip_suffix('-').unwrap_or(inside);
    let is_single = ["{{", "}}", "{%", "{#"]
        .iter()
        .all(|bracket| !inside.contains(bracket));
    is_single.then_some(inside)
}

/// The default value of a call: its second argument, or the one named `default`.
fn default(Rest(rest): Rest<Value>, named: &Kwargs) -> Result<Option<Value>, Error> {
    let by_name: Option<Value> = named.get("default")?;
    named.assert_all_used()?;
    Ok(rest.into_iter().next().or(by_name))
}

/// The name of a filter.
#[derive(Default)]
struct FilterName(Mutex<Option<&'static str>>);

type LastFilter = Arc<FilterName>;

impl FilterName {
    fn store(&self, name: Option<&'static str>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = name;
    }

    fn load(&self) -> Option<&'static str> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Python's `str` of a value.
fn python_text(value: &Value) -> String {
    match value.kind() {
        ValueKind::Bool if value.is_true() => "True".to_owned(),
        ValueKind::Bool => "False".to_owned(),
        ValueKind::None => "None".to_owned(),
        _ => value.to_string(),
    }
}

/// Reads a text as a Python literal.
fn native(filter: &str, value: Value) -> Result<Value, Error> {
    let Some(text) = value.as_str() else {
        return Ok(value);
    };
    let number = || {
        text.parse::<i64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(Value::from))
            .ok()
    };
    let literal = match text {
        "True" => Some(Value::from(true)),
        "False" => Some(Value::from(false)),
        "None" => Some(Value::from(())),
        _ => number(),
    };
    let fits = |value: &Value| match filter {
        "as_bool" => value.kind() == ValueKind::Bool,
        "as_number" => value.kind() == ValueKind::Number,
        _ => true,
    };
    match literal.filter(fits) {
        Some(value) => Ok(value),
        None if filter == "as_native" => Ok(value),
        None => Err(invalid(format!(
            "`{text}` cannot be converted by `{filter}`"
        ))),
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidOperation, message)
}

fn to_jinja(value: &Json) -> Value {
    match value {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(real)) => Value::from(real),
            (None, None) => Value::from(number.to_string()),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => items.iter().map(to_jinja).collect(),
        Json::Object(entries) => {
            let entry = |(key, value): (&String, &Json)| (key.clone(), to_jinja(value));
            Value::from(entries.iter().map(entry).collect::<BTreeMap<_, _>>())
        }
    }
}

fn to_json(value: &Value) -> Json {
    match value.kind() {
        ValueKind::None | ValueKind::Undefined => Json::Null,
        ValueKind::Bool => value.is_true().into(),
        ValueKind::Number => match i64::try_from(value.clone()) {
            Ok(whole) if value.is_integer() => whole.into(),
            _ => f64::try_from(value.clone()).map_or(Json::Null, Json::from),
        },
        ValueKind::Seq | ValueKind::Iterable => value.try_iter().map_or(Json::Null, |items| {
            items.map(|item| to_json(&item)).collect()
        }),
        ValueKind::Map => {
            let entries = value.try_iter().into_iter().flatten();
            let entry = |key: Value| {
                value
                    .get_item(&key)
                    .ok()
                    .map(|item| (key.to_string(), to_json(&item)))
            };
            Json::Object(entries.filter_map(entry).collect())
        }
        _ => value.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn render(text: &str) -> Result<Json, String> {
        let vars = [
            ("days".to_owned(), json!(3)),
            ("tags".to_owned(), json!(["a", {"b": 1.5}])),
        ]
        .into_iter()
        .collect();
        let env = [
            ("TAG".to_owned(), "nightly".to_owned()),
            ("DBT_ENV_SECRET_X".to_owned(), "s".to_owned()),
        ];
        let target = || Ok(json!({"name": "prod", "threads": 4}));
        SelectorsJinja::new(vars, env.into_iter().collect(), &target).render(text)
    }

    #[test]
    fn one_expression_keeps_its_type() {
        assert_eq!(render("{{ var('days') }}"), Ok(json!(3)));
        assert_eq!(render("{{ var('tags') }}"), Ok(json!(["a", {"b": 1.5}])));
        assert_eq!(render("{{ var('none', none) }}"), Ok(json!(null)));
        assert_eq!(render("{{ target.threads }}"), Ok(json!(4)));
        assert_eq!(
            render("{{ env_var('FLAG', 'True') | as_bool }}"),
            Ok(json!(true))
        );
        assert_eq!(render("{{ '7' | as_number }}"), Ok(json!(7)));
        assert_eq!(render("{{ target.threads | as_number }}"), Ok(json!(4)));
        assert_eq!(render("{{ '7' | as_text }}"), Ok(json!("7")));
        assert_eq!(render("{{ 'x' | as_native }}"), Ok(json!("x")));
    }

    #[test]
    fn a_filter_binds_to_the_text_before_it_and_leaves_it_a_text() {
        let cases = [
            ("target.name == 'prod' | as_bool", true),
            ("target.name != 'prod' | as_bool", false),
            ("env_var('TAG') == 'nightly' | as_bool", true),
            ("env_var('TAG') == 'weekly' | as_native", false),
            ("'4' | as_number == '4'", true),
            ("target.threads == '4' | as_number", false),
            ("target.threads | as_number == 4", false),
            ("(target.name == 'prod') | as_bool", true),
            ("target.threads > 3 and '1' | as_text < '2'", true),
            ("true >= 1 and not 1.5 < 1", true),
            ("false and 'a' > 1", false),
            (
                "'True' | as_bool if target.name == 'prod' else 'x' | as_number",
                true,
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                render(&format!("{{{{ {text} }}}}")),
                Ok(json!(expected)),
                "{text}"
            );
        }
    }

    #[test]
    fn what_a_filter_cannot_convert_is_an_error() {
        let error = |text: &str| render(text).unwrap_err();
        assert_eq!(
            error("{{ 'true' | as_bool }}"),
            "`true` cannot be converted by `as_bool`"
        );
        assert_eq!(
            error("{{ target.threads > '1' | as_number }}"),
            "`>` cannot compare a number with a text"
        );
        assert_eq!(
            error("{{ (none) <= 1 }}"),
            "`<=` cannot compare none with a number"
        );
        assert_eq!(
            error("{{ 'True' | as_number }}"),
            "`True` cannot be converted by `as_number`"
        );
    }

    #[test]
    fn anything_else_becomes_text() {
        assert_eq!(render("tag:{{ env_var('TAG') }}"), Ok(json!("tag:nightly")));
        assert_eq!(render("{{ var('days') }} "), Ok(json!("3 ")));
        assert_eq!(
            render("{% if target.name == 'prod' %}tag:a{% else %}tag:b{% endif %}"),
            Ok(json!("tag:a"))
        );
        assert_eq!(
            render("{{ env_var('NONE', default='x') }}{# why #}"),
            Ok(json!("x"))
        );
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = |text| render(text).unwrap_err();
        assert_eq!(
            error("{{ env_var('NONE') }}"),
            "the environment variable `NONE` is not set"
        );
        assert_eq!(error("a{{ var('none') }}"), "`none` is not set by --vars");
        assert_eq!(
            error("{{ env_var('DBT_ENV_SECRET_X') }}"),
            "`DBT_ENV_SECRET_X` is a secret, and selectors cannot use secrets"
        );
        assert!(render("{{ nothing }}").is_err());
        assert!(render("{{ 1 +").is_err());
    }
}
