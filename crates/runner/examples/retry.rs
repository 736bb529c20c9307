//! Builds, and when the flow run is repeated, up to twice, retries what failed.

use prefect_dbt::{Flow, FlowContext, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    let what = |flow: FlowContext| match flow.run_count {
        1 => ["build"],
        _ => ["retry"],
    };
    Flow::new("build-or-retry")
        .retries(2)
        .run(&runner, what)
        .await?;
    Ok(())
}
