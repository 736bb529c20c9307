//! Runs `dbt build` as a flow run.

use prefect_dbt::{Flow, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    Flow::new("run-dbt").run(&runner, |_| ["build"]).await?;
    Ok(())
}
