//! Calls the method of a criterion.

use super::{config, dbt2, fqn, kind, label, named, path, result, source_status, state, version};
use crate::ast::Criterion;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{ErrorKind, MethodError};
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::set::NodeSet;
use crate::warning::Warning;

/// The nodes that a method and a value match, before graph operators.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) nodes: NodeSet,
    pub(crate) warnings: Vec<Warning>,
}

impl From<NodeSet> for Resolved {
    fn from(nodes: NodeSet) -> Self {
        Self {
            nodes,
            warnings: Vec::new(),
        }
    }
}

/// Finds the nodes that `criterion` matches. The method `selector:` is resolved by the compiler.
pub(crate) fn resolve(
    criterion: &Criterion,
    graph: &SelectionGraph<'_>,
    context: &Context<'_>,
) -> Result<Resolved, Vec<ErrorKind>> {
    let name = criterion.method.name;
    let text = || {
        let not_text = || MethodError::NotText {
            method: name,
            value: criterion.value.to_string(),
        };
        criterion
            .value
            .as_str()
            .ok_or_else(|| vec![not_text().into()])
    };
    if graph.dialect() >= Dialect::V2
        && let Some(nodes) = dbt2::resolve(criterion, graph, context)
    {
        return Ok(nodes.into());
    }
    let nodes = match name {
        MethodName::Fqn => fqn::resolve(text()?, graph),
        MethodName::Tag => label::tag(text()?, graph),
        MethodName::Group => label::group(text()?, graph),
        MethodName::Access => label::access(text()?, graph),
        MethodName::Package => label::package(text()?, graph),
        MethodName::File => path::file(text()?, graph),
        MethodName::Path => path::path(text()?, graph, context.files).map_err(one)?,
        MethodName::Config => config::resolve(&criterion.method.arguments, &criterion.value, graph),
        MethodName::TestName => kind::test_name(text()?, graph),
        MethodName::TestType => kind::test_type(text()?, graph).map_err(one)?,
        MethodName::ResourceType => kind::resource_type(text()?, graph).map_err(one)?,
        MethodName::Version => version::resolve(text()?, graph).map_err(one)?,
        MethodName::Source => named::source(text()?, graph).map_err(one)?,
        MethodName::Exposure
        | MethodName::Function
        | MethodName::Metric
        | MethodName::SemanticModel
        | MethodName::SavedQuery
        | MethodName::UnitTest => named::resolve(name, text()?, graph).map_err(one)?,
        MethodName::State => return state::resolve(text()?, graph, context),
        MethodName::Result => result::resolve(text()?, graph, context)?,
        MethodName::SourceStatus => source_status::resolve(text()?, graph, context)?,
        MethodName::Selector => NodeSet::empty(graph.len()),
    };
    Ok(nodes.into())
}

fn one(mistake: impl Into<ErrorKind>) -> Vec<ErrorKind> {
    vec![mistake.into()]
}

impl MethodName {
    /// The first version of dbt that has the method.
    pub(crate) fn since(self) -> Dialect {
        match self {
            Self::SemanticModel => Dialect::V1_6,
            Self::SavedQuery => Dialect::V1_7,
            Self::UnitTest => Dialect::V1_8,
            Self::Selector => Dialect::V1_12,
            Self::Function => Dialect::V2,
            _ => Dialect::V1_5,
        }
    }
}
