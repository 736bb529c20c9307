//! Runs dbt with a profiles.yml that refers to Prefect, such as
//!
//! ```yaml
//! example:
//!   target: "{{ prefect.variables.target }}"
//!   outputs:
//!     dev: {type: duckdb, path: dev.duckdb}
//!     prod:
//!       type: snowflake
//!       password: "{{ prefect.blocks.snowflake-credentials.warehouse.password }}"
//! ```
//!
//! Nothing has to be said: the references are resolved for each run, and secrets reach dbt through its environment alone.

use prefect_dbt::{Flow, PrefectDbtRunner};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    Flow::new("with-templated-profile")
        .run(&runner, |_| ["build"])
        .await?;
    Ok(())
}
