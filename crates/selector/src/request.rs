//! A selection from all selection options of a command line.

use crate::ast::{Expr, IndirectSelection};
use crate::command::NodeFilter;
use crate::context::Context;
use crate::error::Errors;
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
    /// A request without options.
    #[must_use]
    pub fn new(filter: NodeFilter) -> Self {
        Self {
            select: Vec::new(),
            exclude: Vec::new(),
            selector: None,
            mode: IndirectSelection::default(),
            filter,
        }
    }

    /// Adds values of `--select`.
    #[must_use]
    pub fn with_select(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.select.extend(values.into_iter().map(Into::into));
        self
    }

    /// Adds values of `--exclude`.
    #[must_use]
    pub fn with_exclude(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.exclude.extend(values.into_iter().map(Into::into));
        self
    }

    /// Sets the value of `--selector`.
    #[must_use]
    pub fn with_selector(mut self, name: impl Into<String>) -> Self {
        self.selector = Some(name.into());
        self
    }

    /// Sets the value of `--indirect-selection`.
    #[must_use]
    pub fn with_mode(mut self, mode: IndirectSelection) -> Self {
        self.mode = mode;
        self
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
    ) -> Result<Selection<'m>, Errors> {
        let expr = self.expr(context.selectors)?;
        let context = Context {
            filter: Some(&self.filter),
            ..*context
        };
        let mut selection = expr.compile(graph, &context)?.evaluate();
        self.filter.apply(&mut selection);
        Ok(selection)
    }

    fn expr(&self, selectors: Option<&Selectors>) -> Result<Expr, Errors> {
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
