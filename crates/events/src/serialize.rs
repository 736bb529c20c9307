//! Events in the form in which dbt writes them.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;

use crate::{event::Event, level::Level, text::Text};

/// `info` and `data`, as in dbt's log. `info` has the fields that this crate reads; `data` is complete.
impl Serialize for Event<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut event = serializer.serialize_struct("Event", 2)?;
        event.serialize_field("info", &Info(self))?;
        event.serialize_field("data", &self.data::<Value>())?;
        event.end()
    }
}

struct Info<'e, 'a>(&'e Event<'a>);

impl Serialize for Info<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(event) = self;
        let mut info = serializer.serialize_struct("Info", 6)?;
        info.serialize_field("name", event.raw_name())?;
        info.serialize_field("level", &event.level())?;
        info.serialize_field("ts", &event.ts())?;
        info.serialize_field("invocation_id", event.invocation_id())?;
        info.serialize_field("thread", event.thread())?;
        info.serialize_field("msg", &event.message())?;
        info.end()
    }
}

/// dbt's name of the level.
impl Serialize for Level {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}
