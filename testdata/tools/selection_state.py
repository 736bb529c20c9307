"""dbt's artifacts, without what differs from run to run and without what no selection looks at."""

import json

MOMENT = "2026-01-01T00:00:00.000000Z"


def save(project, to, names):
    to.mkdir(parents=True, exist_ok=True)
    for name in names:
        artifact = json.loads((project / f"target/{name}.json").read_text().replace(str(project), "/project"))
        artifact["metadata"] |= {
            "generated_at": MOMENT,
            "invocation_id": f"of-{project.name}",
            "invocation_started_at": MOMENT,
        }
        if name == "manifest":
            text = manifest(artifact)
        else:
            text = json.dumps(results(artifact), indent=1)
        (to / f"{name}.json").write_text(text + "\n")


def manifest(artifact):
    """Without documentation, derived maps, and macros that no node calls; one line for each node."""
    artifact["metadata"] |= {"run_started_at": MOMENT}
    for key in ("docs", "parent_map", "child_map", "group_map"):
        artifact[key] = {}
    entries = [entry for part in artifact.values() for entry in part.values() if isinstance(entry, dict)]
    entries += [entry for copies in artifact["disabled"].values() for entry in copies]
    for entry in entries:
        if "created_at" in entry:
            entry["created_at"] = 0
    artifact["macros"] = {name: artifact["macros"][name] for name in called(artifact)}

    parts = []
    for key, part in artifact.items():
        lines = [f"{json.dumps(name)}: {json.dumps(part[name])}" for name in (part if key == "metadata" else sorted(part))]
        parts.append(f"{json.dumps(key)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}"


def called(artifact):
    macros = artifact["macros"]
    nodes = [node for key in ("nodes", "functions", "unit_tests", "exposures") for node in artifact[key].values()]
    found, waiting = set(), [name for node in nodes for name in node["depends_on"].get("macros", [])]
    while waiting:
        name = waiting.pop()
        if name in macros and name not in found:
            found.add(name)
            waiting += macros[name]["depends_on"]["macros"]
    return sorted(found)


def results(artifact):
    artifact["elapsed_time"] = 0
    artifact.pop("args", None)
    for result in artifact["results"]:
        result |= {"timing": [], "execution_time": 0, "thread_id": "Thread-1"}
        if "compiled_code" in result:
            result["compiled_code"] = None
        if "snapshotted_at" in result:
            result |= {"snapshotted_at": MOMENT, "max_loaded_at_time_ago_in_s": 0}
    artifact["results"].sort(key=lambda result: result["unique_id"])
    return artifact
