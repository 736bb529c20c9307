//! Objects of the file that map unique ids to nodes, macros or groups.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::lenient::Text;

/// Calls `take` with each entry: the unique id, the key as it stands in the file (which gives its offset), and the value. Null
/// counts as an empty object.
pub(super) struct Entries<F, S> {
    take: F,
    shape: PhantomData<S>,
}

impl<F, S> Entries<F, S> {
    pub(super) fn new<'a>(take: F) -> Self
    where
        F: FnMut(&str, &'a str, S) -> Result<(), serde_json::Error>,
    {
        Self {
            take,
            shape: PhantomData,
        }
    }
}

impl<'a, F, S> DeserializeSeed<'a> for Entries<F, S>
where
    F: FnMut(&str, &'a str, S) -> Result<(), serde_json::Error>,
    S: Deserialize<'a>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'a, F, S> Visitor<'a> for Entries<F, S>
where
    F: FnMut(&str, &'a str, S) -> Result<(), serde_json::Error>,
    S: Deserialize<'a>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<A: MapAccess<'a>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<&'a RawValue>()? {
            let Text(id) = serde_json::from_str(key.get()).map_err(A::Error::custom)?;
            let value = map.next_value()?;
            (self.take)(id.as_deref().unwrap_or_default(), key.get(), value)
                .map_err(A::Error::custom)?;
        }
        Ok(())
    }
}
