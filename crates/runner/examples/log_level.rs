//! Logs errors alone, whatever level Prefect logs at.

use prefect_dbt::{Flow, LogLevel, PrefectDbtRunner, PrefectDbtSettings};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let settings = PrefectDbtSettings::from_env()?.with_log_level(LogLevel::Error);
    let runner = PrefectDbtRunner::builder().settings(settings).build()?;
    Flow::new("errors-alone")
        .run(&runner, |_| ["build"])
        .await?;
    Ok(())
}
