//! Measures reading a manifest, building the graph and ten selections: `cargo bench -p dbt-selector --bench selection -- manifest.json`.

#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::error::Error;
use std::hint::black_box;
use std::time::Instant;

use dbt_manifest::Manifest;
use dbt_selector::{Context, Expr, IndirectSelection, SelectionGraph};

const TIMES: usize = 21;

/// Typical selections, and slow ones.
const EXPRESSIONS: [&str; 10] = [
    "tag:critical",
    "tag:critical+",
    "+tag:critical",
    "@tag:critical",
    "model_07_0*",
    "2+model_19_001+1",
    "config.materialized:view,tag:critical",
    "resource_type:test --exclude tag:critical+",
    "path:models",
    "* --exclude model_00_000+",
];

fn main() -> Result<(), Box<dyn Error>> {
    let Some(path) = std::env::args().skip(1).find(|arg| !arg.starts_with('-')) else {
        println!("usage: cargo bench -p dbt-selector --bench selection -- manifest.json");
        return Ok(());
    };
    let bytes = std::fs::read(&path)?;
    println!(
        "{:>10.2} ms  load {} MB",
        median(|| Manifest::from_slice(&bytes)),
        bytes.len() / 1_000_000
    );
    let manifest = Manifest::from_vec(bytes)?;
    println!(
        "{:>10.2} ms  graph of {} nodes",
        median(|| SelectionGraph::new(&manifest)),
        manifest.len()
    );
    let graph = SelectionGraph::new(&manifest);
    for text in EXPRESSIONS {
        let select = || -> Result<usize, Box<dyn Error>> {
            let expr = Expr::parse(text, IndirectSelection::Eager)?;
            let compiled = expr.compile(&graph, &Context::default())?;
            Ok(compiled.evaluate().nodes().len())
        };
        let selected = select()?;
        println!("{:>10.2} ms  {text} ({selected} nodes)", median(select));
    }
    Ok(())
}

/// The median of several runs, in milliseconds.
fn median<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut times: Vec<f64> = (0..TIMES)
        .map(|_| {
            let begin = Instant::now();
            black_box(run());
            begin.elapsed().as_secs_f64() * 1000.0
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[TIMES / 2]
}
