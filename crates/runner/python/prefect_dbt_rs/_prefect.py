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
    log_attributes: dict[str, object] = field(default_factory=dict)
    """What Prefect attaches to the log records of the flow run, such as names and ids."""
    environment: dict[str, str] = field(default_factory=dict)
    """Variables with the settings of Prefect."""


def caller_run(client: object = None) -> CallerRun:
    """The flow run, and the API that it reports to."""
    if "prefect.context" not in sys.modules:
        return CallerRun()
    from prefect.context import FlowRunContext, TaskRunContext
    from prefect.logging.loggers import flow_run_logger
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
    # As Prefect has it in a task without a flow.
    log_attributes = {"flow_run_id": None, "flow_run_name": "<unknown>", "flow_name": "<unknown>"}
    if flow is not None and run is not None:
        log_attributes = dict(flow_run_logger(run, flow.flow).extra or {})
    return CallerRun(
        in_run=flow is not None or task is not None,
        flow_run_id=str(flow_run_id) if flow_run_id else None,
        log_attributes=log_attributes,
        environment=environment,
    )
