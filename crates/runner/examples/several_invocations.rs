//! Loads, builds and tests in one flow run, which is retried as a whole. Ctrl-C ends it Cancelled.

use prefect_dbt::{Flow, FlowContext, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    Flow::new("seed-run-test")
        .retries(1)
        .handle_signals(true)
        .run_with(&runner, async |flow: FlowContext| {
            flow.invoke(["seed"]).await?;
            flow.invoke(["run"]).await?;
            flow.invoke(["test"]).await
        })
        .await?;
    Ok(())
}
