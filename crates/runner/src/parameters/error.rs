//! Why the parameters of a flow run cannot be applied.

use std::fmt;

/// Everything that is wrong with the parameters of a flow run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("invalid flow run parameters: {}", joined(.mistakes))]
pub struct ParameterError {
    /// The mistakes, in the order of the parameter names; never empty.
    pub mistakes: Vec<Mistake>,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mistake {
    /// No parameter has this name.
    Unknown {
        /// The name.
        name: String,
        /// A parameter with a similar name.
        similar: Option<&'static str>,
    },
    /// The parameter does not accept the value.
    Value {
        /// The parameter.
        name: &'static str,
        /// What is wrong with the value, to follow the name: `must be true or false, but is a list`.
        problem: String,
    },
    /// The parameter has no effect, because dbt uses something else instead.
    NoEffect {
        /// The parameter.
        name: &'static str,
        /// What dbt uses instead.
        instead: &'static str,
    },
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, similar } => {
                write!(f, "`{name}` is not a parameter")?;
                similar.map_or(Ok(()), |similar| write!(f, " (did you mean `{similar}`?)"))
            }
            Self::Value { name, problem } => write!(f, "`{name}` {problem}"),
            Self::NoEffect { name, instead } => {
                write!(f, "`{name}` has no effect, because dbt uses only {instead}")
            }
        }
    }
}

fn joined(mistakes: &[Mistake]) -> String {
    let mistakes: Vec<String> = mistakes.iter().map(Mistake::to_string).collect();
    mistakes.join("; ")
}
