"""The runner. What only a run needs is imported by `invoke`, so that an import of the package is fast."""

from __future__ import annotations

import os

from . import _arguments
from ._hooks import HookRegistry
from ._settings import PrefectDbtSettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from ._context import ManifestNode
    from ._prefect import CallerRun
    from ._result import DbtRunnerResult


class PrefectDbtRunner(HookRegistry):
    """Runs dbt. In a Prefect flow or task, each node is a task run of the flow run.

    Args:
        manifest: A manifest, as `runner.manifest` returns it. dbt reads its own.
        settings: Settings of dbt.
        raise_on_failure: Whether failed nodes raise an error.
        client: A Prefect client; the run is reported to its API.
        include_compiled_code: Whether descriptions of assets have the compiled code.
        disable_assets: Whether no assets are reported.
        _force_nodes_as_tasks: Whether a run outside of a flow is reported, to a flow run of its own.
        _disable_callbacks: Whether the run is not reported.
    """

    def __init__(
        self,
        manifest: Any = None,
        settings: PrefectDbtSettings | None = None,
        raise_on_failure: bool = True,
        client: Any = None,
        include_compiled_code: bool = False,
        disable_assets: bool = False,
        _force_nodes_as_tasks: bool = False,
        _disable_callbacks: bool = False,
    ) -> None:
        super().__init__()
        self._manifest = manifest
        self.settings = settings or PrefectDbtSettings()
        self.raise_on_failure = raise_on_failure
        self.client = client
        self.include_compiled_code = include_compiled_code
        self.disable_assets = disable_assets
        self._force_nodes_as_tasks = _force_nodes_as_tasks
        self._disable_callbacks = _disable_callbacks
        self._used: dict[str, str] = {}

    @property
    def project_dir(self) -> Path:
        """The folder of the project."""
        from pathlib import Path

        return Path(self._used.get("project_dir") or self.settings.project_dir)

    @property
    def profiles_dir(self) -> Path:
        """The folder of profiles.yml."""
        from pathlib import Path

        return Path(self._used.get("profiles_dir") or self.settings.profiles_dir)

    @property
    def target_path(self) -> Path:
        """The folder of dbt's artifacts, relative to the project."""
        from pathlib import Path

        return Path(self._used.get("target_path") or self.settings.target_path)

    @property
    def log_level(self) -> Any:
        """The lowest level of log lines."""
        return self._used.get("log_level") or self.settings.log_level

    @property
    def manifest(self) -> ManifestNode:
        """The manifest of the project."""
        if self._manifest is None:
            import json

            from ._context import ManifestNode

            path = os.path.join(self.project_dir, self.target_path, "manifest.json")
            try:
                with open(path, encoding="utf-8") as file:
                    self._manifest = ManifestNode(json.load(file))
            except FileNotFoundError:
                raise ValueError(f"Manifest file not found in {path}") from None
        return self._manifest

    @property
    def project_name(self) -> str:
        """The name of the project."""
        return self.manifest.metadata.project_name

    def invoke(self, args: list[str], **kwargs: Any) -> DbtRunnerResult:
        """Runs a dbt command.

        Args:
            args: dbt's command and arguments.
            **kwargs: dbt's flags as keywords, such as `select=["a", "b"]`. Arguments beat keywords.

        Returns:
            Whether dbt succeeded, and its results.

        Raises:
            ValueError: dbt could not run; or nodes failed, unless `raise_on_failure` is false.
        """
        from ._prefect import caller_run
        from ._run import run

        settings, shown, words = _arguments.split(args, kwargs, self.settings.given)
        self._used = settings
        where = caller_run(self.client)
        hooks = list(self._hooks)
        is_reported = (where.flow_run_id is not None or self._force_nodes_as_tasks) and not self._disable_callbacks
        result = run(self._command(settings, words, where), where, is_reported, hooks, self, tuple(shown))
        return self._judge(result, " ".join(shown))

    def _command(self, settings: dict[str, str], words: list[str], where: CallerRun) -> list[str]:
        from ._program import dbt_beside_python, find_program

        options = ["--channel", "--retries", "0"]
        for name, value in settings.items():
            options += ["--" + name.replace("_", "-"), value]
        if where.flow_run_id:
            options += ["--flow-run-id", where.flow_run_id]
        if dbt := dbt_beside_python():
            options += ["--dbt", dbt]
        flags = {
            "--no-raise-on-failure": not self.raise_on_failure,
            "--include-compiled-code": self.include_compiled_code,
            "--disable-assets": self.disable_assets,
        }
        options += [flag for flag, is_set in flags.items() if is_set]
        return [find_program(), "invoke", *options, "--", *words]

    def _judge(self, result: dict[str, Any], command: str) -> DbtRunnerResult:
        from ._result import DbtRunnerResult, run_result

        found, error = run_result(result), result["error"]
        if result["success"]:
            return DbtRunnerResult(True, None, found)
        only_failures = (result["dbt"] or {}).get("exit_code") == 1 or result["exit_code"] in (0, 1)
        detail = _without_headline(error or "")
        if not only_failures:
            raise ValueError(f"Failed to invoke dbt command '{command}': {detail}")
        if self.raise_on_failure:
            raise ValueError(f"Failures detected during invocation of dbt command '{command}':\n{detail}")
        return DbtRunnerResult(False, None, found)


def _without_headline(error: str) -> str:
    """An error without the program's own headline, which names all of dbt's arguments."""
    import re

    headline = r"\A(?:Failures detected during invocation of|Failed to invoke) dbt command '.*?':\s"
    return re.sub(headline, "", error, count=1, flags=re.DOTALL)
