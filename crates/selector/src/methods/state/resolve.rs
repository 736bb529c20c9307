//! The values of `state:`.

use dbt_manifest::{Collection, Manifest, Node, ResourceType};

use super::contract::{ContractChange, compare, removal};
use super::macros::ChangedMacros;
use super::pair::Pair;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::error::{ErrorKind, MethodError};
use crate::graph::SelectionGraph;
use crate::method::MethodName;
use crate::methods::Resolved;
use crate::state::{State, StateError};
use crate::warning::Warning;

/// The question that a value asks about a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    New,
    Old,
    Modified,
    Unmodified,
    Body,
    Configs,
    PersistedDescriptions,
    Relation,
    Macros,
    Contract,
}

/// The values of `state:`, and the question of each.
const VALUES: [(&str, Question); 10] = [
    ("new", Question::New),
    ("old", Question::Old),
    ("modified", Question::Modified),
    ("unmodified", Question::Unmodified),
    ("modified.body", Question::Body),
    ("modified.configs", Question::Configs),
    (
        "modified.persisted_descriptions",
        Question::PersistedDescriptions,
    ),
    ("modified.relation", Question::Relation),
    ("modified.macros", Question::Macros),
    ("modified.contract", Question::Contract),
];

impl Question {
    fn of(text: &str, dialect: Dialect) -> Option<Self> {
        let (_, question) = VALUES.into_iter().find(|(value, _)| *value == text)?;
        let is_late = matches!(question, Self::Old | Self::Unmodified);
        (!is_late || dialect >= Dialect::V1_6).then_some(question)
    }

    /// Whether contracts are compared, also those of removed models.
    fn minds_contracts(self) -> bool {
        matches!(self, Self::Modified | Self::Unmodified | Self::Contract)
    }
}

/// The nodes that match.
///
/// A breaking change to the contract of a versioned model is an error; for other models it is a warning.
pub(in crate::methods) fn resolve(
    text: &str,
    graph: &SelectionGraph<'_>,
    context: &Context<'_>,
) -> Result<Resolved, Vec<ErrorKind>> {
    let missing = || StateError::Missing {
        method: "state",
        file: "the manifest.json of an earlier run",
    };
    let state = context.state.ok_or_else(|| vec![missing().into()])?;
    let old = state
        .manifest
        .as_ref()
        .ok_or_else(|| vec![missing().into()])?;
    let question = Question::of(text, graph.dialect()).ok_or_else(|| {
        let value = text.to_owned();
        vec![
            MethodError::UnknownValue {
                method: MethodName::State,
                value,
            }
            .into(),
        ]
    })?;
    let mut comparison = Comparison {
        old,
        state,
        adapter: graph
            .manifest()
            .metadata()
            .adapter_type
            .as_deref()
            .unwrap_or_default(),
        macros: ChangedMacros::between(graph.manifest(), old),
        warnings: Vec::new(),
        mistakes: Vec::new(),
    };
    let nodes = graph.matching(|node| comparison.answer(question, node));
    if question.minds_contracts() && graph.dialect() >= Dialect::V1_9 {
        comparison.look_for_removed(graph.manifest());
    }
    let Comparison {
        warnings, mistakes, ..
    } = comparison;
    if mistakes.is_empty() {
        Ok(Resolved { nodes, warnings })
    } else {
        Err(mistakes)
    }
}

/// Compares nodes with those of the earlier manifest.
struct Comparison<'m> {
    old: &'m Manifest,
    state: &'m State,
    adapter: &'m str,
    macros: ChangedMacros<'m>,
    warnings: Vec<Warning>,
    mistakes: Vec<ErrorKind>,
}

impl<'m> Comparison<'m> {
    fn answer(&mut self, question: Question, node: &'m Node) -> bool {
        let old = self.old.get(node.unique_id.as_str());
        let pair = || old.map(|old| Pair::new(node, old, self.state.compares_unrendered));
        let in_nodes = matches!(node.collection, Collection::Nodes | Collection::Functions);
        let differs = |same: fn(&Pair<'m>) -> bool| pair().is_none_or(|pair| !same(&pair));
        match question {
            Question::New => old.is_none(),
            Question::Old => old.is_some(),
            Question::Modified => self.is_modified(node, old),
            Question::Unmodified => !self.is_modified(node, old),
            Question::Body => in_nodes && differs(Pair::same_body),
            Question::Configs => {
                node.collection != Collection::UnitTests && differs(Pair::same_config)
            }
            Question::PersistedDescriptions => {
                in_nodes && differs(Pair::same_persisted_descriptions)
            }
            Question::Relation => {
                (in_nodes || node.collection == Collection::Sources) && differs(Pair::same_relation)
            }
            Question::Macros => self.macros.reach(node),
            Question::Contract => match pair() {
                Some(pair) => self.has_new_contract(&pair),
                None => in_nodes,
            },
        }
    }

    fn is_modified(&mut self, node: &'m Node, old: Option<&'m Node>) -> bool {
        let reaches_changed_macro = self.macros.reach(node);
        let Some(old) = old else {
            // dbt treats new nodes as modified, except for these kinds.
            let is_calm = matches!(
                node.collection,
                Collection::Sources
                    | Collection::Exposures
                    | Collection::Metrics
                    | Collection::SemanticModels
                    | Collection::SavedQueries
            );
            return !is_calm || reaches_changed_macro;
        };
        let pair = Pair::new(node, old, self.state.compares_unrendered);
        // Always compared, because of the errors and warnings.
        let has_new_contract = self.has_new_contract(&pair);
        has_new_contract || reaches_changed_macro || !pair.same_contents()
    }

    /// Whether the contract changed. Breaking changes are recorded.
    fn has_new_contract(&mut self, pair: &Pair<'m>) -> bool {
        if pair.new.resource_type != ResourceType::Model {
            return false;
        }
        match compare(pair, self.adapter) {
            ContractChange::None => return false,
            ContractChange::Harmless => {}
            ContractChange::Breaking(changes) => self.report(pair.new, changes),
        }
        true
    }

    /// Records models with contracts that were removed or disabled.
    fn look_for_removed(&mut self, new: &'m Manifest) {
        let models = |node: &&Node| node.resource_type == ResourceType::Model;
        for old in self.old.iter().filter(models) {
            let id = old.unique_id.as_str();
            let gone = match new.disabled().get(id).and_then(|nodes| nodes.first()) {
                Some(disabled) => disabled,
                None if new.get(id).is_some() => continue,
                None => old,
            };
            if let Some(why) = removal(gone, self.state.now) {
                self.report(gone, vec![why.to_owned()]);
            }
        }
    }

    fn report(&mut self, node: &Node, changes: Vec<String>) {
        let unique_id = node.unique_id.as_str().to_owned();
        match node.version {
            Some(_) => self
                .mistakes
                .push(StateError::BrokenContract { unique_id, changes }.into()),
            None => self
                .warnings
                .push(Warning::BrokenContract { unique_id, changes }),
        }
    }
}
