"""Counts failures of critical models, without a flow."""

from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner


def count(metric: str, tags: list[tuple[str, str]]) -> None:
    """Stands for the client of a metrics service."""
    print(metric, str(tags).replace("'", '"'))


runner = PrefectDbtRunner()


@runner.post_model(select="tag:critical")
def count_failures(ctx: DbtHookContext) -> None:
    if ctx.status == "error":
        tags = [("node_id", ctx.node_id or "unknown"), ("command", ctx.command)]
        count("dbt.critical_model.failed", tags)


runner.invoke(["build"])
