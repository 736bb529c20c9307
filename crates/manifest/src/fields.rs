//! The fields of a node as they stand in the file.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::lenient::Text;

/// The fields of a node, in the order of the file and unread: `ls --output json` and the comparison of states need all of them.
#[derive(Debug, Clone, Default)]
pub struct Fields<'m>(Vec<(Cow<'m, str>, &'m RawValue)>);

/// Names of before manifest v7, by those of today.
const OLD_NAMES: [(&str, &str); 2] = [("raw_code", "raw_sql"), ("compiled_code", "compiled_sql")];

impl<'m> Fields<'m> {
    /// Reads the object that `text` begins with. There is one: reading the manifest went over it.
    pub(crate) fn read(text: &'m str) -> Self {
        Self::deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap_or_default()
    }

    /// The fields in the order of the file.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &'m RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, *value))
    }

    /// The JSON text of a field; none where the field is missing. A field that is null has the text `null`.
    pub fn get(&self, key: &str) -> Option<&'m RawValue> {
        self.find(key).or_else(|| {
            let (_, old) = OLD_NAMES.iter().find(|(new, _)| *new == key)?;
            self.find(old)
        })
    }

    /// A field's value. Null where the field is missing, and where it is nested too deep to be read (128 levels).
    pub fn value(&self, key: &str) -> Value {
        self.get(key)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default()
    }

    /// A field's text; none where it is missing, null, a list or an object.
    pub fn text(&self, key: &str) -> Option<Cow<'m, str>> {
        let Text(text) = serde_json::from_str(self.get(key)?.get()).ok()?;
        text
    }

    /// A field as a type of the caller's; none where it is missing, null or of another shape.
    pub fn typed<T: Deserialize<'m>>(&self, key: &str) -> Option<T> {
        serde_json::from_str::<Option<T>>(self.get(key)?.get()).ok()?
    }

    /// As in Python, the last of two fields of one name counts.
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
