//! The syntax tree of selections on the command line and in `selectors.yml`.

use std::sync::Arc;

use serde_json::Value;

use crate::method::Method;
use crate::span::Origin;

/// A parsed selection: criteria joined by set operations. It is independent of a manifest.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the language has no other expressions"
)]
pub enum Expr {
    /// One criterion, such as `+tag:nightly`.
    Criterion(Criterion),
    /// Several expressions, joined by one set operation.
    Group(Group),
}

/// Several expressions, joined by one set operation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Group {
    /// The operation.
    pub operation: Operation,
    /// The members. A group without members selects nothing.
    pub members: Vec<Expr>,
    /// How the group as a whole selects tests that its members do not. The groups of `selectors.yml` are
    /// always [`IndirectSelection::Eager`], which adds none.
    pub mode: IndirectSelection,
    /// The term of the command line that the group was parsed from, for the warning that it selects nothing.
    pub term: Option<Arc<str>>,
}

/// A set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the language has no other operations"
)]
pub enum Operation {
    /// The nodes that any member selects: terms separated by spaces.
    Union,
    /// The nodes that all members select: criteria separated by commas.
    Intersection,
    /// The nodes that the first member selects and no other does: `--exclude`.
    Difference,
}

/// One criterion: a method, a value, and graph operators.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Criterion {
    /// The method, which says what the value is compared with.
    pub method: Method,
    /// The value. On the command line it is always a string; in YAML it keeps its type.
    pub value: Value,
    /// `@x`: the matches, all their descendants, and all ancestors of those.
    pub childrens_parents: bool,
    /// `+x` and `2+x`: the ancestors, with the number of layers.
    pub parents: Option<Depth>,
    /// `x+` and `x+2`: the descendants, with the number of layers.
    pub children: Option<Depth>,
    /// Which tests of the selected nodes are also selected.
    pub mode: IndirectSelection,
    /// Where the criterion was written.
    pub origin: Origin,
}

/// The number of layers of the graph that an operator follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the language has no other depths")]
pub enum Depth {
    /// All layers.
    Unlimited,
    /// At most this number of layers.
    Layers(u32),
}

/// Which tests are selected together with the nodes that they depend on (dbt's indirect selection).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a program offers all modes")]
pub enum IndirectSelection {
    /// Tests that depend on at least one selected node.
    #[default]
    Eager,
    /// Tests of which all parents are selected.
    Cautious,
    /// Tests of which each parent is selected or is an ancestor of a selected node.
    Buildable,
    /// Only tests that are selected themselves.
    Empty,
}

impl IndirectSelection {
    /// All modes, in dbt's order.
    pub const ALL: [Self; 4] = [Self::Eager, Self::Cautious, Self::Buildable, Self::Empty];

    /// dbt's name of the mode.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Cautious => "cautious",
            Self::Buildable => "buildable",
            Self::Empty => "empty",
        }
    }

    /// The mode with exactly this name. (The command line ignores the letter case: convert to lower case first.)
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

impl Expr {
    /// A group that selects the nodes that any of `members` selects.
    #[must_use]
    pub fn union(members: Vec<Expr>, mode: IndirectSelection) -> Self {
        Self::group(Operation::Union, members, mode)
    }

    /// A group that selects the nodes that all of `members` select.
    #[must_use]
    pub fn intersection(members: Vec<Expr>, mode: IndirectSelection) -> Self {
        Self::group(Operation::Intersection, members, mode)
    }

    /// A group that selects the nodes of `from` without those of `excluded`.
    #[must_use]
    pub fn difference(from: Expr, excluded: Expr, mode: IndirectSelection) -> Self {
        Self::group(Operation::Difference, vec![from, excluded], mode)
    }

    fn group(operation: Operation, members: Vec<Expr>, mode: IndirectSelection) -> Self {
        Self::Group(Group {
            operation,
            members,
            mode,
            term: None,
        })
    }
}

impl From<Criterion> for Expr {
    fn from(criterion: Criterion) -> Self {
        Self::Criterion(criterion)
    }
}
