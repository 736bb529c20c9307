"""The Prefect flow or task that the caller runs in. Nothing here imports Prefect: without it, there is no flow."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field


@dataclass(frozen=True)
class CallerRun:
    """Where the runner was called."""

    in_run: bool = False
    """Whether it was called in a flow or a task."""
    flow_run_id: str | None = None
    flow_run_name: str | None = None
    environment: dict[str, str] = field(default_factory=dict)
    """Variables with the settings of Prefect."""


def caller_run(client: object = None) -> CallerRun:
    """The flow run, and the API that it reports to."""
    if "prefect.context" not in sys.modules:
        return CallerRun()
    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.settings import get_current_settings

    environment = dict(get_current_settings().to_environment_variables(exclude_unset=True))
    flow, task = FlowRunContext.get(), TaskRunContext.get()
    client = client or getattr(flow, "client", None) or getattr(task, "client", None)
    # A flow without a configured API has a temporary server.
    if client is not None and (url := getattr(client, "api_url", None)):
        environment["PREFECT_API_URL"] = str(url).rstrip("/")
    run = getattr(flow, "flow_run", None)
    flow_run_id = getattr(run, "id", None)
    if task is not None:
        flow_run_id = task.task_run.flow_run_id or flow_run_id
    return CallerRun(
        in_run=flow is not None or task is not None,
        flow_run_id=str(flow_run_id) if flow_run_id else None,
        flow_run_name=getattr(run, "name", None),
        environment=environment,
    )
