//! The compiled form of an expression.

use std::sync::Arc;

use crate::ast::{Criterion, IndirectSelection, Operation};
use crate::set::NodeSet;
use crate::warning::Warning;

/// An [`Expr`](crate::Expr) with the matching nodes in place of methods and values.
#[derive(Debug)]
pub(crate) enum Plan {
    /// A criterion.
    Criterion {
        criterion: Criterion,
        matches: NodeSet,
        warnings: Vec<Warning>,
    },
    /// A group.
    Group {
        operation: Operation,
        mode: IndirectSelection,
        members: Vec<Plan>,
        term: Option<Arc<str>>,
    },
}
