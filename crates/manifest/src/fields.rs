//! All fields of a node, as they are in the file.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::Text;

/// All fields of a node, in the order of the file, not parsed. `ls --output json` and `state:` comparisons need all of them.
#[derive(Debug, Clone, Default)]
pub struct Fields<'m>(Vec<(Cow<'m, str>, &'m RawValue)>);

/// The names of fields before manifest v7, by their current names.
const OLD_NAMES: [(&str, &str); 2] = [("raw_code", "raw_sql"), ("compiled_code", "compiled_sql")];

impl<'m> Fields<'m> {
    /// Reads the JSON object at the beginning of `text`. It is valid, because it was read with the manifest.
    pub(crate) fn read(text: &'m str) -> Self {
        Self::deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap_or_default()
    }

    /// The fields in the order of the file.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &'m RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }

    /// The JSON text of a field; `None` if the field is missing. A field that is null has the text `null`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&'m RawValue> {
        self.find(key).or_else(|| {
            let (_, old) = OLD_NAMES.iter().find(|(new, _)| *new == key)?;
            self.find(old)
        })
    }

    /// The value of a field. Null if the field is missing, or nested too deep to be parsed (128 levels).
    #[must_use]
    pub fn value(&self, key: &str) -> Value {
        self.get(key)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// The text of a field; `None` if it is missing, null, a list or an object.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<Cow<'m, str>> {
        let Text(text) = serde_json::from_str(self.get(key)?.get()).ok()?;
        text
    }

    /// A field as a type of the caller; `None` if it is missing, null or of another type.
    #[must_use]
    pub fn typed<T: Deserialize<'m>>(&self, key: &str) -> Option<T> {
        serde_json::from_str::<Option<T>>(self.get(key)?.get()).ok()?
    }

    /// Of two fields with the same name the last one counts, as in Python.
    fn find(&self, key: &str) -> Option<&'m RawValue> {
        self.0
            .iter()
            .rfind(|(name, _)| name == key)
            .map(|(_, value)| *value)
    }
}

impl<'de: 'm, 'm> Deserialize<'de> for Fields<'m> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a node")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::with_capacity(48);
                while let Some((key, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    fields.push((key.0.unwrap_or_default(), value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Object)
    }
}
