"""Runs dbt from a Prefect flow with the program `prefect-dbt`; a drop-in for Prefect's `PrefectDbtRunner`."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._context import DbtHookContext, ManifestNode
    from ._result import DbtRunnerResult, NodeResult, RunResult
    from ._runner import PrefectDbtRunner
    from ._settings import EventLevel, PrefectDbtSettings

# Each name is imported when it is used first: an import of the package costs nothing.
_MODULES = {
    "DbtHookContext": "_context",
    "DbtRunnerResult": "_result",
    "EventLevel": "_settings",
    "ManifestNode": "_context",
    "NodeResult": "_result",
    "PrefectDbtRunner": "_runner",
    "PrefectDbtSettings": "_settings",
    "RunResult": "_result",
}

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


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("prefect-dbt-rs")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module("." + _MODULES[name], __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
