//! Raw values of the sources, and their conversion to the types of settings.

use std::collections::BTreeMap;
use std::time::Duration;

/// A value that is not converted yet.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Raw {
    /// The text of an environment variable, of a line in `.env` or of a profile's setting.
    Text(String),
    /// A value of a TOML file.
    Toml(toml::Value),
}

impl Raw {
    /// Whether the value means "not set".
    pub(super) fn is_empty(&self) -> bool {
        self.as_str().is_some_and(|text| text.trim().is_empty())
    }

    fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Toml(toml::Value::String(text)) => Some(text),
            Self::Toml(_) => None,
        }
    }

    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Toml(toml::Value::Integer(number)) => Some(number.to_string()),
            _ => self.as_str().map(str::to_owned),
        }
    }

    /// A boolean by pydantic's rules.
    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Toml(toml::Value::Boolean(value)) => return Some(*value),
            Self::Toml(toml::Value::Integer(0)) => return Some(false),
            Self::Toml(toml::Value::Integer(1)) => return Some(true),
            _ => {}
        }
        match self.as_str()?.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "on" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    pub(super) fn integer<T: TryFrom<i64>>(&self) -> Option<T> {
        let number = match self {
            Self::Toml(toml::Value::Integer(number)) => *number,
            _ => self.as_str()?.trim().parse().ok()?,
        };
        number.try_into().ok()
    }

    pub(super) fn number(&self) -> Option<f64> {
        let number: f64 = match self {
            Self::Toml(toml::Value::Integer(number)) => number.to_string().parse().ok()?,
            Self::Toml(toml::Value::Float(number)) => *number,
            _ => self.as_str()?.trim().parse().ok()?,
        };
        (number.is_finite() && number >= 0.0).then_some(number)
    }

    pub(super) fn seconds(&self) -> Option<Duration> {
        Duration::try_from_secs_f64(self.number()?).ok()
    }

    /// Status codes: `404,500` or a list.
    pub(super) fn codes(&self) -> Option<Vec<u16>> {
        match self {
            Self::Toml(toml::Value::Array(items)) => items
                .iter()
                .map(|item| u16::try_from(item.as_integer()?).ok())
                .collect(),
            Self::Toml(toml::Value::Integer(code)) => Some(vec![u16::try_from(*code).ok()?]),
            _ => self
                .as_str()?
                .trim_matches(|c: char| c.is_whitespace() || matches!(c, '[' | ']'))
                .split(',')
                .map(str::trim)
                .filter(|code| !code.is_empty())
                .map(|code| code.parse().ok())
                .collect(),
        }
    }

    /// Headers: a table, or a JSON object as text.
    pub(super) fn headers(&self) -> Option<BTreeMap<String, String>> {
        match self {
            Self::Toml(toml::Value::Table(table)) => table
                .iter()
                .map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            _ => serde_json::from_str(self.as_str()?).ok(),
        }
    }
}
