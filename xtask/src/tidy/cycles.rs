//! No top-level modules of a crate use each other in a circle. `crates/runner` has the stricter rule of `floors`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

use super::report::Report;
use super::source::Tree;
use super::uses::Crate;

const CRATES: [&str; 6] = [
    "crates/manifest",
    "crates/selector",
    "crates/events",
    "crates/templating",
    "crates/prefect-client",
    "xtask",
];

/// Uses that may close a circle: the crate, the module, the module that it uses, and why.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[];

pub(super) fn check(tree: &Tree, report: &mut Report) {
    for folder in CRATES {
        let exceptions: Vec<_> = EXCEPTIONS
            .iter()
            .filter(|(of, ..)| *of == folder)
            .map(|(_, from, to, _)| (*from, *to))
            .collect();
        check_crate(tree, folder, &exceptions, report);
    }
}

type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

fn check_crate(tree: &Tree, folder: &str, exceptions: &[(&str, &str)], report: &mut Report) {
    let src = Path::new(folder).join("src");
    let read = Crate::read(tree, &src);
    let mut graph = Graph::new();
    for (found, to) in read.edges() {
        graph.entry(&found.from).or_default().insert(to);
    }
    for (from, to) in exceptions {
        let is_used = graph.get(from).is_some_and(|used| used.contains(to));
        if !is_used || way(&graph, to, from).is_none() {
            let problem = format!(
                "the exception `{from}` -> `{to}` is not needed any more: remove it from xtask/src/tidy/cycles.rs"
            );
            report.of(&src, &problem);
        }
    }
    for (from, to) in exceptions {
        if let Some(used) = graph.get_mut(from) {
            used.remove(to);
        }
    }
    for (found, to) in read.edges() {
        let from = found.from.as_str();
        if exceptions.contains(&(from, to)) {
            continue;
        }
        if let Some(way) = way(&graph, to, from) {
            let circle = way.join(" -> ");
            let problem = format!(
                "`{from}` uses `{to}`, which closes a circle: {from} -> {circle}. Move what both need to another \
                 module, or list the pair with the reason in xtask/src/tidy/cycles.rs"
            );
            report.at(&found.file, found.line, &problem);
        }
    }
}

/// The shortest way from one module to another, both included.
fn way<'a>(graph: &Graph<'a>, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([from]);
    while let Some(module) = queue.pop_front() {
        if module == to {
            let mut way = vec![module];
            while let Some(last) = way.last().and_then(|last| before.get(last)).copied() {
                way.push(last);
            }
            way.reverse();
            return Some(way);
        }
        for next in graph.get(module).into_iter().flatten() {
            if *next != from && !before.contains_key(next) {
                before.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(files: &[(&str, &str)], exceptions: &[(&str, &str)]) -> Vec<String> {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (format!("crates/events/src/{path}"), *text))
            .collect();
        let tree = Tree::of(files.iter().map(|(path, text)| (path.as_str(), *text)));
        let mut report = Report::default();
        check_crate(&tree, "crates/events", exceptions, &mut report);
        report.into_findings()
    }

    const CIRCLE: [(&str, &str); 5] = [
        ("lib.rs", "mod a;\npub use c::{C, D};"),
        ("a.rs", "use crate::b::B;"),
        ("b/mod.rs", "mod inner;"),
        ("b/inner.rs", "fn f(c: crate::C) {}"),
        ("c.rs", "use crate::{a::A, d};"),
    ];

    #[test]
    fn each_use_on_a_circle_is_reported() {
        let found = findings(&CIRCLE, &[]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].starts_with(
                "crates/events/src/a.rs:1: `a` uses `b`, which closes a circle: a -> b -> c -> a."
            ),
            "{found:?}"
        );
    }

    #[test]
    fn an_exception_opens_the_circle() {
        assert!(findings(&CIRCLE, &[("c", "a")]).is_empty());
    }

    #[test]
    fn an_exception_that_is_not_needed_is_reported() {
        let found = findings(&CIRCLE[..4], &[("b", "c"), ("c", "a")]);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`b` -> `c` is not needed"), "{found:?}");
    }
}
