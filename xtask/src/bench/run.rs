//! The parts, one after another.

use std::path::PathBuf;

use anyhow::Result;

use super::contest::{Case, compare};
use super::options::{Options, Part};
use super::{plan, programs, project, python, volume};
use crate::python::Environment;
use crate::{process, setup, workspace};

/// Models in a layer of the project of about 300 nodes, and of the one of about 2,000 models.
const WIDTHS: (usize, usize) = (25, 334);

/// The example that seeds, runs and tests in one flow.
const FLOW: &str = "several_invocations";

/// Measures what the arguments name, or everything.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let options = Options::parse(args)?;
    let programs = [
        "build",
        "--release",
        "--package",
        "prefect-dbt",
        "--bins",
        "--example",
        FLOW,
    ];
    process::run(process::cargo().args(programs))?;
    if options.parts.iter().any(|part| *part != Part::Volume) {
        setup::run()?;
    }
    if options.with_reference {
        Environment::Reference.install()?;
    }
    let rounds = options.rounds;
    for part in &options.parts {
        match part {
            Part::Start => programs::start(rounds)?,
            Part::List => programs::list(rounds)?,
            Part::Huge => programs::huge(rounds)?,
            Part::Volume => volume::run(rounds)?,
            Part::Plan => {
                plan::large(rounds)?;
                plan::predict()?;
            }
            Part::Small => compare(build("small", &options), &shop(), rounds)?,
            Part::Large => {
                let layers = layers("layers", WIDTHS.0)?;
                compare(build("large", &options), &layers, rounds)?;
            }
            Part::Flow => compare(flow(), &shop(), rounds)?,
            Part::Python => python::run(rounds)?,
            Part::Parse => {
                let layers = layers("many-layers", WIDTHS.1)?;
                compare(parse("partial parse", false), &layers, rounds)?;
                compare(parse("parse from scratch", true), &layers, rounds)?;
            }
        }
    }
    Ok(())
}

fn shop() -> PathBuf {
    workspace::testdata().join("projects/shop")
}

fn layers(name: &str, width: usize) -> Result<PathBuf> {
    let dir = workspace::fresh_dir(&format!("bench/{name}"))?;
    project::generate(&dir, width)?;
    Ok(dir)
}

fn build<'a>(title: &'a str, options: &'a Options) -> Case<'a> {
    Case {
        title,
        commands: &[&["build"]],
        is_reported: true,
        is_fresh: false,
        with_reference: options.with_reference,
        other: options.other.as_deref(),
        flow: None,
    }
}

fn flow() -> Case<'static> {
    Case {
        title: "flow",
        commands: &[&["seed"], &["run"], &["test"]],
        is_reported: true,
        is_fresh: false,
        with_reference: false,
        other: None,
        flow: Some(FLOW),
    }
}

fn parse(title: &str, is_fresh: bool) -> Case<'_> {
    Case {
        title,
        commands: &[&["parse"]],
        is_reported: false,
        is_fresh,
        with_reference: false,
        other: None,
        flow: None,
    }
}
