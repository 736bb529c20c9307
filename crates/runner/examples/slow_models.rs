//! Names the models that took long; there are no results when dbt could not read the project.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prefect_dbt::PrefectDbtRunner;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    runner.on_run_end().call(|ctx| {
        if let Some(error) = &ctx.error {
            println!("dbt run did not produce results: {error}");
            return;
        }
        let results = ctx.run_results.iter().flatten();
        let mut slow: Vec<(&str, f64)> = results
            .filter(|(id, _)| id.starts_with("model."))
            .filter_map(|(id, node)| Some((id.as_str(), node.execution_time?)))
            .filter(|(_, seconds)| *seconds >= 30.0)
            .collect();
        slow.sort_by(|one, other| other.1.total_cmp(&one.1));
        for (model, seconds) in slow {
            println!("slow model {model}: {seconds:.1}s");
        }
    });
    runner.invoke(["build"]).await?;
    Ok(())
}
