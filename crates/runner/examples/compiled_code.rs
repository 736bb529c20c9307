//! Ends the descriptions of assets with the compiled code.

use prefect_dbt::{Flow, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder()
        .include_compiled_code(true)
        .build()?;
    Flow::new("with-compiled-code")
        .run(&runner, |_| ["build"])
        .await?;
    Ok(())
}
