//! Loads, builds and tests in one flow run, which is retried as a whole. Ctrl-C ends it Cancelled. An argument is the name of
//! the flow run.

use prefect_dbt::{Flow, FlowContext, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    let mut flow = Flow::new("seed-run-test").retries(1).handle_signals(true);
    if let Some(name) = std::env::args().nth(1) {
        flow = flow.flow_run_name(name);
    }
    flow.run_with(&runner, async |flow: FlowContext| {
        flow.invoke(["seed"]).await?;
        flow.invoke(["run"]).await?;
        flow.invoke(["test"]).await
    })
    .await?;
    Ok(())
}
