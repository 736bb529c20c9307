"""Asynchronous flows, tasks and hooks with the package. Prints what the hooks saw."""

import asyncio
import sys

from prefect import flow, task
from prefect.context import FlowRunContext
from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner

runner = PrefectDbtRunner()


@runner.post_model
async def after(ctx: DbtHookContext):
    await asyncio.sleep(0)
    print(f"{ctx.node.name} {ctx.status} in {FlowRunContext.get().flow.name}", flush=True)


@runner.on_run_end
async def fails(ctx: DbtHookContext):
    await asyncio.sleep(0)
    raise RuntimeError("an asynchronous hook that fails")


@task
async def in_a_task():
    return runner.invoke(["run"], select="base")


@flow(flow_run_name=sys.argv[1])
async def nightly():
    first = runner.invoke(["run"], select="base")
    # On another thread, the event loop of the flow goes on.
    second = await asyncio.to_thread(runner.invoke, ["run"], select="base")
    third = await in_a_task()
    print([one.success for one in (first, second, third)])


asyncio.run(nightly())
