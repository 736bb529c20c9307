//! What the evaluation works on.

use std::sync::Arc;

use crate::ast::{Criterion, IndirectSelection, Operation};
use crate::set::NodeSet;
use crate::warning::Warning;

/// An [`Expr`] with, in place of each method and value, the nodes that they stand for.
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
