//! The whole file: its entries, their names, and the default selector.

use serde_json::{Map, Value};

use super::definition::Definitions;
use super::document;
use super::render::{RenderJinja, render_all};
use crate::ast::{Expr, IndirectSelection};
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Errors, YamlError};
use crate::span::{Origin, Place, Span};

/// The named selectors of a `selectors.yml`.
///
/// ```
/// use dbt_selector::{Dialect, IndirectSelection, Selectors};
///
/// let text = "selectors: [{name: nightly, definition: 'tag:nightly+', default: true}]";
/// let no_jinja = |text: &str| Err(format!("nothing is known in `{text}`"));
/// let selectors = Selectors::parse(text, &no_jinja, IndirectSelection::Eager, Dialect::default())?;
/// assert_eq!(selectors.default_selector().unwrap().name, "nightly");
/// assert_eq!(selectors.find("nightly")?.to_string(), "tag:nightly+");
/// # Ok::<(), dbt_selector::Errors>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selectors {
    entries: Vec<NamedSelector>,
}

/// A selector in `selectors.yml`.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamedSelector {
    /// The name, which `--selector` refers to.
    pub name: String,
    /// The definition.
    pub definition: Expr,
    /// Whether it is used if the command line has neither a selection nor an exclusion.
    pub default: bool,
}

/// The allowed keys of the file, and of one entry.
const FILE_KEYS: &[&str] = &["selectors", "version"];
const ENTRY_KEYS: &[&str] = &["name", "definition", "description", "default"];

impl Selectors {
    /// Parses a `selectors.yml`. `mode` is the mode of criteria that set none: the one of the command line.
    ///
    /// If two selectors have the same name, the later one counts. An empty file defines none.
    ///
    /// # Errors
    /// All errors in the file. dbt runs no command in a project with such a file, even if no selector is used.
    pub fn parse(
        text: &str,
        jinja: &dyn RenderJinja,
        mode: IndirectSelection,
        dialect: Dialect,
    ) -> Result<Self, Errors> {
        let mut file = File {
            mistakes: Vec::new(),
        };
        let mut document = document::read(text).map_err(|error| {
            mistake(
                "",
                "",
                YamlError::Syntax {
                    reason: error.to_string(),
                },
            )
        })?;
        render_all(&mut document, "", jinja, &mut |path, text, reason| {
            file.mistakes.push(mistake(
                path,
                text,
                YamlError::Jinja {
                    text: text.to_owned(),
                    reason,
                },
            ));
        });
        if !file.mistakes.is_empty() {
            return Errors::unless_any(file.mistakes, Self::default());
        }
        let raw = file.entries(&document);
        file.check_one_default(&raw);
        let mut definitions = Definitions::new(mode, dialect, file.mistakes);
        let mut entries: Vec<NamedSelector> = Vec::new();
        for Entry {
            name,
            definition,
            default,
        } in raw
        {
            let Some(definition) = definitions.parse(&name, definition, &entries) else {
                continue;
            };
            let entry = NamedSelector {
                name,
                definition,
                default,
            };
            match entries
                .iter_mut()
                .find(|earlier| earlier.name == entry.name)
            {
                Some(earlier) => *earlier = entry,
                None => entries.push(entry),
            }
        }
        Errors::unless_any(definitions.mistakes, Self { entries })
    }

    /// The definition of the selector with this name.
    ///
    /// # Errors
    /// If there is none. The error lists the existing names.
    pub fn find(&self, name: &str) -> Result<&Expr, Error> {
        let found = self.entries.iter().find(|entry| entry.name == name);
        found.map(|entry| &entry.definition).ok_or_else(|| {
            let known = self
                .entries
                .iter()
                .map(|entry| entry.name.clone())
                .collect();
            let kind = YamlError::UnknownSelector {
                name: name.to_owned(),
                above: false,
                known,
            };
            let origin = Origin::new(Place::Selector, name.into(), Span::of(name));
            ErrorKind::Yaml(kind).at(origin)
        })
    }

    /// The selector with `default: true`.
    #[must_use]
    pub fn default_selector(&self) -> Option<&NamedSelector> {
        self.entries.iter().find(|entry| entry.default)
    }

    /// All selectors, in the order of the file.
    pub fn iter(&self) -> impl Iterator<Item = &NamedSelector> {
        self.entries.iter()
    }
}

/// An entry whose definition is not parsed yet.
struct Entry<'a> {
    name: String,
    definition: &'a Value,
    default: bool,
}

/// Checks the structure of the file.
struct File {
    mistakes: Vec<Error>,
}

impl File {
    fn entries<'a>(&mut self, document: &'a Value) -> Vec<Entry<'a>> {
        if is_empty(document) {
            return Vec::new();
        }
        let Some(file) = self.mapping("", document, FILE_KEYS) else {
            return Vec::new();
        };
        if let Some(version) = file
            .get("version")
            .filter(|version| !is_whole_number(version))
        {
            self.wrong_type("version", "a whole number", version);
        }
        match file.get("selectors") {
            Some(Value::Array(items)) => {
                let entry = |(index, item)| self.entry(&format!("selectors[{index}]"), item);
                items.iter().enumerate().filter_map(entry).collect()
            }
            Some(other) => {
                self.wrong_type("selectors", "a list", other);
                Vec::new()
            }
            None => {
                self.mistakes
                    .push(mistake("", "", YamlError::MissingKey { key: "selectors" }));
                Vec::new()
            }
        }
    }

    fn entry<'a>(&mut self, path: &str, item: &'a Value) -> Option<Entry<'a>> {
        let entry = self.mapping(path, item, ENTRY_KEYS)?;
        let name = self.required(path, entry, "name")?;
        let Some(name) = name.as_str() else {
            self.wrong_type(&format!("{path}.name"), "text", name);
            return None;
        };
        if let Some(text) = entry.get("description").filter(|text| !text.is_string()) {
            self.wrong_type(&format!("{name}.description"), "text", text);
        }
        let default = entry.get("default").unwrap_or(&Value::Bool(false));
        if !default.is_boolean() {
            self.wrong_type(&format!("{name}.default"), "true or false", default);
        }
        let definition = self.required(name, entry, "definition")?;
        if !definition.is_string() && !definition.is_object() {
            self.wrong_type(
                &format!("{name}.definition"),
                "text or a mapping",
                definition,
            );
            return None;
        }
        Some(Entry {
            name: name.to_owned(),
            definition,
            default: *default == Value::Bool(true),
        })
    }

    fn check_one_default(&mut self, entries: &[Entry<'_>]) {
        let mut defaults = entries.iter().filter(|entry| entry.default);
        if let (Some(first), Some(second)) = (defaults.next(), defaults.next()) {
            let [first, second] = [first, second].map(|entry| entry.name.clone());
            let path = format!("{second}.default");
            self.mistakes.push(mistake(
                &path,
                "",
                YamlError::SeveralDefaults { first, second },
            ));
        }
    }

    fn mapping<'a>(
        &mut self,
        path: &str,
        value: &'a Value,
        known: &'static [&'static str],
    ) -> Option<&'a Map<String, Value>> {
        let Some(map) = value.as_object() else {
            self.wrong_type(path, "a mapping", value);
            return None;
        };
        for key in map.keys().filter(|key| !known.contains(&key.as_str())) {
            let unknown = YamlError::UnknownKey {
                key: key.clone(),
                known,
            };
            self.mistakes.push(mistake(path, "", unknown));
        }
        Some(map)
    }

    fn required<'a>(
        &mut self,
        path: &str,
        map: &'a Map<String, Value>,
        key: &'static str,
    ) -> Option<&'a Value> {
        let value = map.get(key);
        if value.is_none() {
            self.mistakes
                .push(mistake(path, "", YamlError::MissingKey { key }));
        }
        value
    }

    fn wrong_type(&mut self, path: &str, expected: &'static str, found: &Value) {
        self.mistakes.push(wrong_type(path, expected, found));
    }
}

/// dbt treats a document that is false in Python like an empty file.
fn is_empty(document: &Value) -> bool {
    !super::definition::is_truthy(document)
}

fn is_whole_number(value: &Value) -> bool {
    value.as_f64().is_some_and(|number| number.fract() == 0.0)
}

/// An error at `path`; `text` is shown with it.
pub(super) fn mistake(path: &str, text: &str, kind: YamlError) -> Error {
    ErrorKind::Yaml(kind).at(Origin::yaml(path, text))
}

/// The error for a value of the wrong type at `path`.
pub(super) fn wrong_type(path: &str, expected: &'static str, found: &Value) -> Error {
    let kind = match found {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    };
    let found_text = if found.is_array() || found.is_object() {
        String::new()
    } else {
        found.to_string()
    };
    mistake(
        path,
        &found_text,
        YamlError::Type {
            expected,
            found: kind.into(),
        },
    )
}
