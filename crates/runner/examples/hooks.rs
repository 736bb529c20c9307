//! Calls hooks before dbt starts, after critical models, and at the end if marts took part.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prefect_dbt::{Flow, HookStatus, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;

    runner.on_run_start(|ctx| {
        println!(
            "Starting dbt command: {} with args: {:?}",
            ctx.command, ctx.args
        );
    });
    runner.post_model().select("tag:critical").call(|ctx| {
        if ctx.status == Some(HookStatus::Error)
            && let (Some(model), Some(error)) = (&ctx.node_id, &ctx.error)
        {
            println!("Critical model {model} failed: {error}");
        }
    });
    runner.on_run_end().select("tag:marts").call(|ctx| {
        if let (Some(status), Some(results)) = (ctx.status, &ctx.run_results) {
            println!("Run finished with status: {status}");
            println!("Nodes that took part: {}", results.len());
        }
    });

    Flow::new("with-hooks").run(&runner, |_| ["build"]).await?;
    Ok(())
}
