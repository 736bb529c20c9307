//! The shape of run_results.json. It is read value by value, so that results that nobody wants never are in memory together.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{BatchResults, RunResult, RunResults, Timing};
use crate::artifact::Artifact;
use crate::error::Error;
use crate::header::HeaderShape;
use crate::lenient::{Flag, List, Number, Text};

/// Reads a document, and keeps the results that are wanted.
pub(super) struct Document<'f> {
    pub(super) wanted: &'f dyn Fn(&RunResult) -> bool,
}

impl<'de> DeserializeSeed<'de> for Document<'_> {
    /// An error if the file is of another kind or version.
    type Value = Result<RunResults, Error>;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Document<'_> {
    type Value = Result<RunResults, Error>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut metadata = HeaderShape::default();
        let mut results = Vec::new();
        let (mut elapsed_time, mut args) = (Number::default(), None);
        while let Some(Text(key)) = map.next_key()? {
            match key.as_deref().unwrap_or_default() {
                "metadata" => metadata = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "results" => results = map.next_value_seed(Results(self.wanted))?,
                "elapsed_time" => elapsed_time = map.next_value()?,
                "args" => args = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(metadata
            .checked(Artifact::RunResults)
            .map(|metadata| RunResults {
                metadata,
                results,
                elapsed_time: elapsed_time.0,
                args: args.unwrap_or_default(),
            }))
    }
}

/// Reads the list of the results.
struct Results<'f>(&'f dyn Fn(&RunResult) -> bool);

impl<'de> DeserializeSeed<'de> for Results<'_> {
    type Value = Vec<RunResult>;

    fn deserialize<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        text.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Results<'_> {
    type Value = Vec<RunResult>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of results")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(shape) = list.next_element::<ResultShape<'de>>()? {
            let result = RunResult::from(shape);
            if (self.0)(&result) {
                kept.push(result);
            }
        }
        Ok(kept)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ResultShape<'a> {
    #[serde(borrow)]
    unique_id: Text<'a>,
    #[serde(borrow)]
    status: Text<'a>,
    #[serde(borrow)]
    message: Text<'a>,
    failures: Number,
    execution_time: Number,
    #[serde(borrow)]
    timing: Option<Vec<TimingShape<'a>>>,
    #[serde(borrow)]
    thread_id: Text<'a>,
    adapter_response: Option<Value>,
    compiled: Flag,
    #[serde(borrow)]
    compiled_code: Text<'a>,
    #[serde(borrow)]
    relation_name: Text<'a>,
    #[serde(borrow)]
    batch_results: Option<BatchShape<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TimingShape<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    started_at: Text<'a>,
    #[serde(borrow)]
    completed_at: Text<'a>,
}

/// A batch is a pair of times: its start and its end.
#[derive(Deserialize, Default)]
#[serde(default)]
struct BatchShape<'a> {
    #[serde(borrow)]
    successful: Vec<List<'a>>,
    #[serde(borrow)]
    failed: Vec<List<'a>>,
}

impl From<ResultShape<'_>> for RunResult {
    fn from(shape: ResultShape<'_>) -> Self {
        Self {
            unique_id: shape.unique_id.as_deref().unwrap_or_default().into(),
            status: shape.status.into_string().unwrap_or_default(),
            message: shape.message.into_string(),
            failures: shape.failures.0,
            execution_time: shape.execution_time.0,
            timing: shape
                .timing
                .unwrap_or_default()
                .into_iter()
                .map(Timing::from)
                .collect(),
            thread_id: shape.thread_id.into_string(),
            adapter_response: match shape.adapter_response {
                Some(Value::Object(response)) => response,
                _ => Map::new(),
            },
            compiled: shape.compiled.0,
            compiled_code: shape.compiled_code.into_string(),
            relation_name: shape.relation_name.into_string(),
            batch_results: shape.batch_results.map(|batches| BatchResults {
                successful: batches.successful.len(),
                failed: batches.failed.len(),
            }),
        }
    }
}

impl From<TimingShape<'_>> for Timing {
    fn from(shape: TimingShape<'_>) -> Self {
        Self {
            name: shape.name.into_string().unwrap_or_default(),
            started_at: shape.started_at.into_string(),
            completed_at: shape.completed_at.into_string(),
        }
    }
}
