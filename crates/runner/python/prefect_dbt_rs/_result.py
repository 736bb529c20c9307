"""The result of an invocation, in the form of dbt's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ._context import ManifestNode


@dataclass(frozen=True)
class NodeResult:
    """The result of a node."""

    node: ManifestNode
    """`unique_id`, `resource_type` and `name`."""
    status: str
    message: str | None
    execution_time: float | None
    failures: int | None

    @property
    def unique_id(self) -> str:
        """The unique_id of the node."""
        return self.node["unique_id"]


@dataclass(frozen=True)
class RunResult:
    """The results of all nodes; can be iterated."""

    results: list[NodeResult] = field(default_factory=list)

    def __iter__(self) -> Iterator[NodeResult]:
        return iter(self.results)

    def __len__(self) -> int:
        return len(self.results)

    def __getitem__(self, index: int) -> NodeResult:
        return self.results[index]


@dataclass(frozen=True)
class DbtRunnerResult:
    """What `PrefectDbtRunner.invoke` returns."""

    success: bool
    """Whether dbt did all that it was asked to."""
    exception: BaseException | None = None
    """Why dbt could not run; failed nodes are no exception."""
    result: RunResult | list[str] | None = None
    """The results of the nodes, or the lines that dbt printed as data (`ls`)."""


def run_result(data: dict[str, Any]) -> RunResult | list[str] | None:
    """The result in the last message of the channel."""
    nodes = data["nodes"]
    if nodes:
        return RunResult([_node_result(node) for node in nodes])
    if data["command"] in ("ls", "list"):
        return data["data"]
    return RunResult() if data["success"] else None


def _node_result(data: dict[str, Any]) -> NodeResult:
    node = {key: data[key] for key in ("unique_id", "resource_type", "name")}
    return NodeResult(
        ManifestNode(node), data["status"], data["message"], data["execution_time"], data["failures"]
    )
