//! Sends a summary when dbt is done, after good runs and bad ones.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use prefect_dbt::{HookStatus, PrefectDbtRunner};

/// Stands for a chat, a mail, a pager.
async fn notify(channel: &str, message: &str) {
    println!("{channel}: {message}");
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    runner.on_run_end().call_async(|ctx| async move {
        let mut statuses = BTreeMap::<&str, usize>::new();
        for node in ctx.run_results.iter().flat_map(BTreeMap::values) {
            *statuses.entry(node.status.as_str()).or_default() += 1;
        }
        let status = ctx.status.map_or("unknown", HookStatus::as_str);
        let text = format!(
            "dbt {} finished with status={status}; per node: {statuses:?}",
            ctx.command
        );
        notify("#data-platform", &text).await;
    });
    runner.invoke(["build"]).await?;
    Ok(())
}
