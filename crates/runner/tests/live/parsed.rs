//! What dbt has parsed, shared by all copies of a project: for a copy, dbt reads it in place of parsing every file again.
//!
//! dbt saves it in the target folder, with the absolute path of the project, where it finds the seeds. Copies lie in folders
//! whose names have the same length, so that the path can be replaced in the file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use sha2::{Digest as _, Sha256};

use super::project::{Finished, Project};

/// dbt's file.
const FILE: &str = "partial_parse.msgpack";

/// The content of a project's files, and dbt's `--vars`: dbt parses anew if either differs.
type Key = (Vec<u8>, Option<String>);

static PARSED: Mutex<BTreeMap<Key, Arc<OnceLock<Parsed>>>> = Mutex::new(BTreeMap::new());

/// What dbt saved for the first copy of a project, and where the path of that copy is in it.
struct Parsed {
    root: PathBuf,
    bytes: Vec<u8>,
    places: Vec<usize>,
}

/// Gives a copy of a project what dbt has parsed of an equal one. The first copy is parsed.
pub(super) fn provide(project: &Path, vars: Option<&str>, dbt: &Path) {
    let root = project.canonicalize().unwrap();
    let key = (digest(&root), vars.map(str::to_owned));
    let parsed = Arc::clone(PARSED.lock().unwrap().entry(key).or_default());
    let parsed = parsed.get_or_init(|| Parsed::of(&root, vars, dbt));
    let target = root.join("target");
    fs_err::create_dir_all(&target).unwrap();
    fs_err::write(target.join(FILE), parsed.in_folder(&root)).unwrap();
}

impl Parsed {
    /// Has dbt parse a project, and leaves nothing in it.
    fn of(root: &Path, vars: Option<&str>, dbt: &Path) -> Self {
        let target = tempfile::tempdir().unwrap();
        let mut command = Command::new(dbt);
        command
            .current_dir(root)
            .args(["parse", "--no-write-json", "--target-path"])
            .arg(target.path())
            .arg("--log-path")
            .arg(target.path());
        if let Some(vars) = vars {
            command.args(["--vars", vars]);
        }
        let parsed = Finished::of(&mut command);
        assert_eq!(parsed.code, Some(0), "{}", parsed.stdout);
        let bytes = fs_err::read(target.path().join(FILE)).unwrap();
        let path = root.as_os_str().as_encoded_bytes();
        let windows = bytes.windows(path.len()).enumerate();
        let places = windows.filter(|(_, part)| *part == path);
        Self {
            root: root.to_owned(),
            places: places.map(|(at, _)| at).collect(),
            bytes,
        }
    }

    /// The same for a project in another folder.
    fn in_folder(&self, root: &Path) -> Vec<u8> {
        let path = root.as_os_str().as_encoded_bytes();
        assert_eq!(path.len(), self.root.as_os_str().len(), "{path:?}");
        let mut bytes = self.bytes.clone();
        for at in &self.places {
            bytes[*at..*at + path.len()].copy_from_slice(path);
        }
        bytes
    }
}

/// The digest of the names and contents of a project's files.
fn digest(root: &Path) -> Vec<u8> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                files.push(path);
            } else if !path.ends_with("target") {
                folders.push(path);
            }
        }
    }
    files.sort();
    let mut digest = Sha256::new();
    for file in files {
        let name = file.strip_prefix(root).unwrap().as_os_str();
        let content = fs_err::read(&file).unwrap();
        for part in [name.as_encoded_bytes(), &content] {
            digest.update(part.len().to_le_bytes());
            digest.update(part);
        }
    }
    digest.finalize().to_vec()
}

#[test]
fn a_copy_is_not_parsed_again_and_has_its_own_seeds() {
    // The first one is parsed if no other test has come before.
    let _first = Project::new();
    let copy = Project::new();
    copy.invoke(&["--no-prefect"], &["parse"]).exits_with(0);
    let truth = copy.truth();
    assert!(truth.has("PartialParsingSkipParsing"));
    let root = &truth.manifest["nodes"]["seed.shop.raw_orders"]["root_path"];
    let own = copy.path().canonicalize().unwrap();
    assert_eq!(root.as_str(), own.to_str());
}
