//! Lets the flow run succeed in spite of failures in dbt.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prefect_dbt::{Flow, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder()
        .raise_on_failure(false)
        .build()?;
    let outcome = Flow::new("whatever-happens")
        .run(&runner, |_| ["build"])
        .await?;
    if let Some(failure) = &outcome.failure {
        println!("{failure}");
    }
    Ok(())
}
