//! The parts, one after another.

use anyhow::Result;

use super::options::{Options, Part};
use super::{builds, programs, project, volume};
use crate::python::Environment;
use crate::{process, setup, workspace};

/// Measures what the arguments name, or everything.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    process::run(process::cargo().args(["build", "--release", "--package", "prefect-dbt"]))?;
    let has_builds = options
        .parts
        .iter()
        .any(|part| matches!(part, Part::Small | Part::Large));
    if options.parts.iter().any(|part| *part != Part::Volume) {
        setup::run()?;
    }
    if has_builds {
        Environment::Reference.install()?;
    }
    for part in &options.parts {
        match part {
            Part::Start => programs::start(options.rounds)?,
            Part::List => programs::list(options.rounds)?,
            Part::Huge => programs::huge(options.rounds)?,
            Part::Volume => volume::run(options.rounds)?,
            Part::Small => {
                let shop = workspace::testdata().join("projects/shop");
                builds::compare("small", &shop, options.rounds)?;
            }
            Part::Large => {
                let layers = workspace::fresh_dir("bench/layers")?;
                project::generate(&layers)?;
                builds::compare("large", &layers, options.rounds)?;
            }
        }
    }
    Ok(())
}
