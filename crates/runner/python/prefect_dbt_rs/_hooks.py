"""The hooks of a runner: how they are registered and called."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._context import DbtHookContext

    HookFunction = Callable[[DbtHookContext], Any]


class Hook:
    """A hook that was registered."""

    def __init__(self, event: str, function: HookFunction, select: str | None) -> None:
        self.event = event
        self.function = function
        self.select = select

    @property
    def name(self) -> str:
        """Its name in warnings."""
        return getattr(self.function, "__name__", repr(self.function))

    def call(self, context: DbtHookContext) -> None:
        """Calls the hook. An error of the hook is a warning."""
        import inspect
        import logging

        try:
            result = self.function(context)
            if inspect.isawaitable(result):
                _run(result)
        except Exception:
            logger = logging.getLogger("prefect_dbt_rs.hooks")
            logger.warning("dbt hook %s failed during %s.", self.name, context.event, exc_info=True)


class HookRegistry:
    """The decorators of a runner."""

    def __init__(self) -> None:
        self._hooks: list[Hook] = []

    def on_run_start(self, fn: HookFunction | None = None) -> Any:
        """Calls the function before dbt starts. It takes no selection."""
        return self._register("run_start", fn, None)

    def on_run_end(self, fn: HookFunction | None = None, *, select: str | None = None) -> Any:
        """Calls the function after the run; with a selection, only if a selected node took part."""
        return self._register("run_end", fn, select)

    def post_model(self, fn: HookFunction | None = None, *, select: str | None = None) -> Any:
        """Calls the function after each model, or after each model that is selected."""
        return self._register("post_model", fn, select)

    def _register(self, event: str, fn: HookFunction | None, select: str | None) -> Any:
        def register(function: HookFunction) -> HookFunction:
            self._hooks.append(Hook(event, function, select))
            return function

        return register if fn is None else register(fn)


def _run(awaitable: Any) -> None:
    """Runs an awaitable to its end, on another thread if this one has an event loop."""
    # Slow to import, and most hooks are not asynchronous.
    import asyncio
    import contextvars
    import threading

    async def wait() -> None:
        await awaitable

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        asyncio.run(wait())
        return
    failures: list[BaseException] = []

    def work() -> None:
        try:
            asyncio.run(wait())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,))
    thread.start()
    thread.join()
    for failure in failures:
        raise failure
