//! The options of `cargo xtask bench`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

/// A part of the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Builds of the demo project.
    Small,
    /// Builds of a generated project of about 300 nodes.
    Large,
    /// Seed, run and test of the demo project.
    Flow,
    /// Parsing a generated project of about 2,000 models, partially and from scratch.
    Parse,
    /// The Python package: import, `invoke`, hooks.
    Python,
    /// The start of prefect-dbt.
    Start,
    /// Listing nodes of a project of 10,000.
    List,
    /// Listing nodes of a manifest of 100,000.
    Huge,
    /// A build of 20,000 nodes, reported at full speed.
    Volume,
    /// Planning: how good the expected durations are, and a project of 10,000 nodes.
    Plan,
}

/// The command line of `bench`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) parts: Vec<Part>,
    /// How often each program runs.
    pub(super) rounds: usize,
    /// Whether Prefect's Python runner takes part in the builds.
    pub(super) with_reference: bool,
    /// Another build of prefect-dbt that takes part, without its launcher: what did a change cost?
    pub(super) other: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(args: &[String]) -> Result<Self> {
        let mut options = Self {
            parts: Vec::new(),
            rounds: 5,
            with_reference: false,
            other: None,
        };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "small" => options.parts.push(Part::Small),
                "large" => options.parts.push(Part::Large),
                "flow" => options.parts.push(Part::Flow),
                "parse" => options.parts.push(Part::Parse),
                "python" => options.parts.push(Part::Python),
                "--reference" => options.with_reference = true,
                "--against" => {
                    let path = args.next().context("`--against` needs a path")?;
                    options.other = Some(path.into());
                }
                "start" => options.parts.push(Part::Start),
                "ls" => options.parts.push(Part::List),
                "huge" => options.parts.push(Part::Huge),
                "volume" => options.parts.push(Part::Volume),
                "plan" => options.parts.push(Part::Plan),
                "--rounds" => {
                    let rounds = args.next().context("`--rounds` needs a number")?;
                    options.rounds = rounds.parse().context("`--rounds` needs a number")?;
                }
                unknown => {
                    bail!(
                        "unknown part `{unknown}`: expected start, ls, huge, volume, plan, small, large, flow, parse or python"
                    )
                }
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![
                Part::Start,
                Part::List,
                Part::Huge,
                Part::Volume,
                Part::Plan,
                Part::Small,
                Part::Large,
                Part::Flow,
                Part::Parse,
                Part::Python,
            ];
        }
        options.rounds = options.rounds.max(1);
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_rounds_come_in_any_order() {
        let args = ["--rounds", "2", "small"].map(str::to_owned);
        let options = Options::parse(&args).expect("these are fine");
        assert_eq!(
            options,
            Options {
                parts: vec![Part::Small],
                rounds: 2,
                with_reference: false,
                other: None,
            }
        );
        assert!(Options::parse(&["--rounds".to_owned()]).is_err());
    }
}
