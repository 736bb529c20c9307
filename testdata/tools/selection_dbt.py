"""dbt in this process, and the questions that it is asked."""

import contextlib
import io
import os
from datetime import datetime
from pathlib import Path

from dbt.cli.main import dbtRunner
from dbt.task.runnable import GraphRunnableTask

try:
    from dbt_common.events.contextvars import task_contextvars
except ImportError:  # before 1.8
    from dbt.events.contextvars import task_contextvars

WARNINGS = {
    "NoNodesForSelectionCriteria": lambda data: data.spec_raw,
    "NoNodesSelected": lambda data: None,
    "UnversionedBreakingChange": lambda data: data.model_name,
}


@contextlib.contextmanager
def directory(path):
    before = os.getcwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)


def invoke(*args, manifest=None, on_event=None):
    runner = dbtRunner(manifest=manifest, callbacks=[on_event] if on_event else None)
    with contextlib.redirect_stdout(io.StringIO()):
        return runner.invoke([*args, "--profiles-dir", ".", "--quiet"])


def flags(case):
    """The command line of a case."""
    found = []
    for key in ("select", "exclude"):
        for value in case.get(key, []):
            found += [f"--{key}", value]
    if case.get("indirect_selection"):
        found += ["--indirect-selection", case["indirect_selection"]]
    for kind in case.get("resource_types", []):
        found += ["--resource-type", kind]
    for kind in case.get("exclude_resource_types", []):
        found += ["--exclude-resource-type", kind]
    if case.get("selector"):
        found += ["--selector", case["selector"]]
    return found


class Asker:
    def __init__(self, manifest, states):
        self.manifest = manifest
        self.states = states

    def ask(self, command, case):
        """What dbt answers, its error, and its warnings about the selection."""
        warnings = []

        def on_event(event):
            if detail := WARNINGS.get(event.info.name):
                warnings.append([event.info.name, detail(event.data)])

        args = [*command, *flags(case)]
        if "state" in case:
            args += ["--state", str(self.states / case["state"])]
        with selectors(case.get("selectors_yml")):
            answer = invoke(*args, manifest=self.manifest, on_event=on_event)
        error = answer.exception
        return answer.result, error and f"{type(error).__name__}: {error}".replace(str(self.states), "states"), warnings

    def select(self, case):
        command = ["ls", "--output", "json", "--output-keys", "unique_id"]
        lines, error, warnings = self.ask(command, case)
        if error:
            return case | {"error": error}
        found = [line.removeprefix('{"unique_id": "').removesuffix('"}') for line in lines]
        return case | {"expected": found} | ({"warnings": warnings} if warnings else {})

    def output(self, case):
        lines, error, _ = self.ask(["ls", *case["args"]], case)
        return case | ({"error": error} if error else {"lines": lines})

    def queue(self, case):
        kept = {}

        def run(task):
            with task_contextvars(project_root=task.config.project_root):
                task._runtime_initialize()
                selected = task.get_node_selector().get_selected(task.get_selection_spec())
                queue = task.job_queue
                kept.update(
                    selected=sorted(selected),
                    nodes=sorted(queue.graph.nodes()),
                    edges=sorted(map(list, queue.graph.edges())),
                    scores=dict(sorted(queue._scores.items())),
                )
            return task.get_result([], datetime.min, 0.0)

        original, GraphRunnableTask.run = GraphRunnableTask.run, run
        try:
            _, error, _ = self.ask(case["command"].split(), case)
        finally:
            GraphRunnableTask.run = original
        return case | (kept if kept else {"error": error})


@contextlib.contextmanager
def selectors(text):
    """Another selectors.yml for a while."""
    if text is None:
        yield
        return
    path = Path("selectors.yml")
    before = path.read_text()
    path.write_text(text)
    try:
        yield
    finally:
        path.write_text(before)
