"""Calls hooks before dbt starts, after critical models, and at the end if marts took part."""

import json

from prefect import flow
from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner

runner = PrefectDbtRunner()


@runner.on_run_start
def announce(ctx: DbtHookContext):
    print(f"Starting dbt command: {ctx.command} with args: {json.dumps(ctx.args)}")


@runner.post_model(select="tag:critical")
def watch_critical(ctx: DbtHookContext):
    if ctx.status == "error":
        print(f"Critical model {ctx.node_id} failed: {ctx.error}")


@runner.on_run_end(select="tag:marts")
def report_marts(ctx: DbtHookContext):
    print(f"Run finished with status: {ctx.status}")
    if ctx.run_results:
        print(f"Nodes that took part: {len(ctx.run_results)}")


@flow
def build_with_watchers():
    runner.invoke(["build"])


if __name__ == "__main__":
    build_with_watchers()
