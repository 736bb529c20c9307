"""Log lines of a run as records of Python's logging."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from ._prefect import CallerRun


class LogLines:
    """Passes log lines on: to Prefect's loggers in a flow, otherwise to `prefect_dbt_rs`."""

    def __init__(self, where: CallerRun) -> None:
        self._where = where
        self._own: logging.Handler | None = None
        self._logger = logging.getLogger("prefect_dbt_rs")
        if not where.in_run and not self._logger.hasHandlers():
            # As dbt does, the run shows itself where nothing is configured.
            self._own = logging.StreamHandler()
            self._own.setFormatter(logging.Formatter("%(asctime)s | %(levelname)-7s | %(message)s"))
            self._logger.addHandler(self._own)

    def write(self, line: dict[str, Any]) -> None:
        """Logs a line with dbt's time. The program has sent it to Prefect already."""
        task = line["task"]
        logger = self._logger
        if self._where.in_run:
            logger = logging.getLogger("prefect.task_runs" if task else "prefect.flow_runs")
        elif not logger.isEnabledFor(line["level"]) and self._own is None:
            return
        extra = {**self._where.log_attributes, "send_to_api": False}
        if task:
            # The function of Prefect's class that waits for a node.
            names = {"task_run_name": task, "task_name": "execute_dbt_node"}
            extra |= {"task_run_id": line.get("task_run_id"), **names}
        record = logger.makeRecord(logger.name, line["level"], "dbt", 0, line["message"], (), None, extra=extra)
        moment = _moment(line["at"])
        record.created = moment
        record.msecs = (moment % 1) * 1000
        logger.handle(record)

    def close(self) -> None:
        """Removes the handler of this run."""
        if self._own is not None:
            self._logger.removeHandler(self._own)


def _moment(text: str) -> float:
    """Seconds since 1970 of a time in UTC, such as `2026-01-31T10:00:00.123456789Z`."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(whole + "+00:00").timestamp() + float("0." + (fraction or "0"))
