//! The tree that the command line and `selectors.yml` are both parsed into.

use std::sync::Arc;

use serde_json::Value;

use crate::method::Method;
use crate::span::Origin;

/// A selection as it was written: criteria joined by set operations. It knows nothing of a manifest yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// One criterion, such as `+tag:nightly`.
    Criterion(Criterion),
    /// Several expressions joined by one operation.
    Group(Group),
}

/// Several expressions joined by one set operation.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How the members are joined.
    pub operation: Operation,
    /// The members. No members select nothing.
    pub members: Vec<Expr>,
    /// How tests left out by single members are taken in by the group as a whole. The groups of `selectors.yml` are
    /// always [`IndirectSelection::Eager`], which takes in none.
    pub mode: IndirectSelection,
    /// The text of the command line term that the group stands for, which is named in a warning when it selects nothing.
    pub term: Option<Arc<str>>,
}

/// A set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// What any member selects: terms parted by a space.
    Union,
    /// What all members select: criteria parted by a comma.
    Intersection,
    /// What the first member selects and no other does: `--exclude`.
    Difference,
}

/// One criterion: a method, its value, and how far to follow the graph from what they match.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// What the value is compared with.
    pub method: Method,
    /// The value: always a string from the command line; YAML keeps the type it was written in.
    pub value: Value,
    /// `@`: the matches, all their descendants, and all ancestors of those.
    pub childrens_parents: bool,
    /// `+x`: ancestors, and how many layers of them.
    pub parents: Option<Depth>,
    /// `x+`: descendants, and how many layers of them.
    pub children: Option<Depth>,
    /// Which tests of the selected nodes are selected with them.
    pub mode: IndirectSelection,
    /// Where it was written.
    pub origin: Origin,
}

/// How many layers of the graph an operator follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// As many as there are.
    Unlimited,
    /// At most so many.
    Layers(u32),
}

/// Which tests are selected because of the nodes that they depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum IndirectSelection {
    /// Tests that depend on any selected node.
    #[default]
    Eager,
    /// Tests all of whose parents are selected.
    Cautious,
    /// As cautious; a parent may also be an ancestor of a selected node.
    Buildable,
    /// No tests but those that are selected themselves.
    Empty,
}

impl IndirectSelection {
    /// Every mode, in the order in which dbt lists them.
    pub const ALL: [Self; 4] = [Self::Eager, Self::Cautious, Self::Buildable, Self::Empty];

    /// The name dbt gives the mode.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eager => "eager",
            Self::Cautious => "cautious",
            Self::Buildable => "buildable",
            Self::Empty => "empty",
        }
    }

    /// The mode of that exact name. (The command line ignores the letter case: lower it first.)
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == name)
    }
}

impl Expr {
    /// A group that selects what any of `members` does.
    pub fn union(members: Vec<Expr>, mode: IndirectSelection) -> Self {
        Self::group(Operation::Union, members, mode)
    }

    /// A group that selects what all of `members` do.
    pub fn intersection(members: Vec<Expr>, mode: IndirectSelection) -> Self {
        Self::group(Operation::Intersection, members, mode)
    }

    /// A group that selects what `from` does and `excluded` does not.
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
