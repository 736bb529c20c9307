//! A case is a file with a line of JSON, a line `=====`, and a profiles.yml.
//!
//! The JSON contains `variables`, `blocks` (`type/name` to `data` and `secret`), `expect` (JSON
//! pointers to the values that dbt must read; all others must be as in the source), and the
//! flags `crlf`, `bom` (how the source is stored) and `empty` (missing variables are empty).

use std::path::{Path, PathBuf};

use dbt_templating::{Block, Errors, Missing, RenderOptions, Rendered, Resolved, Template};
use serde_json::Value as Json;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) header: Json,
    pub(crate) source: String,
}

pub(crate) fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cases");
    let entries = std::fs::read_dir(folder).expect("the folder of cases");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| Case::read(path)).collect()
}

impl Case {
    pub(crate) fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("a case");
        let (header, source) = text.split_once("\n=====\n").expect("a header and a source");
        let header: Json = serde_json::from_str(header).expect("the header is JSON");
        let mut source = source.to_owned();
        if header["crlf"] == true {
            source = source.replace('\n', "\r\n");
        }
        if header["bom"] == true {
            source.insert(0, '\u{feff}');
        }
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        Self {
            name,
            header,
            source,
        }
    }

    pub(crate) fn render(&self) -> Result<Rendered, Errors> {
        let mut resolved = Resolved::new();
        for (name, value) in self.header["variables"].as_object().into_iter().flatten() {
            resolved = resolved.variable(name, value.clone());
        }
        for (id, block) in self.header["blocks"].as_object().into_iter().flatten() {
            let (type_slug, name) = id.split_once('/').expect("type/name");
            let secret = block["secret"].as_array().into_iter().flatten();
            let secret = secret.map(|field| field.as_str().expect("a field"));
            let block = Block::new(block["data"].clone()).secret_fields(secret);
            resolved = resolved.block(type_slug, name, block);
        }
        let missing = if self.header["empty"] == true {
            Missing::EmptyString
        } else {
            Missing::Error
        };
        Template::parse("profiles.yml", &self.source)?
            .render(&resolved, &RenderOptions::default().missing(missing))
    }
}
