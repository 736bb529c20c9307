//! A selection from all selection options of a command line.

use crate::ast::{Expr, IndirectSelection};
use crate::command::NodeFilter;
use crate::context::Context;
use crate::error::SelectorErrors;
use crate::graph::SelectionGraph;
use crate::selection::Selection;
use crate::yaml::Selectors;

/// The selection of one command: the values of its options, and the filter of the command.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The values of `--select`.
    pub select: Vec<String>,
    /// The values of `--exclude`.
    pub exclude: Vec<String>,
    /// The value of `--selector`. It has precedence over `--select` and `--exclude`.
    pub selector: Option<String>,
    /// The value of `--indirect-selection`. For selectors of `selectors.yml`, pass it to [`Selectors::parse`].
    pub mode: IndirectSelection,
    /// The filter of the command.
    pub filter: NodeFilter,
}

impl Request {
    /// A request without options; the fields can be set.
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
    /// Without any option, the default selector of `selectors.yml` is used, if there is one.
    ///
    /// # Errors
    /// All errors in the selection.
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
