"""The commands: what runs, in which order, and what is written at the end."""

import json
import os
import sys
import threading
import time

from nodes import Runner
from output import microseconds
from project import VERSION, result

RETRIABLE = ("run", "build", "test", "seed", "snapshot", "compile")
RETRIED = ("error", "fail", "skipped")
INVOCATION = "invocation.Invocation"


class Invocation:
    def __init__(self, project, output, command, free, values, refused):
        self.project, self.output, self.command, self.free, self.values = project, output, command, free, values
        self.refused = refused
        self.runner = Runner(project, output, command, values)
        self.began = time.time()
        self.selected = []
        self.runs_hooks = False
        self.is_interrupted = threading.Event()

    def interrupt(self):
        """The first SIGINT; a second one changes nothing."""
        if self.is_interrupted.is_set():
            return
        self.is_interrupted.set()
        self.project.note("interrupted")
        if self.project.is_stuck:
            # The tasks do not end within 3 seconds: the process exits where it stands.
            threading.Timer(3, lambda: os._exit(1)).start()
        else:
            self.runner.stop.set()

    def main(self):
        """Runs the command. The exit code."""
        self.report_start()
        span = self.output.span()
        attributes = {"invocation_id": self.output.invocation_id, "raw_command": " ".join(["dbt", *sys.argv[1:]]),
                      "process_info": {"package": "dbt-core", "version": VERSION}}
        self.output.span_start(span, "Invocation", INVOCATION, attributes)
        try:
            code = self.run()
        except Failed as failed:
            if failed.text:
                self.output.diagnostic("error", failed.name, failed.number, failed.text)
            code = 1
        success = self.output.errors == 0
        elapsed = time.time() - self.began
        self.output.event("CommandCompleted", "Q039", "info", f"Finished '{self.command}' in {elapsed:.1f}s",
                          {"completed_at": microseconds(time.time_ns()), "elapsed": elapsed,
                           "success": success})
        counts = {"metrics": {"total_errors": str(self.output.errors)}} if self.output.errors else {}
        self.output.span_end(span, "Invocation", INVOCATION, {**attributes, **counts}, int(self.began * 10**9),
                             status=None if success else {"message": "", "code": 2})
        return code if success or code else 1

    def report_start(self):
        output, values = self.output, self.values
        output.event("MainReportVersion", "A001", "info", f"Running with dbt-core={VERSION}",
                     {"log_version": 3, "version": f"={VERSION}"})
        args = {"invocation_command": " ".join(["dbt", *sys.argv[1:]]), "debug": str(bool(values.get("debug"))),
                "quiet": str(bool(values.get("quiet"))), "write_json": "True", "log_format": values.get("log_format", "default")}
        output.event("MainReportArgs", "A002", "debug", "running dbt with arguments", {"args": args}, "info")
        output.event("", "", "info", f"dbt-core {VERSION}", {"msg": "dbt-core"})

    def run(self):
        if self.refused:
            raise Failed("InvalidConfig", 1005, "The `DBT_ENGINE_` prefix is reserved for the dbt engine. The following "
                         f"environment variable(s) use this reserved prefix: {', '.join(self.refused)}. Please rename them.")
        if self.values.get("no_debug"):
            self.output.diagnostic("warn", "NotYetSupportedOption", 1701, "--no-debug is not supported")
        self.output.event("", "", "info", "Loading profiles.yml", {"msg": "Loading profiles.yml"})
        if self.project.refused_path:
            raise Failed("InvalidConfig", 1005, self.project.refused_path)
        if self.project.parse_error:
            self.project.write_manifest(self.output)
            raise Failed("SchemaError", 1005, self.project.parse_error)
        if self.command == "retry":
            return self.retry()
        named = {"parse": self.parse, "ls": self.ls, "source freshness": self.freshness, "clone": self.clone, "show": self.show}
        quick = ("deps", "clean", "debug", "run-operation", "init", "docs serve")
        if self.command in quick:
            self.output.event("", "", "info", f"{self.command}: done", {"msg": "done"})
            return 0
        return named.get(self.command, self.run_nodes)()

    def parse(self):
        self.project.write_manifest(self.output)
        return 0

    def ls(self):
        for node in self.project.selected("ls", self.values):
            line = {"name": node.name, "path": node.path}.get(self.values.get("output"), f"{node.package}.{node.name}")
            if self.values.get("output") == "json":
                line = json.dumps({"unique_id": node.id, "name": node.name, "resource_type": node.kind})
            self.output.event("PrintEvent", "Z052", "info", line, {"msg": line})
        self.project.write_manifest(self.output)
        return 0

    def show(self):
        is_inline = "inline" in self.values
        nodes = [] if is_inline else self.project.selected("show", self.values)
        if len(nodes) > 1:
            named = f"{nodes[0].id}, {nodes[1].id}, and {len(nodes) - 1} more"
            raise Failed("InvalidArgument", 1009, f"Only one node can be selected for show: {named}")
        self.selected = nodes
        if not nodes and not is_inline:
            self.report_empty_selection()
            return self.finish()
        self.start_hooks()
        for node in nodes:
            self.runner.run(node)
        if not self.output.errors:
            rows = '| one |\n| --- |\n|   1 |'
            self.output.event("ShowNode", "Q041", "info", rows, {"preview": rows, "is_inline": is_inline})
        return self.finish()

    def clone(self):
        if not (self.values.get("state") or self.values.get("defer_state")):
            raise Failed("InvalidArgument", 1009, "clone requires --state or --defer-state")
        return self.run_nodes()

    def freshness(self):
        listed = self.runner.freshness(self.project.selected("source freshness", self.values))
        self.project.write("sources.json", {
            "metadata": self.project.metadata("sources/v3", self.output.invocation_id), "results": listed, "elapsed_time": 0.1})
        self.output.event("ArtifactWritten", "P001", "info", "Wrote artifact sources",
                          {"artifact_path": "target/sources.json", "artifact_type": "ARTIFACT_TYPE_SOURCES"})
        self.project.write_manifest(self.output)
        return int(self.output.errors > 0)

    def retry(self):
        folder = self.values.get("state") or self.project.target
        try:
            previous = json.load(open(os.path.join(folder, "run_results.json"), encoding="utf-8"))
        except OSError as error:
            raise Failed("IoError", 1001, f"cannot read run_results.json: {error}") from error
        command = previous["args"]["which"]
        retried = (*RETRIED, "warn") if self.output.warn_error else RETRIED
        ids = [r["unique_id"] for r in previous["results"] if r["status"] in retried and not r["unique_id"].startswith("operation.")]
        if not ids:
            raise Failed("Generic", 1000, "No failed nodes found in run_results.json - nothing to retry")
        if command not in RETRIABLE:
            text = f"Cannot retry command '{command}' - only {'/'.join(RETRIABLE)} supported"
            raise Failed("InvalidArgument", 1009, text)
        # Only these two arguments of the first run are kept.
        self.values["full_refresh"] = previous["args"].get("full_refresh")
        self.values.setdefault("static_analysis", previous["args"].get("static_analysis"))
        text = f"Retrying {len(ids)} nodes from previous {command} command"
        self.output.event("", "", "info", text, {"msg": text})
        self.command = self.runner.command = command
        return self.run_nodes(ids)

    def run_nodes(self, ids=None):
        """build, run, test, seed, snapshot, compile, clone, docs generate."""
        self.selected = self.project.selected(self.command, self.values, ids)
        for diagnostic in self.project.diagnostics:
            self.output.diagnostic(diagnostic.get("level", "warn"), "Unused", 1060, diagnostic["text"], diagnostic.get("id"))
        if not self.selected:
            self.report_empty_selection()
        else:
            self.start_hooks()
            self.run_graph()
        return self.finish()

    def report_empty_selection(self):
        self.output.diagnostic("warn", "NoNodesSelected", 1601, "No nodes selected")
        self.output.diagnostic("warn", "NoNodesSelected", 1601, "Nothing to do")

    def start_hooks(self):
        """The hooks of on-run-start. If one of them fails, nothing else runs."""
        self.runs_hooks = True
        if not all(self.runner.hook(hook, index) for index, hook in enumerate(self.project.hooks_at("start"))):
            self.phantom_results()
            raise Failed()

    def run_graph(self):
        """Each node begins when those that it waits for have ended; as many at a time as there are threads."""
        ids = {node.id for node in self.selected}
        waits = {node.id: self.project.waits_for(node, ids) for node in self.selected}
        if self.values.get("static_analysis") == "strict":
            self.start_all()
        todo, done, changed = list(self.selected), self.runner.statuses, threading.Condition()
        # 0 are as many as there are cores.
        places = int(self.values.get("threads", 0)) or 4

        def work():
            while True:
                with changed:
                    while True:
                        if self.runner.stop.is_set() or not todo:
                            return
                        node = next((n for n in todo if waits[n.id] <= set(done)), None)
                        if node:
                            todo.remove(node)
                            break
                        changed.wait(0.05)
                bad = [above for above in sorted(waits[node.id]) if done[above] in ("error", "fail", "skipped")]
                if bad:
                    self.runner.skip(node, self.runner.failed_by.get(bad[0], bad[0]))
                else:
                    self.runner.run(node)
                with changed:
                    changed.notify_all()

        threads = [threading.Thread(target=work, daemon=True) for _ in range(places)]
        for thread in threads:
            thread.start()
        for thread in threads:
            # Signals are handled between two short waits.
            while thread.is_alive():
                thread.join(0.05)

    def start_all(self):
        """Strict analysis: all nodes begin before the first one runs."""
        begun = {node.id: self.runner.begin(node) for node in self.selected}
        self.runner.begin = lambda node: begun[node.id]

    def finish(self):
        """What every command that runs nodes writes at its end."""
        if self.is_interrupted.is_set() or (self.runner.stop.is_set() and self.values.get("fail_fast")):
            self.phantom_results()
            raise Failed("OperationCancelled", 8995, "Operation cancelled")
        results = self.runner.results
        if self.runs_hooks:
            results += self.end_hooks()
        self.project.write_results(self.output, self.command, results, self.values)
        self.project.write_manifest(self.output)
        if self.command == "docs generate":
            self.project.write("catalog.json", {"nodes": {}, "sources": {}})
        warned = any(status == "warn" for status in self.runner.statuses.values())
        if self.output.errors == 0 and warned and "RunResultWarning" in self.values.get("warn_error_options", ""):
            return 2
        return int(self.output.errors > 0)

    def end_hooks(self):
        """The hooks of on-run-end. Of the results, those that succeeded are left out; after a failure no other hook runs."""
        listed, has_failed = [], False
        for index, hook in enumerate(self.project.hooks_at("end"), start=1):
            now = time.time_ns()
            if has_failed:
                listed.append(result(hook, "skipped", "Skipped due to upstream failure", now, now))
            elif not self.runner.hook(hook, index):
                has_failed = True
                listed.append(result(hook, "error", hook.message or "Database Error: the hook failed", now, now))
        return listed

    def phantom_results(self):
        """The results after an error without an exit status: every selected node failed, also those that succeeded."""
        now = time.time_ns()
        listed = [result(node, "error", "Compilation Error", now, now) for node in self.selected]
        self.project.write_results(self.output, self.command, listed, self.values)
        self.project.write_manifest(self.output)


class Failed(Exception):
    """The command ends with an error, which is reported if it has a text."""

    def __init__(self, name=None, number=None, text=None):
        super().__init__(text)
        self.name, self.number, self.text = name, number, text
