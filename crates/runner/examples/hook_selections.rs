//! Selects what hooks are called for; those of the run's start see all that is scheduled.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use prefect_dbt::PrefectDbtRunner;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runner = PrefectDbtRunner::builder().build()?;
    runner.on_run_start(|ctx| {
        let is_mart = |id: &&String| {
            let node = ctx.manifest().and_then(|manifest| manifest.get(id));
            node.is_some_and(|node| node.tags.iter().any(|tag| &**tag == "marts"))
        };
        let marts = ctx.node_ids.iter().filter(is_mart).count();
        println!("about to run {marts} nodes of marts");
    });
    runner.post_model().select("tag:pii").call(|ctx| {
        if let (Some(model), Some(status)) = (&ctx.node_id, ctx.status) {
            println!("finished PII model {model} with status={status}");
        }
    });
    // Called only when at least one of them took part in the run.
    runner.on_run_end().select("tag:marts").call(|ctx| {
        if let Some(status) = ctx.status {
            println!(
                "marts touched in command `{}`; status={status}",
                ctx.command
            );
        }
    });
    runner.invoke(["build"]).await?;
    Ok(())
}
