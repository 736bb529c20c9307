"""The project: dbt2.json, selection, and the artifacts."""

import json
import os
import time

from output import microseconds

VERSION = "2.0.0-beta.2"
SCHEMAS = "https://schemas.getdbt.com/dbt"
TEST_KINDS = ("test", "unit_test")
# What each command runs.
KINDS = {
    "build": "model seed snapshot test unit_test function",
    "run": "model function",
    "test": "test unit_test",
    "seed": "seed",
    "snapshot": "snapshot",
    "compile": "model test snapshot seed",
    "docs generate": "model test snapshot seed",
    "show": "model seed snapshot",
    "clone": "model seed snapshot",
    "ls": "model seed snapshot test unit_test source function",
    "source freshness": "source",
}
MATERIALIZED = {"seed": "seed", "snapshot": "snapshot", "model": "view", "test": "test", "function": "function"}


class Node:
    def __init__(self, described):
        self.id = described["id"]
        self.kind, self.package, *rest = self.id.split(".")
        self.name = described.get("name", rest[0] if self.kind == "test" else rest[-1])
        self.parents = described.get("depends_on", [])
        self.materialized = described.get("materialized", MATERIALIZED.get(self.kind, ""))
        self.outcome = described.get("outcome", "success")
        self.message = described.get("message")
        self.failures = described.get("failures")
        self.seconds = described.get("seconds", 0.02)
        self.tags = described.get("tags", [])
        self.source_name = rest[0] if self.kind == "source" else None
        self.is_ephemeral = self.materialized == "ephemeral"
        self.has_relation = self.kind in ("model", "seed", "snapshot", "source") and not self.is_ephemeral
        folder = {"seed": "seeds", "snapshot": "snapshots", "test": "tests"}.get(self.kind, "models")
        self.path = f"{folder}/{self.name}.{'csv' if self.kind == 'seed' else 'sql'}"

    @property
    def is_test(self):
        return self.kind in TEST_KINDS

    def info(self, status, started, finished=None):
        """The full node_info of an event."""
        parts = ("wh", "main", self.name) if self.has_relation else ("", "", "")
        return {
            "node_path": self.path, "node_name": self.name, "unique_id": self.id, "resource_type": self.kind,
            "materialized": self.materialized, "node_status": status, "node_started_at": microseconds(started),
            "node_finished_at": microseconds(finished),
            "node_relation": {"database": parts[0], "schema": parts[1], "alias": parts[2],
                              "relation_name": ".".join(parts) if self.has_relation else ""},
            "node_checksum": "ab",
        }

    def manifest(self):
        """The node in the manifest. dbt 2 leaves out what has no value."""
        node = {
            "unique_id": self.id, "resource_type": self.kind, "name": self.name, "package_name": self.package,
            "fqn": [self.package, self.name], "path": os.path.basename(self.path), "original_file_path": self.path,
            "database": "wh", "schema": "main", "alias": self.name, "tags": self.tags,
            "config": {"enabled": True, "materialized": self.materialized, "tags": self.tags},
            "depends_on": {"macros": [], "nodes": self.parents}, "checksum": {"name": "sha256", "checksum": "ab"},
        }
        if self.has_relation:
            node["relation_name"] = f'"wh"."main"."{self.name}"'
        if self.kind in ("model", "snapshot", "test", "operation"):
            node["raw_code"] = f"select 1 as {self.name}"
        if self.source_name:
            node |= {"source_name": self.source_name, "identifier": self.name, "loader": "", "source_description": ""}
        if self.kind == "unit_test":
            node |= {"model": self.parents[0].split(".")[-1], "given": [], "expect": {"rows": []}}
        return node


class Project:
    def __init__(self, root, target, writes_json=True):
        self.root = root
        self.target = os.path.join(root, target)
        self.writes_json = writes_json
        self.refused_path = refused_path(os.path.join(root, "dbt_project.yml"))
        path = os.path.join(root, "dbt2.json")
        described = json.load(open(path, encoding="utf-8")) if os.path.isfile(path) else {}
        self.nodes = {node["id"]: Node(node) for node in described.get("nodes", [])}
        self.hooks = [node for node in self.nodes.values() if node.kind == "operation"]
        self.diagnostics = described.get("diagnostics", [])
        self.parse_error = described.get("parse_error")
        self.panic_after = described.get("panic_after")
        self.is_stuck = described.get("stuck", False)
        os.makedirs(self.target, exist_ok=True)

    def hooks_at(self, when):
        return [hook for hook in self.hooks if f"on-run-{when}" in hook.id]

    def note(self, name):
        """Leaves the process id for the tests, in a file that says what has happened."""
        path = os.path.join(self.root, name)
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(str(os.getpid()))
        os.replace(path + ".new", path)

    # Selection: names, tag:x, kinds, unique ids, with + on either side.

    def selected(self, command, values, ids=None):
        """The nodes that a command runs, those above first."""
        kinds = KINDS.get(command, "").split()
        kinds = values.get("resource_type") or kinds
        excluded_kinds = values.get("exclude_resource_type") or []
        fitting = [n for n in self.nodes.values() if n.kind in kinds and n.kind not in excluded_kinds]
        if ids is not None:
            chosen = set(ids)
        elif values.get("select"):
            chosen = self.matching(values["select"])
        else:
            chosen = set(self.nodes)
        chosen -= self.matching(values.get("exclude") or [])
        if command in ("build", "test"):
            tested = {n.id for n in fitting if n.is_test and n.parents and all(p in chosen for p in n.parents)}
            chosen |= tested - self.matching(values.get("exclude") or [])
        return self.in_order([n for n in fitting if n.id in chosen])

    def matching(self, selectors):
        found = set()
        for text in selectors:
            name = text.strip("+")
            hits = {n.id for n in self.nodes.values() if name in (n.id, n.name, n.kind) or name in [f"tag:{t}" for t in n.tags]
                    or (n.source_name and name == f"source:{n.source_name}")}
            if text.startswith("+"):
                hits |= {above for hit in set(hits) for above in self.above(hit)}
            if text.endswith("+"):
                hits |= {n.id for n in self.nodes.values() if self.above(n.id) & hits}
            found |= hits
        return found

    def above(self, id):
        found, todo = set(), [id]
        while todo:
            node = self.nodes.get(todo.pop())
            fresh = set(node.parents if node else []) - found
            found |= fresh
            todo += fresh
        return found

    def in_order(self, nodes):
        """Those above first; a unit test before its model."""
        ids, ordered = {n.id for n in nodes}, []

        def visit(node):
            if node in ordered:
                return
            for above in sorted(self.waits_for(node, ids)):
                visit(self.nodes[above])
            ordered.append(node)

        for node in nodes:
            visit(node)
        return ordered

    def waits_for(self, node, ids):
        """The nodes among `ids` that must end before this one begins, unselected ones skipped over."""
        if node.kind == "unit_test":
            model = self.nodes.get(node.parents[0])
            return self.waits_for(model, ids) - {node.id} - set(self.tests_of(model, ids)) if model else set()
        found = set(self.tests_of(node, ids)) if not node.is_test else set()
        for parent in node.parents:
            if parent in ids:
                found.add(parent)
            elif parent in self.nodes:
                found |= self.waits_for(self.nodes[parent], ids)
        # A test holds back what is below the models that it tests.
        if not node.is_test:
            for test in self.nodes.values():
                if test.kind == "test" and test.id in ids and set(test.parents) & found:
                    found.add(test.id)
        return found

    def tests_of(self, model, ids):
        return [n.id for n in self.nodes.values() if n.kind == "unit_test" and n.id in ids and n.parents == [model.id]]

    # Artifacts.

    def metadata(self, schema, invocation_id):
        now = time.time_ns()
        return {"dbt_schema_version": f"{SCHEMAS}/{schema}.json", "dbt_version": VERSION, "generated_at": microseconds(now),
                "invocation_id": invocation_id, "env": {}}

    def write(self, name, value):
        """Not in one step, as dbt 2 does."""
        if not self.writes_json:
            return
        with open(os.path.join(self.target, name), "w", encoding="utf-8") as file:
            json.dump(value, file)

    def write_manifest(self, output):
        of = lambda *kinds: {n.id: n.manifest() for n in self.nodes.values() if n.kind in kinds}
        children = {id: [n.id for n in self.nodes.values() if id in n.parents] for id in self.nodes}
        metadata = self.metadata("manifest/v12", output.invocation_id) | {"adapter_type": "duckdb", "project_name": "stand_in"}
        self.write("manifest.json", {
            "metadata": metadata, "nodes": of("model", "seed", "snapshot", "test", "operation"), "sources": of("source"),
            "unit_tests": of("unit_test"), "functions": of("function"), "macros": {}, "docs": {}, "exposures": {}, "metrics": {},
            "groups": {}, "selectors": {}, "disabled": {}, "semantic_models": {}, "saved_queries": {}, "group_map": {},
            "parent_map": {n.id: n.parents for n in self.nodes.values()}, "child_map": children,
        })
        if not self.writes_json:
            return
        output.event("ArtifactWritten", "P001", "info", "Wrote artifact WritableManifest",
                     {"artifact_path": "target/manifest.json", "artifact_type": "WritableManifest"})

    def write_results(self, output, command, results, values):
        args = {"command": command, "which": command.split()[-1], "static_analysis": values.get("static_analysis") or "baseline",
                "full_refresh": bool(values.get("full_refresh"))}
        self.write("run_results.json", {
            "metadata": self.metadata("run-results/v6", output.invocation_id), "results": results,
            "elapsed_time": sum(r["execution_time"] for r in results), "args": args,
        })


def refused_path(file):
    """What is wrong with the folders in dbt_project.yml: dbt 2 knows no others than the default ones."""
    for line in open(file, encoding="utf-8"):
        name, _, value = line.partition(":")
        default = {"target-path": "target", "log-path": "logs"}.get(name)
        if default and value.strip().strip("\"'") != default:
            return f"dbt_project.yml: `{name}` is not supported; remove it, or use --{name}"
    return None


def result(node, status, message, started, finished):
    """A node in run_results.json."""
    step = {"started_at": microseconds(started), "completed_at": microseconds(finished)}
    return {
        "status": {"no-op": "skipped"}.get(status, status), "timing": [{"name": "compile", **step}, {"name": "execute", **step}],
        "thread_id": "Thread-1", "execution_time": (finished - started) / 10**9, "adapter_response": {}, "message": message,
        "failures": node.failures if node.is_test else None, "unique_id": node.id, "compiled": None, "compiled_code": None,
        "relation_name": None, "batch_results": None,
    }
