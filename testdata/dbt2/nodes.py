"""What is written for one node, one hook, one source."""

import threading
import time

from output import panic
from project import result

RESULT_EVENTS = {
    "model": ("LogModelResult", "Q012"), "seed": ("LogSeedResult", "Q016"), "snapshot": ("LogSnapshotResult", "Q015"),
    "test": ("LogTestResult", "Q007"), "unit_test": ("LogTestResult", "Q007"), "function": ("LogFunctionResult", "Q047"),
}
UNCHANGED = "No new changes on any upstreams"
NODE = "node.NodeProcessed"
PHASE = "node.NodeEvaluated"
HOOK = "hook.HookProcessed"


class Runner:
    """Writes the life of nodes. `stop` is set when dbt is asked to stop, and after the first failure with --fail-fast."""

    def __init__(self, project, output, command, values):
        self.project, self.output, self.command, self.values = project, output, command, values
        self.stop = threading.Event()
        self.results, self.statuses, self.failed_by = [], {}, {}
        self.spans = {}

    # A node begins, works, ends.

    def begin(self, node):
        """NodeStart and LogStartLine: at the first phase, for a node that is skipped, too."""
        started = time.time_ns()
        span = self.output.span()
        self.spans[node.id] = (span, started)
        info = node.info("started", started)
        self.output.event("NodeStart", "Q024", "debug", f"Began running node {node.id}", {"node_info": info}, "info")
        self.output.event("LogStartLine", "Q011", "info", f"Started {node.kind} {node.name}", {"node_info": info})
        self.output.span_start(span, f"Node processed ({node.id})", NODE, self.attributes(node), at=started)
        return started

    def phase(self, node, name, code, status):
        info = node.info(status, time.time_ns())
        self.output.event(name, code, "debug", f"{status} node {node.id}", {"node_info": info},
                          "info" if name == "NodeExecuting" else "debug")

    def run(self, node):
        """The whole life of a node that is not skipped."""
        started = self.begin(node)
        if node.kind == "unit_test":
            for model in node.parents:
                self.phase(self.project.nodes[model], "NodeCompiling", "Q030", "compiling")
        self.phase(node, "NodeCompiling", "Q030", "compiling")
        if node.outcome == "uncompiled":
            message = node.message or "undefined value"
            self.output.diagnostic("error", "JinjaError", 1501, message, node.id)
            return self.end(node, started, "error", message)
        if node.is_ephemeral:
            return self.end(node, started, "no-op", None)
        if node.outcome == "reused":
            return self.end(node, started, "reused", None, "NODE_SKIP_REASON_CACHED")
        if self.command in ("compile", "docs generate"):
            return self.end(node, started, "success", None)
        self.phase(node, "NodeExecuting", "Q031", "executing")
        evaluated, executed = self.output.span(), time.time_ns()
        phase = {"unique_id": node.id, "phase": "EXECUTION_PHASE_RUN"}
        self.output.span_start(evaluated, f"Node evaluated ({node.id})", PHASE, phase, self.spans[node.id][0], executed)
        if node.outcome == "hang":
            self.project.note("hanging")
        stopped = self.stop.wait(3600 if node.outcome == "hang" else node.seconds)
        self.output.event("SQLQuery", "E016", "debug", f"select 1 -- {node.name}",
                          {"sql": f"select 1 -- {node.name}", "node_info": {"unique_id": node.id}})
        status = self.status(node, stopped)
        message = self.message(node, status, stopped)
        if status in ("error", "fail") and message:
            self.output.diagnostic("error", "RemoteError" if status == "error" else "TestFailed", 1014, message, node.id)
        elif status == "warn":
            self.output.diagnostic("warn", "TestWarned", 1014, message, node.id)
            status = "fail" if self.output.warn_error else status
        self.output.span_end(evaluated, f"Node evaluated ({node.id})", PHASE, phase, executed, self.spans[node.id][0])
        self.end(node, started, status, message)
        if status in ("error", "fail") and self.values.get("fail_fast"):
            self.stop.set()

    @staticmethod
    def status(node, stopped):
        if stopped or node.outcome == "error":
            return "error"
        if node.outcome in ("fail", "warn"):
            return node.outcome
        return "pass" if node.is_test else "success"

    @staticmethod
    def message(node, status, stopped):
        if stopped:
            return "the operation was cancelled"
        if status in ("fail", "warn"):
            node.failures = node.failures or 1
            return node.message or f"Got {node.failures} result, configured to {status} if != 0"
        return node.message or ("Database Error: it failed" if status == "error" else None)

    def skip(self, node, cause):
        """A node below a failure: it starts and ends at once."""
        started = self.begin(node)
        self.failed_by[node.id] = cause
        self.end(node, started, "skipped", "Skipped due to upstream failure", "NODE_SKIP_REASON_UPSTREAM")

    def end(self, node, started, status, message, skip_reason=None):
        finished = time.time_ns()
        seconds = (finished - started) / 10**9
        info = node.info(status, started, finished)
        failures = {"num_failures": node.failures or 0} if node.is_test and status in ("pass", "fail", "warn") else {}
        name, code = ("LogNodeNoOpResult", "Q019") if status == "no-op" else RESULT_EVENTS.get(node.kind, ("LogNodeResult", "Q008"))
        words = f"Finished {node.kind} {node.name} [{status}, {seconds:.2f}s]"
        if status == "reused":
            words = f"  Reused [  0.00s] {node.kind} {node.name}" + ("" if node.is_test else f" ({node.materialized} - {UNCHANGED})")
        run_result = {"status": status, "execution_time": seconds, **failures}
        self.output.event(name, code, "info", words, {"node_info": info, **run_result})
        if status in ("error", "fail") or skip_reason == "NODE_SKIP_REASON_UPSTREAM":
            self.output.event("MarkSkippedChildren", "Z033", "debug", f"Marking children of {node.id} as skipped",
                              {"unique_id": node.id, "status": status, "run_result": run_result}, "info")
        self.output.event("NodeFinished", "Q025", "debug", f"Finished running node {node.id}",
                          {"node_info": info, "run_result": run_result}, "info")
        self.span_end(node, status, skip_reason)
        self.statuses[node.id] = status
        if not node.is_ephemeral:
            self.results.append(result(node, status, self.listed_message(status, message), started, finished))
        if self.project.panic_after == node.id:
            panic("called `Option::unwrap()` on a `None` value")

    @staticmethod
    def listed_message(status, message):
        return message or {"reused": "NO-OP - cached test result", "no-op": "NO-OP"}.get(status, "Succeeded")

    # OpenTelemetry.

    @staticmethod
    def attributes(node):
        return {"unique_id": node.id, "name": node.name, "node_type": f"NODE_TYPE_{node.kind.upper()}",
                "materialization": f"NODE_MATERIALIZATION_{node.materialized.upper()}", "relative_path": node.path,
                "node_checksum": "ab", "in_selection": True}

    def span_end(self, node, status, skip_reason):
        outcome = {"error": "ERROR", "skipped": "SKIPPED", "no-op": "SKIPPED", "reused": "SKIPPED"}.get(status, "SUCCESS")
        more = {"node_outcome": f"NODE_OUTCOME_{outcome}", "last_phase": "EXECUTION_PHASE_RUN"}
        if outcome == "SKIPPED":
            more["node_skip_reason"] = skip_reason or "NODE_SKIP_REASON_NO_OP"
        if status == "reused" and not node.is_test:
            more["node_cache_detail"] = {"node_cache_reason": "NODE_CACHE_REASON_NO_CHANGES"}
        if status == "error":
            more["node_error_type"] = "NODE_ERROR_TYPE_USER"
        if node.id in self.failed_by:
            more["node_skip_upstream_detail"] = {"upstream_unique_id": self.failed_by[node.id]}
        if node.source_name:
            word = {"pass": "PASSED", "warn": "WARNED", "error": "FAILED"}[status]
            more = {"node_outcome": "NODE_OUTCOME_SUCCESS", "last_phase": "EXECUTION_PHASE_FRESHNESS_ANALYSIS",
                    "node_freshness_outcome": {"node_freshness_outcome": f"SOURCE_FRESHNESS_OUTCOME_OUTCOME_{word}"}}
        if node.is_test and status in ("pass", "fail", "warn"):
            word = {"pass": "PASSED", "fail": "FAILED", "warn": "WARNED"}[status]
            more["node_test_detail"] = {"test_outcome": f"TEST_OUTCOME_{word}", "failing_rows": node.failures or 0}
        span, started = self.spans[node.id]
        self.output.span_end(span, f"Node processed ({node.id})", NODE, {**self.attributes(node), **more}, started)

    # Hooks and sources.

    def hook(self, hook, index):
        """A hook of on-run-start or on-run-end. Whether it succeeded. The text of its failure comes behind its end."""
        started = time.time_ns()
        info = {"unique_id": hook.id, "resource_type": "operation", "node_status": "started", "node_name": hook.name}
        span = self.output.span()
        kind = "START" if "on-run-start" in hook.id else "END"
        attributes = {"unique_id": hook.id, "name": hook.name, "hook_type": f"HOOK_TYPE_ON_RUN_{kind}"}
        self.output.event("LogHookStartLine", "Q032", "info", f"START hook: {hook.id}", {"node_info": info, "index": index})
        self.output.span_start(span, f"Hook processed ({hook.id})", HOOK, attributes, at=started)
        self.stop.wait(hook.seconds)
        failed = hook.outcome == "error"
        status, seconds = "error" if failed else "success", (time.time_ns() - started) / 10**9
        self.output.event("LogHookEndLine", "Q033", "info", f"{'ERROR' if failed else 'OK'} hook: {hook.id}",
                          {"node_info": {**info, "node_status": status}, "index": index, "status": status,
                           "execution_time": seconds})
        outcome = {"hook_outcome": f"HOOK_OUTCOME_{'ERROR' if failed else 'SUCCESS'}"}
        self.output.span_end(span, f"Hook processed ({hook.id})", HOOK, {**attributes, **outcome}, started)
        if failed:
            self.output.diagnostic("error", "HookError", 1014, hook.message or "Database Error: the hook failed")
        return not failed

    def freshness(self, nodes):
        """All sources begin, then all end."""
        started = {node.id: self.begin(node) for node in nodes}
        self.stop.wait(max((node.seconds for node in nodes), default=0))
        listed = []
        for node in nodes:
            status = {"success": "pass"}.get(node.outcome, node.outcome)
            if status == "error":
                text = node.message or f"source {node.source_name}.{node.name} is stale"
                self.output.diagnostic("error", "StaleSource", 1063, text, node.id)
            finished = time.time_ns()
            seconds = (finished - started[node.id]) / 10**9
            info = node.info(status, started[node.id], finished)
            self.output.event("LogFreshnessResult", "Q018", "info", f"Freshness of {node.source_name}.{node.name}: {status}",
                              {"node_info": info, "status": status, "execution_time": seconds,
                               "source_name": node.source_name, "table_name": node.name})
            self.output.event("NodeFinished", "Q025", "debug", f"Finished running node {node.id}",
                              {"node_info": info, "run_result": {"status": status, "execution_time": seconds}}, "info")
            self.span_end(node, status, None)
            age = {"pass": 60.0, "warn": 7200.0, "error": 90000.0}[status]
            listed.append({"unique_id": node.id, "status": status, "max_loaded_at": info["node_started_at"],
                           "snapshotted_at": info["node_finished_at"], "max_loaded_at_time_ago_in_s": age,
                           "criteria": {"warn_after": {"count": 1, "period": "hour"}, "error_after": {"count": 1, "period": "day"}},
                           "adapter_response": {}, "timing": [], "thread_id": "Thread-1", "execution_time": seconds})
        return listed
