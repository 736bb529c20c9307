"""Records the asset events of Prefect's own Python runner, for the comparison with ours.

Arguments: the shop, and the file to write. Needs the environment of `testdata/python/reference.txt`, and
PREFECT_API_URL of a server of the same version. Ids and times are left out, lists are sorted.
"""

import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import httpx
from prefect import flow
from prefect.runtime import flow_run
from prefect_dbt import PrefectDbtRunner

CASES = {
    "build": (["build"], {}),
    "compiled_code": (["build"], {"include_compiled_code": True}),
    "failed": (["build", "--vars", "fail_model: true"], {}),
}
TIMES = ("node_started_at", "node_finished_at")


@flow
def reference(args, options):
    PrefectDbtRunner(raise_on_failure=False, **options).invoke(args)
    return str(flow_run.id)


def read_events(flow_run_id):
    """All asset events of a flow run, once no more of them come."""
    wanted = {
        "filter": {
            "event": {"prefix": ["prefect.asset."]},
            "related": {"id": [f"prefect.flow-run.{flow_run_id}"]},
        },
        "limit": 50,
    }
    api = os.environ["PREFECT_API_URL"]
    events, still = [], 0
    while still < 3:
        time.sleep(2)
        page = httpx.post(f"{api}/events/filter", json=wanted, timeout=60).json()
        found = page["events"]
        while page.get("next_page"):
            page = httpx.get(page["next_page"], timeout=60).json()
            found += page["events"]
        still = still + 1 if len(found) == len(events) else 0
        events = found
    return events


def normalised(event):
    """What does not change from run to run."""
    related = {}
    for resource in event["related"]:
        if resource["prefect.resource.role"].startswith("asset"):
            related.setdefault(resource["prefect.resource.role"], []).append(resource["prefect.resource.id"])
    payload = {name: value for name, value in event["payload"].items() if name not in TIMES}
    return {
        "event": event["event"],
        "resource": event["resource"],
        "related": {role: sorted(ids) for role, ids in related.items()},
        "payload": payload,
    }


def main(shop, out):
    cases = {}
    for name, (args, options) in CASES.items():
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch) / "shop"
            shutil.copytree(shop, copy, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb", ".prefect-dbt"))
            os.chdir(copy)
            events = [normalised(event) for event in read_events(reference(args, options))]
            os.chdir(shop)
        events.sort(key=lambda event: json.dumps(event, sort_keys=True))
        cases[name] = events
    Path(out).write_text(json.dumps(cases, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
