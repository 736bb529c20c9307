//! Which top-level module of a crate uses which, read from the paths in its code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::lexer::production_code;
use super::source::Tree;

/// Folders whose modules count as top-level modules.
const SPLIT: [&str; 1] = ["prefect"];

/// A crate's top-level modules and the paths in them.
pub(super) struct Crate {
    pub(super) modules: BTreeSet<String>,
    pub(super) uses: Vec<Use>,
    /// Names at the crate's root and the modules that define them.
    exports: BTreeMap<String, String>,
}

/// A path in the code of a module that leads to the crate's root or through it.
pub(super) struct Use {
    pub(super) file: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    /// The module that holds the path.
    pub(super) from: String,
    /// The path from the crate's root, without `crate`.
    pub(super) path: Vec<String>,
    /// The module that the path leads into; `None` when its first name is no module.
    pub(super) to: Option<String>,
}

impl Crate {
    /// Reads the crate whose sources are below `src`, without its tests.
    pub(super) fn read(tree: &Tree, src: &Path) -> Self {
        let files: Vec<_> = tree
            .sources(src)
            .filter_map(|file| Some((file, file.path.strip_prefix(src).ok()?)))
            .collect();
        let modules = files.iter().filter_map(|(_, path)| module_of(path));
        let modules: BTreeSet<String> = modules.collect();
        let (mut uses, mut exports) = (Vec::new(), BTreeMap::new());
        for (file, relative) in &files {
            let Some(from) = module_of(relative) else {
                exports.extend(exported(&production_code(&file.text)));
                continue;
            };
            let here = module_path(relative);
            for (line, written) in paths(&production_code(&file.text)) {
                let Some(path) = from_root(&written, &here) else {
                    continue;
                };
                let to = target(&path).filter(|name| modules.contains(name));
                // In a module that is written inside of a file, `super` is the file.
                if to.is_none() && written[0] == "super" {
                    continue;
                }
                uses.push(Use {
                    file: file.path.clone(),
                    line,
                    from: from.clone(),
                    path,
                    to,
                });
            }
        }
        Self {
            modules,
            uses,
            exports,
        }
    }

    /// The uses of other modules, each with the module that is used. A name at the root counts for the module that defines it.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&Use, &str)> {
        self.uses.iter().filter_map(|found| {
            let exported = || self.exports.get(found.path.last()?);
            let to = found.to.as_ref().or_else(exported)?;
            (*to != found.from).then_some((found, to.as_str()))
        })
    }
}

/// The top-level module that a file belongs to; `None` for the root of the crate and of a split folder.
fn module_of(relative: &Path) -> Option<String> {
    target(&module_path(relative))
}

/// The module that a path from the root leads into.
fn target(path: &[String]) -> Option<String> {
    match path {
        [folder, inner, ..] if SPLIT.contains(&folder.as_str()) => {
            Some(format!("{folder}/{inner}"))
        }
        [folder] if SPLIT.contains(&folder.as_str()) => None,
        [first, ..] => Some(first.clone()),
        [] => None,
    }
}

/// `a/b.rs` and `a/b/mod.rs` are the module `[a, b]`.
fn module_path(relative: &Path) -> Vec<String> {
    let path = relative.with_extension("");
    let mut names: Vec<String> = path
        .components()
        .filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
            _ => None,
        })
        .collect();
    let is_root = |name: &String| ["mod", "lib", "main"].contains(&name.as_str());
    names.pop_if(|last| is_root(last));
    names
}

/// A path without its leading `crate` or `super`s; `None` when it does not reach the root.
fn from_root(written: &[String], here: &[String]) -> Option<Vec<String>> {
    let ups = written.iter().take_while(|name| *name == "super").count();
    if ups == 0 {
        return Some(written[1..].to_vec());
    }
    let above = here.len().checked_sub(ups)?;
    let path = here[..above].iter().chain(&written[ups..]);
    // A path that stays inside of its own module is of no interest.
    (target(&here[..above]).is_none()).then(|| path.cloned().collect())
}

/// Paths that begin with `crate::` or `super::`, with their lines; each branch of a group is one.
fn paths(code: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = code[at..].find(is_name) {
        let start = at + offset;
        let word = name(&code[start..]);
        at = start + word.len();
        // `pub(in crate::a)` uses nothing.
        let is_visibility = code[..start].trim_end().ends_with("(in");
        if ["crate", "super"].contains(&word) && code[at..].starts_with("::") && !is_visibility {
            let mut tree = UseTree { code, at: start };
            tree.read(&mut Vec::new(), &mut found);
            at = tree.at.max(at);
        }
    }
    let line = |offset: usize| code[..offset].matches('\n').count() + 1;
    found
        .into_iter()
        .map(|(offset, path)| (line(offset), path))
        .collect()
}

/// The names that a root file takes out of its modules, with the modules.
fn exported(code: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("use ") {
        let mut tree = UseTree { code, at: at + 4 };
        tree.read(&mut Vec::new(), &mut found);
    }
    let named = found.into_iter().filter_map(|(_, path)| {
        let module = target(&path)?;
        Some((path.last()?.clone(), module))
    });
    named.collect()
}

/// A path, or a tree of them in a `use`, that is being read.
struct UseTree<'a> {
    code: &'a str,
    at: usize,
}

impl UseTree<'_> {
    /// Reads from here to the end of the path and adds each branch with the offset of its last name.
    fn read(&mut self, prefix: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
        let depth = prefix.len();
        loop {
            self.skip_space();
            let rest = &self.code[self.at..];
            if rest.starts_with('{') {
                self.read_group(prefix, found);
                break;
            }
            let word = if rest.starts_with('*') {
                "*"
            } else {
                name(rest)
            };
            let start = self.at;
            self.at += word.len();
            // `a::self` is `a`, and `a::<T>` ends the path.
            if !word.is_empty() && word != "self" {
                prefix.push(word.to_owned());
            }
            if word.is_empty() || !self.take("::") {
                found.push((start, prefix.clone()));
                break;
            }
        }
        prefix.truncate(depth);
    }

    fn read_group(&mut self, prefix: &mut Vec<String>, found: &mut Vec<(usize, Vec<String>)>) {
        self.at += 1;
        loop {
            self.skip_space();
            if self.at >= self.code.len() || self.take("}") {
                return;
            }
            self.read(prefix, found);
            // `as other` and the comma.
            let rest = &self.code[self.at..];
            self.at += rest.find([',', '}']).unwrap_or(rest.len());
            self.take(",");
        }
    }

    fn take(&mut self, expected: &str) -> bool {
        let is_there = self.code[self.at..].starts_with(expected);
        self.at += if is_there { expected.len() } else { 0 };
        is_there
    }

    fn skip_space(&mut self) {
        let rest = &self.code[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn name(text: &str) -> &str {
    let end = text.find(|c| !is_name(c)).unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> Vec<(usize, String)> {
        paths(code)
            .into_iter()
            .map(|(line, path)| (line, path.join("::")))
            .collect()
    }

    #[test]
    fn every_branch_of_a_group_is_a_path() {
        let code = "use std::a;\nuse crate::{\n    a::{X, inner::{self, Y as Z}},\n    b::*,\n};\nuse crate::c;";
        let expected = [
            (3, "crate::a::X"),
            (3, "crate::a::inner"),
            (3, "crate::a::inner::Y"),
            (4, "crate::b::*"),
            (6, "crate::c"),
        ];
        assert_eq!(
            read(code),
            expected.map(|(line, path)| (line, path.to_owned()))
        );
    }

    #[test]
    fn paths_inside_of_expressions_are_read() {
        let code = "let a: Vec<crate::a::B<u8>> = crate::b::f::<u8>(super::super::c::D { e: 1 });";
        let found: Vec<_> = read(code).into_iter().map(|(_, path)| path).collect();
        assert_eq!(found, ["crate::a::B", "crate::b::f", "super::super::c::D"]);
    }

    #[test]
    fn files_belong_to_their_top_level_module() {
        let module = |path: &str| module_of(Path::new(path));
        assert_eq!(module("a.rs").as_deref(), Some("a"));
        assert_eq!(module("a/mod.rs").as_deref(), Some("a"));
        assert_eq!(module("a/b/c.rs").as_deref(), Some("a"));
        assert_eq!(module("prefect/a/b.rs").as_deref(), Some("prefect/a"));
        assert_eq!(module("prefect/mod.rs"), None);
        assert_eq!(module("lib.rs"), None);
    }

    #[test]
    fn a_path_through_super_counts_when_it_leaves_the_module() {
        let of = |path: &[&str], here: &[&str]| {
            let owned = |names: &[&str]| {
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()
            };
            from_root(&owned(path), &owned(here)).map(|path| path.join("::"))
        };
        assert_eq!(of(&["super", "b"], &["a"]).as_deref(), Some("b"));
        assert_eq!(
            of(&["super", "super", "b"], &["a", "c"]).as_deref(),
            Some("b")
        );
        assert_eq!(of(&["super", "b"], &["a", "c"]), None);
        assert_eq!(
            of(&["super", "super", "b"], &["prefect", "a", "c"]).as_deref(),
            Some("prefect::b")
        );
    }
}
