"""Sends how many nodes have each status, after good and bad runs, without a flow."""

import json
from collections import Counter

from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner


def post(channel: str, text: str) -> None:
    """Stands for the client of a chat."""
    print(f"{channel}: {text}")


runner = PrefectDbtRunner()


@runner.on_run_end
def send_summary(ctx: DbtHookContext) -> None:
    nodes = (ctx.run_results or {}).values()
    statuses = Counter(node.get("status") for node in nodes)
    counts = json.dumps(dict(sorted(statuses.items())))
    post("#data-platform", f"dbt {ctx.command} finished with status={ctx.status}; per node: {counts}")


runner.invoke(["build"])
