"""What a hook gets when it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class ManifestNode(dict):
    """An object of manifest.json, whose keys are attributes too: `node.config.materialized`."""

    def __getattr__(self, name: str) -> Any:
        try:
            value = self[name]
        except KeyError:
            raise AttributeError(name) from None
        return ManifestNode(value) if type(value) is dict else value

    @property
    def depends_on_nodes(self) -> list[str]:
        """The unique_ids of the nodes that this one depends on."""
        return list((self.get("depends_on") or {}).get("nodes") or [])


@dataclass(frozen=True)
class DbtHookContext:
    """What is known of the run, or of the node, at the moment of the event."""

    event: str
    """`run_start`, `post_model` or `run_end`."""
    command: str
    """dbt's command, such as `build`."""
    owner: Any
    """The runner."""
    args: tuple[str, ...] = ()
    """dbt's arguments as they were passed to `invoke`."""
    node: ManifestNode | None = None
    """After a model: its object in manifest.json."""
    status: str | None = None
    """`success`, `error` or `skipped`; `None` at the start."""
    result: dict[str, Any] | None = None
    """After a model: `event_data` and `message`. At the end: `success`."""
    run_results: dict[str, Any] | None = None
    """At the end: the result of each node by unique_id; `None` if dbt has no results."""
    error: Any = None
    """After a model: dbt's message if it failed. At the end: the exception with which dbt could not run."""
    node_ids: tuple[str, ...] = ()
    """The nodes that are going to run, the model, or all nodes that took part."""

    @property
    def node_id(self) -> str | None:
        """The unique_id of the model."""
        if self.node is not None:
            return self.node.get("unique_id")
        return self.node_ids[0] if self.event == "post_model" and self.node_ids else None


def hook_context(data: dict[str, Any], owner: Any, args: tuple[str, ...]) -> DbtHookContext:
    """The context of a hook call that arrived on the channel."""
    node = ManifestNode(data["node"]) if data.get("node") else None
    result, error = data.get("result"), data.get("error")
    if data["event"] == "post_model" and result is not None:
        result = {"event_data": _event_data(data, node or {}), "message": result.get("message")}
    if data["event"] == "run_end" and error is not None:
        error = RuntimeError(error)
    return DbtHookContext(
        event=data["event"],
        command=data["command"],
        owner=owner,
        args=args,
        node=node,
        status=data.get("status"),
        result=result,
        run_results=data.get("run_results"),
        error=error,
        node_ids=tuple(data.get("node_ids") or ()),
    )


def _event_data(data: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The data of dbt's event `NodeFinished`."""
    report, config = data["result"], node.get("config") or {}
    relation = {key: node.get(key) for key in ("database", "schema", "alias", "relation_name")}
    info = {
        "node_path": node.get("path"),
        "node_name": node.get("name"),
        "unique_id": data.get("node_id"),
        "resource_type": node.get("resource_type"),
        "materialized": config.get("materialized"),
        "node_status": report.get("status"),
        "node_started_at": report.get("started_at"),
        "node_finished_at": report.get("finished_at"),
        "meta": config.get("meta") or {},
        "node_relation": relation,
    }
    return {"node_info": info, "run_result": report}
