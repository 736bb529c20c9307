//! Reports no assets. For some resources alone, say so in dbt_project.yml or in their own configuration:
//!
//! ```yaml
//! models:
//!   shop:
//!     staging:
//!       +meta: {prefect: {enable_assets: false}}
//! ```

use prefect_dbt::{Flow, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().disable_assets(true).build()?;
    Flow::new("without-assets")
        .run(&runner, |_| ["build"])
        .await?;
    Ok(())
}
