//! Emits a metric when a critical model fails.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prefect_dbt::{HookStatus, PrefectDbtRunner};

/// Stands for the client of your metrics.
fn emit_metric(name: &str, tags: &[(&str, &str)]) {
    println!("{name} {tags:?}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    runner
        .post_model()
        .select("tag:critical")
        .named("alert on critical failures")
        .call(|ctx| {
            if ctx.status == Some(HookStatus::Error) {
                let node_id = ctx.node_id.as_deref().unwrap_or("unknown");
                let tags = [("node_id", node_id), ("command", &ctx.command)];
                emit_metric("dbt.critical_model.failed", &tags);
            }
        });
    runner.invoke(["build"]).await?;
    Ok(())
}
