"""Calls hooks for selected nodes only. The hook of the start takes no selection, and sees all nodes that are going to run."""

from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner

runner = PrefectDbtRunner()


@runner.on_run_start
def count_marts(ctx: DbtHookContext) -> None:
    nodes = ctx.owner.manifest.nodes
    marts = [node for node in ctx.node_ids if "marts" in nodes.get(node, {}).get("tags", [])]
    print(f"about to run {len(marts)} nodes of marts")


@runner.post_model(select="tag:pii")
def audit(ctx: DbtHookContext) -> None:
    print(f"finished PII model {ctx.node_id} with status={ctx.status}")


@runner.on_run_end(select="tag:marts")
def confirm_marts(ctx: DbtHookContext) -> None:
    print(f"marts touched in command `{ctx.command}`; status={ctx.status}")


runner.invoke(["build"])
