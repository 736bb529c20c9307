"""Runs dbt from a Prefect flow with the program `prefect-dbt`; a drop-in for Prefect's `PrefectDbtRunner`."""

from ._context import DbtHookContext, ManifestNode
from ._result import DbtRunnerResult, NodeResult, RunResult
from ._runner import PrefectDbtRunner
from ._settings import EventLevel, PrefectDbtSettings

__all__ = [
    "DbtHookContext",
    "DbtRunnerResult",
    "EventLevel",
    "ManifestNode",
    "NodeResult",
    "PrefectDbtRunner",
    "PrefectDbtSettings",
    "RunResult",
]
