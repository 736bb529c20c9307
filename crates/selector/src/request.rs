//! What a command line asks for: the flags of dbt that select nodes, all together.

use crate::ast::{Expr, IndirectSelection};
use crate::command::NodeFilter;
use crate::context::Context;
use crate::error::SelectorErrors;
use crate::graph::SelectionGraph;
use crate::selection::Selection;
use crate::yaml::Selectors;

/// The selection of one command: what its flags say, and what the command takes from it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The values of `--select`.
    pub select: Vec<String>,
    /// The values of `--exclude`.
    pub exclude: Vec<String>,
    /// The value of `--selector`, which outdoes both.
    pub selector: Option<String>,
    /// The value of `--indirect-selection`. Selectors of `selectors.yml` learn of it when they are read.
    pub mode: IndirectSelection,
    /// Which nodes the command takes.
    pub filter: NodeFilter,
}

impl Request {
    /// A request for all that a command takes: its flags are not given, and may be set.
    pub fn new(filter: NodeFilter) -> Self {
        Self {
            select: Vec::new(),
            exclude: Vec::new(),
            selector: None,
            mode: IndirectSelection::default(),
            filter,
        }
    }

    /// The nodes that dbt would list or run.
    ///
    /// Without any flag, the selector of `selectors.yml` that is marked as the default is taken, if there is one.
    ///
    /// # Errors
    /// Everything that is wrong with the selection.
    pub fn select<'m>(
        &self,
        graph: &SelectionGraph<'m>,
        context: &Context<'_>,
    ) -> Result<Selection<'m>, SelectorErrors> {
        let expr = self.expr(context.selectors)?;
        let context = Context {
            filter: Some(&self.filter),
            ..*context
        };
        let mut selection = expr.compile(graph, &context)?.evaluate();
        self.filter.apply(&mut selection);
        Ok(selection)
    }

    fn expr(&self, selectors: Option<&Selectors>) -> Result<Expr, SelectorErrors> {
        if let Some(name) = &self.selector {
            let none = Selectors::default();
            return Ok(selectors.unwrap_or(&none).find(name)?.clone());
        }
        if self.select.is_empty() && self.exclude.is_empty() {
            let default = selectors.and_then(Selectors::default_selector);
            if let Some(default) = default {
                return Ok(default.definition.clone());
            }
        }
        Expr::parse_arguments(&self.select, &self.exclude, self.mode)
    }
}
