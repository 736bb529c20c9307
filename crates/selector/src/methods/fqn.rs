//! `fqn:` matches package, directories and name, joined with dots.

use dbt_manifest::{Node, ResourceType};

use crate::dialect::Dialect;
use crate::fnmatch::Pattern;
use crate::graph::{SelectionGraph, is_in_nodes};
use crate::set::NodeSet;

/// All nodes except sources; before dbt 1.6, also without nodes that are defined only in YAML.
pub(super) fn resolve(text: &str, graph: &SelectionGraph<'_>) -> NodeSet {
    let dialect = graph.dialect();
    let selector = Selector::new(text, dialect);
    let mut path = String::new();
    // dbt 2 also takes unique ids.
    let id = (dialect >= Dialect::V2).then(|| Pattern::new(text));
    graph.matching(|node| {
        let in_domain = match dialect < Dialect::V1_6 {
            true => is_in_nodes(node),
            false => node.resource_type != ResourceType::Source,
        };
        in_domain
            && (selector.matches(node, &mut path)
                || id
                    .as_ref()
                    .is_some_and(|id| id.matches(node.unique_id.as_str())))
    })
}

/// The pattern, split once for all nodes.
struct Selector<'a> {
    text: &'a str,
    /// If the last two parts may be a name and a version: they, and the character that separates name and version.
    version: String,
    joint: char,
    wildcard: Option<Wildcard<'a>>,
}

/// A pattern that has wildcards from some part on.
struct Wildcard<'a> {
    /// The parts before it, with the dot after them.
    literal: &'a str,
    pattern: Pattern,
    /// The number of parts of the pattern.
    parts: usize,
    /// The pattern to compare with the name only.
    leaf: Option<Pattern>,
}

impl<'a> Selector<'a> {
    fn new(text: &'a str, dialect: Dialect) -> Self {
        let last_two = text
            .rmatch_indices('.')
            .nth(1)
            .map_or(text, |(dot, _)| &text[dot + 1..]);
        // Before dbt 1.6, `customers_v2` did not match the version `customers.v2`.
        let joint = if dialect < Dialect::V1_6 { '.' } else { '_' };
        let version = match (dialect >= Dialect::V2, text.rsplit_once('.')) {
            // dbt 2 does not ignore the parts before.
            (true, Some((name, version))) => format!("{name}_{version}"),
            _ => last_two.replace('.', joint.encode_utf8(&mut [0; 4])),
        };
        let wildcard = text.find(['*', '?', '[', ']']).map(|at| {
            let (literal, pattern) = text.split_at(text[..at].rfind('.').map_or(0, |dot| dot + 1));
            let leaf = dialect.matches_leaves() && !text.contains('.');
            Wildcard {
                literal,
                pattern: Pattern::new(pattern),
                parts: pattern.split('.').count(),
                leaf: leaf.then(|| Pattern::new(text)),
            }
        });
        Self {
            text,
            version,
            joint,
            wildcard,
        }
    }

    /// Compares the pattern with the name, the path from the package, and the path below it. `path` is a reused buffer.
    fn matches(&self, node: &Node, path: &mut String) -> bool {
        let [directories @ .., last] = node.fqn.as_slice() else {
            return false;
        };
        // The fqn of a versioned model ends with its name and `v` with the version.
        let (name, is_named) = match directories.last() {
            Some(name) if is_versioned(node) => {
                (name, *self.text == **name || self.names_version(name, last))
            }
            _ => (last, *self.text == **last),
        };
        is_named || {
            path.clear();
            for part in directories {
                path.push_str(part);
                path.push('.');
            }
            path.push_str(last);
            let below = directories
                .first()
                .map(|package| &path[package.len() + 1..]);
            self.matches_path(path, name)
                || below.is_some_and(|below| self.matches_path(below, name))
        }
    }

    /// `customers.v2` or `customers_v2`. The parts before are ignored.
    fn names_version(&self, name: &str, version: &str) -> bool {
        let rest = self
            .version
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix(self.joint));
        rest == Some(version)
    }

    fn matches_path(&self, path: &str, name: &str) -> bool {
        let Some(wildcard) = &self.wildcard else {
            // A pattern without wildcards also matches all nodes below the directory of that name.
            let rest = path.strip_prefix(self.text);
            return rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        };
        let Some(rest) = path.strip_prefix(wildcard.literal) else {
            return false;
        };
        let is_long_enough =
            wildcard.parts == 1 || rest.split('.').nth(wildcard.parts - 1).is_some();
        is_long_enough
            && (wildcard.pattern.matches(rest)
                || wildcard
                    .leaf
                    .as_ref()
                    .is_some_and(|leaf| leaf.matches(name)))
    }
}

fn is_versioned(node: &Node) -> bool {
    node.resource_type == ResourceType::Model && node.version.is_some()
}
