//! The public API of each crate as a text, `crates/*/public-api.txt`, so that a review shows every change of it.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::packages::CRATES;
use crate::process::{cargo, output};
use crate::workspace;

/// rustdoc writes JSON only with options that are not stable. This allows them for rustdoc alone. For the whole of cargo, the
/// variable would build every dependency again.
const RUSTDOC: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec rustdoc \"$@\"\n";

/// Fails if a listing is not up to date; with `bless`, writes it.
pub(crate) fn run(bless: bool) -> Result<()> {
    let rustdoc = wrapper()?;
    let mut outdated = Vec::new();
    for (package, folder) in CRATES {
        let listing = listing(package, &rustdoc)?;
        let path = workspace::root()
            .join("crates")
            .join(folder)
            .join("public-api.txt");
        if bless {
            fs_err::write(path, listing)?;
            continue;
        }
        let stored = fs_err::read_to_string(path).unwrap_or_default();
        let changes = changes(&stored, &listing);
        if !changes.is_empty() {
            outdated.push(format!("{package}:\n{}", changes.join("\n")));
        }
    }
    if !outdated.is_empty() {
        bail!(
            "the public API differs from crates/*/public-api.txt; write them with `cargo xtask api --bless`:\n{}",
            outdated.join("\n")
        );
    }
    Ok(())
}

/// A rustdoc that takes unstable options, in the target folder.
fn wrapper() -> Result<PathBuf> {
    let path = workspace::target().join("rustdoc-json");
    fs_err::write(&path, RUSTDOC)?;
    fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

/// Each public item in a line.
fn listing(package: &str, rustdoc: &Path) -> Result<String> {
    // Without features, as the check of each crate alone has built the dependencies. The program has no API.
    let build = ["--lib", "--no-default-features", "--quiet"];
    let json = ["-Z", "unstable-options", "--output-format", "json"];
    output(
        cargo()
            .args(["rustdoc", "-p", package])
            .args(build)
            .arg("--")
            .args(json)
            .args(["--cap-lints", "allow"])
            .env("RUSTDOC", rustdoc),
    )?;
    let file = format!("{}.json", package.replace('-', "_"));
    let api = public_api::Builder::from_rustdoc_json(workspace::target().join("doc").join(file))
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .build()?;
    let items: Vec<String> = api.items().map(ToString::to_string).collect();
    Ok(without_trait_items(&items))
}

/// The items in lines, without those of trait implementations: the trait has them.
fn without_trait_items(items: &[String]) -> String {
    let mut lines = String::new();
    let mut implementor: Option<&str> = None;
    for item in items {
        if item.starts_with("impl") {
            let path = item.split_once(" for ").map(|(_, path)| path);
            implementor = path.and_then(|path| path.split(['<', ' ']).next());
        } else if let Some(path) = implementor {
            let declares = |keyword: &str| {
                let declared = item.strip_prefix(keyword);
                declared.is_some_and(|declared| declared.starts_with(path))
            };
            if declares("pub fn ") || declares("pub type ") || declares("pub async fn ") {
                continue;
            }
        }
        lines.push_str(item);
        lines.push('\n');
    }
    lines
}

/// Lines that only one of the texts has: `-` for the stored one, `+` for the new one.
fn changes(stored: &str, new: &str) -> Vec<String> {
    let [stored, new] = [stored, new].map(|text| text.lines().collect::<BTreeSet<_>>());
    let removed = stored.difference(&new).map(|line| format!("- {line}"));
    let added = new.difference(&stored).map(|line| format!("+ {line}"));
    removed.chain(added).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_items_of_a_trait_are_left_out() {
        let items = [
            "pub struct a::Line<'a>",
            "impl a::Line<'_>",
            "pub fn a::Line<'_>::text(&self) -> &str",
            "impl<'a> core::clone::Clone for a::Line<'a>",
            "pub fn a::Line<'a>::clone(&self) -> a::Line<'a>",
            "pub fn a::decode(&str) -> a::Line<'_>",
        ];
        let mut expected: Vec<&str> = items.to_vec();
        expected.remove(4);
        let found = without_trait_items(&items.map(str::to_owned));
        assert_eq!(found.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_changed_item_is_shown_as_removed_and_added() {
        let stored = "pub fn a::f()\npub fn a::g()\n";
        let new = "pub fn a::f()\npub fn a::g(u8)\n";
        assert_eq!(
            changes(stored, new),
            ["- pub fn a::g()", "+ pub fn a::g(u8)"]
        );
        assert!(changes(new, new).is_empty());
    }
}
