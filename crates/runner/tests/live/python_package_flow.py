"""Flows with the Python package. Prints a line of JSON for each fact that the test looks at."""

import json
import logging
import sys

from prefect import flow, task
from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner, PrefectDbtSettings


def report(**facts):
    print("FACT " + json.dumps(facts), flush=True)


class Lines(logging.Handler):
    def emit(self, record):
        if record.name == "prefect.task_runs" and "OK created" in record.getMessage():
            names = ["task_run_name", "task_run_id", "task_name", "flow_run_name", "flow_run_id", "flow_name"]
            report(logged={name: getattr(record, name) for name in names})


runner = PrefectDbtRunner(settings=PrefectDbtSettings(target_path="elsewhere"), raise_on_failure=False)


@runner.on_run_start
def before_build(ctx: DbtHookContext):
    report(event=ctx.event, command=ctx.command, args=ctx.args, owner=ctx.owner is runner, nodes=len(ctx.node_ids))


@runner.post_model(select="flaky")
async def failed(ctx: DbtHookContext):
    assert ctx.node.unique_id == ctx.node_id and ctx.node_ids == (ctx.node_id,)
    report(event=ctx.event, node=ctx.node_id, name=ctx.node.name, table=ctx.node.config.materialized, status=ctx.status)
    raise RuntimeError("a hook that fails")


@runner.on_run_end
def after(ctx: DbtHookContext):
    assert set(ctx.node_ids) == set(ctx.run_results)
    statuses = {node: result["status"] for node, result in ctx.run_results.items()}
    report(event=ctx.event, status=ctx.status, result=ctx.result, error=ctx.error, run_results=statuses)


@task
def ls():
    return PrefectDbtRunner().invoke(["ls", "--output", "name"], output="json")


@flow(flow_run_name=sys.argv[1])
def nightly():
    logging.getLogger("prefect.task_runs").addHandler(Lines())
    result = runner.invoke(["build"], exclude=["nothing"], threads=1)
    report(success=result.success, exception=result.exception, results={r.node.unique_id: r.status for r in result.result})
    report(listed=ls().result)
    try:
        PrefectDbtRunner().invoke(["build", "--target-path", "third"], select="flaky")
    except ValueError as error:
        report(raised=str(error))
    try:
        PrefectDbtRunner().invoke(["build", "--no-such-flag"])
    except ValueError as error:
        report(refused=str(error))


nightly()
alone = PrefectDbtRunner().invoke(["run"], select="base")
report(alone=alone.success)
try:
    PrefectDbtRunner().on_run_start(select="tag:a")
except TypeError:
    report(select="refused")
