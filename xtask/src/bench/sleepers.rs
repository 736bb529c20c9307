//! Generated projects whose models sleep in DuckDB: they take their time, but no processor, also on a busy machine.

use std::path::Path;

use anyhow::Result;

use crate::workspace;

/// A kind of project.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    /// Five layers of six models, each with a test; a model reads two of the layer below.
    Layers,
    /// A model, 24 models that read it, and one that reads these.
    Fan,
    /// A chain, many short models, and two that take longer than all others.
    Unequal,
}

impl Shape {
    pub(super) const ALL: [Self; 3] = [Self::Layers, Self::Fan, Self::Unequal];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Layers => "layers",
            Self::Fan => "fan",
            Self::Unequal => "unequal",
        }
    }

    /// Writes the project, with SQL hooks before and after its nodes.
    pub(super) fn generate(self, dir: &Path) -> Result<()> {
        fs_err::create_dir_all(dir.join("models"))?;
        let shop = workspace::testdata().join("projects/shop");
        fs_err::copy(shop.join("profiles.yml"), dir.join("profiles.yml"))?;
        let project = "name: sleepers\nversion: \"1.0.0\"\nprofile: shop\nmodels: {+materialized: table}\n\
            on-run-start: select sleep_ms(300)\non-run-end: select sleep_ms(200)\n";
        fs_err::write(dir.join("dbt_project.yml"), project)?;
        let mut properties = "models:\n".to_owned();
        for Sleeper {
            name,
            milliseconds,
            reads,
            is_tested,
        } in self.sleepers()
        {
            let reads: String = reads
                .iter()
                .map(|read| format!("-- {{{{ ref('{read}') }}}}\n"))
                .collect();
            let sql = format!("{reads}select 1 as id where sleep_ms({milliseconds}) is null\n");
            fs_err::write(dir.join(format!("models/{name}.sql")), sql)?;
            let tests = if is_tested {
                ", columns: [{name: id, data_tests: [not_null]}]"
            } else {
                ""
            };
            properties.push_str(&format!("  - {{name: {name}{tests}}}\n"));
        }
        fs_err::write(dir.join("models/models.yml"), properties)?;
        Ok(())
    }

    fn sleepers(self) -> Vec<Sleeper> {
        match self {
            Self::Layers => layers(),
            Self::Fan => fan(),
            Self::Unequal => unequal(),
        }
    }
}

/// A model.
struct Sleeper {
    name: String,
    milliseconds: usize,
    reads: Vec<String>,
    is_tested: bool,
}

impl Sleeper {
    fn new(name: impl Into<String>, milliseconds: usize, reads: Vec<String>) -> Self {
        Self {
            name: name.into(),
            milliseconds,
            reads,
            is_tested: false,
        }
    }
}

fn layers() -> Vec<Sleeper> {
    const WIDTH: usize = 6;
    let name = |layer: usize, place: usize| format!("m{layer}_{}", place % WIDTH);
    let places = (0..5).flat_map(|layer| (0..WIDTH).map(move |place| (layer, place)));
    let sleeper = |(layer, place): (usize, usize)| {
        let below = layer.checked_sub(1);
        let reads = below.map(|below| vec![name(below, place), name(below, place + 1)]);
        let milliseconds = 300 + 50 * place;
        Sleeper {
            is_tested: true,
            ..Sleeper::new(name(layer, place), milliseconds, reads.unwrap_or_default())
        }
    };
    places.map(sleeper).collect()
}

fn fan() -> Vec<Sleeper> {
    let name = |place: usize| format!("m{place:02}");
    let middle = (0..24).map(|place| Sleeper::new(name(place), 600, vec!["first".to_owned()]));
    let first = [Sleeper::new("first", 1000, Vec::new())];
    let last = [Sleeper::new("last", 1000, (0..24).map(name).collect())];
    first.into_iter().chain(middle).chain(last).collect()
}

fn unequal() -> Vec<Sleeper> {
    let link = |place: usize| {
        let reads = place.checked_sub(1).map(|before| format!("link_{before}"));
        Sleeper::new(format!("link_{place}"), 800, reads.into_iter().collect())
    };
    let short = |place: usize| Sleeper::new(format!("short_{place:02}"), 100, Vec::new());
    let long = [
        Sleeper::new("long", 8000, vec!["link_0".to_owned()]),
        Sleeper::new("longish", 4000, vec!["short_00".to_owned()]),
    ];
    let others = (0..5).map(link).chain((0..20).map(short));
    others.chain(long).collect()
}
