"""One run of the program: its messages until it ends."""

from __future__ import annotations

import os
import time
from typing import Any

from ._channel import STOP_GRACE, Channel
from ._context import hook_context
from ._hooks import Hook
from ._logs import LogLines
from ._prefect import CallerRun

# They belong to the flow's own process.
_OWN_VARIABLES = ("PREFECT__CONTROL_PORT", "PREFECT__CONTROL_TOKEN", "PREFECT__FLOW_RUN_ID")


def run(
    command: list[str], where: CallerRun, report: bool, hooks: list[Hook], owner: object, args: tuple[str, ...]
) -> dict[str, Any]:
    """Runs the program in the caller's flow run, and calls the hooks. Returns the last message of the channel.

    Raises:
        RuntimeError: The program ended without a result.
    """
    environment = {**os.environ, **where.environment}
    for name in _OWN_VARIABLES:
        environment.pop(name, None)
    hello = {
        "report": report,
        "hooks": [{"event": hook.event, "name": hook.name, "select": hook.select} for hook in hooks],
    }
    channel, logs = Channel(command, environment, hello), LogLines(where)
    result: dict[str, Any] | None = None
    try:
        for message in channel.messages():
            if message["type"] == "log":
                logs.write(message)
            elif message["type"] == "hook":
                hooks[message["hook"]].call(hook_context(message["context"], owner, args))
                channel.send({"type": "hook_done", "call": message["call"]})
            elif message["type"] == "result":
                result = message["result"]
    except BaseException as error:
        _stop(channel, logs, error)
        raise
    finally:
        code = channel.close()
        logs.close()
    if result is None:
        raise RuntimeError(f"prefect-dbt ended without a result (exit code {code})")
    return result


def _stop(channel: Channel, logs: LogLines, error: BaseException) -> None:
    """Stops the run for an exception, and waits until dbt has cancelled its queries. A second Ctrl-C shortens that."""
    causes = {"KeyboardInterrupt": "interrupt", "TimeoutError": "timeout", "CancelledError": "cancel"}
    cause = next((causes[kind.__name__] for kind in type(error).__mro__ if kind.__name__ in causes), "terminate")
    until = time.monotonic() + STOP_GRACE
    while True:
        try:
            channel.send({"type": "stop", "cause": cause})
            for message in channel.messages(until):
                if message["type"] == "log":
                    logs.write(message)
            return
        except KeyboardInterrupt:
            cause = "interrupt"
