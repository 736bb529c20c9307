//! Compiles an expression: looks up all methods and values in the manifest, and collects all errors.

use crate::ast::{Criterion, Expr, Group, IndirectSelection, Operation};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{Error, ErrorKind, Errors, MethodError};
use crate::eval::{Plan, evaluate};
use crate::fnmatch::Pattern;
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::methods::{Resolved, resolve};
use crate::selection::Selection;
use crate::set::NodeSet;
use crate::span::Place;
use crate::yaml::{NamedSelector, Selectors};

/// A compiled expression: all methods are resolved, only set operations and graph operators remain.
#[derive(Debug)]
pub struct Compiled<'g, 'm> {
    graph: &'g SelectionGraph<'m>,
    plan: Plan,
}

impl Expr {
    /// Resolves all criteria in a manifest. `context` holds the facts that the manifest does not contain.
    ///
    /// # Errors
    /// One for each criterion that cannot be resolved: an invalid value, a missing fact, or a
    /// method that this version of dbt does not have.
    pub fn compile<'g, 'm>(
        &self,
        graph: &'g SelectionGraph<'m>,
        context: &Context<'_>,
    ) -> Result<Compiled<'g, 'm>, Errors> {
        let mut compiler = Compiler {
            graph,
            context,
            open: Vec::new(),
            mistakes: Vec::new(),
        };
        let plan = compiler.expr(self);
        Errors::unless_any(compiler.mistakes, Compiled { graph, plan })
    }
}

impl<'m> Compiled<'_, 'm> {
    /// Returns the nodes that the expression selects.
    #[must_use]
    pub fn evaluate(&self) -> Selection<'m> {
        let mut warnings = Vec::new();
        let selected = evaluate(&self.plan, self.graph, &mut warnings);
        Selection::new(
            selected
                .direct
                .iter()
                .map(|node| self.graph.node(node))
                .collect(),
            warnings,
        )
    }
}

struct Compiler<'c, 'm> {
    graph: &'c SelectionGraph<'m>,
    context: &'c Context<'c>,
    /// The named selectors that are being resolved, the outermost first.
    open: Vec<String>,
    mistakes: Vec<Error>,
}

impl Compiler<'_, '_> {
    fn expr(&mut self, expr: &Expr) -> Plan {
        match expr {
            Expr::Criterion(criterion) => self.criterion(criterion),
            Expr::Group(group) => self.group(group),
        }
    }

    fn group(&mut self, group: &Group) -> Plan {
        let mode = match group.operation {
            // Since dbt 1.8, the difference with `--exclude` adds no tests.
            Operation::Difference if self.graph.dialect() >= Dialect::V1_8 => {
                IndirectSelection::Eager
            }
            _ => group.mode,
        };
        // dbt 2 drops the empty pieces of `a,,b`; of a term with empty pieces only, one stays, which matches nothing.
        let drops_empty =
            group.operation == Operation::Intersection && self.graph.dialect() >= Dialect::V2;
        let is_empty =
            |member: &&Expr| matches!(member, Expr::Criterion(criterion) if criterion.is_empty());
        let mut kept: Vec<&Expr> = group.members.iter().collect();
        if drops_empty && !kept.iter().all(is_empty) {
            kept.retain(|member| !is_empty(member));
        }
        let members = kept.into_iter().map(|member| self.expr(member)).collect();
        Plan::Group {
            operation: group.operation,
            mode,
            members,
            term: group.term.clone(),
        }
    }

    fn criterion(&mut self, criterion: &Criterion) -> Plan {
        let (method, dialect) = (criterion.method.name, self.graph.dialect());
        let criterion = criterion.clone();
        if dialect < method.since() {
            // The default selection of an older version does not have the term: such nodes do not exist there.
            if criterion.origin.place != Place::Default {
                self.add_error(&criterion, MethodError::TooNew { method, dialect });
            }
        } else if method == MethodName::Selector {
            return self.named_selectors(criterion);
        } else {
            match resolve(&criterion, self.graph, self.context) {
                Ok(Resolved { nodes, warnings }) => {
                    return Plan::Criterion {
                        criterion,
                        matches: nodes,
                        warnings,
                    };
                }
                Err(kinds) => kinds
                    .into_iter()
                    .for_each(|kind| self.add_error(&criterion, kind)),
            }
        }
        Plan::Criterion {
            criterion,
            matches: NodeSet::empty(self.graph.len()),
            warnings: Vec::new(),
        }
    }

    /// The nodes that the matching named selectors select, after their own exclusions and the command's filter.
    fn named_selectors(&mut self, criterion: Criterion) -> Plan {
        let mut warnings = Vec::new();
        let mut found = NodeSet::empty(self.graph.len());
        let wanted = criterion.value.as_str().unwrap_or_default();
        let pattern = Pattern::new(wanted);
        let all = self.context.selectors.into_iter().flat_map(Selectors::iter);
        let named: Vec<&NamedSelector> = all
            .filter(|selector| pattern.matches(&selector.name))
            .collect();
        if named.is_empty() {
            self.add_error(
                &criterion,
                MethodError::UnknownSelector {
                    name: wanted.to_owned(),
                },
            );
        }
        for NamedSelector {
            name, definition, ..
        } in named
        {
            if self.open.contains(name) {
                self.add_error(
                    &criterion,
                    MethodError::CyclicSelector { name: name.clone() },
                );
                continue;
            }
            self.open.push(name.clone());
            let plan = self.expr(definition);
            self.open.pop();
            found = found.or(&evaluate(&plan, self.graph, &mut warnings).direct);
        }
        let keeps = |node| {
            self.context
                .filter
                .is_none_or(|filter| filter.keeps(self.graph.node(node)))
        };
        Plan::Criterion {
            criterion,
            matches: found.filtered(keeps),
            warnings,
        }
    }

    fn add_error(&mut self, criterion: &Criterion, kind: impl Into<ErrorKind>) {
        self.mistakes.push(kind.into().at(criterion.origin.clone()));
    }
}
