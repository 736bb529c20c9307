//! What can be wrong with parameters.

use std::fmt;

/// Parameters that dbt's command line cannot be made of: all that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("the flow run's parameters are wrong: {}", told(.mistakes))]
pub struct ParameterError {
    /// What is wrong, in the order of the names; never empty.
    pub mistakes: Vec<Mistake>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mistake {
    /// There is no such parameter.
    Unknown {
        /// Its name.
        name: String,
        /// One that has a name much like it.
        similar: Option<&'static str>,
    },
    /// The value is not what the parameter takes.
    Value {
        /// The parameter.
        name: &'static str,
        /// What is wrong with the value.
        problem: String,
    },
    /// A parameter would have no effect, since dbt goes by another thing alone.
    NoEffect {
        /// The parameter.
        name: &'static str,
        /// What dbt goes by.
        beside: &'static str,
    },
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, similar } => {
                write!(f, "there is no parameter `{name}`")?;
                similar.map_or(Ok(()), |similar| write!(f, "; did you mean `{similar}`?"))
            }
            Self::Value { name, problem } => write!(f, "`{name}` {problem}"),
            Self::NoEffect { name, beside } => {
                write!(f, "`{name}` has no effect, since dbt goes by {beside}")
            }
        }
    }
}

fn told(mistakes: &[Mistake]) -> String {
    let told: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    told.join("; ")
}
