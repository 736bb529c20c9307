"""Records what Prefect's own Python runner leaves on the server for each use that `crates/runner/examples` shows.

Arguments: the shop, and the file to write. Needs the environment of `testdata/python/reference.txt`, and
PREFECT_API_URL of a server of the same version. Ids, times and numbers in texts are left out, lists are sorted.

The project is the shop with the models of MODELS: `flaky` fails in the first build of a new database, because the table that
it reads is created at the end of a run.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx
from asset_events import read_events
from dbt_common.events.base_types import EventLevel
from prefect import flow
from prefect.runtime import flow_run
from prefect.variables import Variable
from prefect_dbt import PrefectDbtRunner, PrefectDbtSettings

MODELS = {
    "flaky": "{{ config(tags=['critical', 'pii']) }} select count(*) as runs from landing.run_log",
    "after_flaky": "select * from {{ ref('flaky') }}",
}
SAYS = "hook: "
# Lines of Prefect's own engine for Python, some with a traceback.
OF_PYTHON = (
    "Beginning flow run",
    "Encountered exception",
    "Task run failed with exception",
    "Received non-final state",
)
PROFILE = "shop:\n  target: \"{{ prefect.variables.samples_target }}\"\n"


def say(text):
    """Prints a line of a hook, as distinct from those of dbt."""
    print(SAYS + text)


def in_a_flow(use, **options):
    """Runs the use as a flow, and reports the id of its flow run."""

    @flow(**options)
    def sample():
        Path(os.environ["SAMPLE_FLOW_RUN"]).write_text(str(flow_run.id))
        use()

    sample()


def build(**options):
    in_a_flow(lambda: PrefectDbtRunner(**options).invoke(["build"]))


def retry():
    def use():
        PrefectDbtRunner().invoke(["build"] if flow_run.get_run_count() == 1 else ["retry"])

    in_a_flow(use, retries=2)


def hooks():
    runner = PrefectDbtRunner()

    @runner.on_run_start
    def start(ctx):
        say(f"Starting dbt command: {ctx.command} with args: {json.dumps(ctx.args)}")

    @runner.post_model(select="tag:critical")
    def critical(ctx):
        if ctx.status == "error":
            say(f"Critical model {ctx.node_id} failed: {ctx.error}")

    @runner.on_run_end(select="tag:marts")
    def end(ctx):
        say(f"Run finished with status: {ctx.status}")
        say(f"Nodes that took part: {len(ctx.run_results)}")

    in_a_flow(lambda: runner.invoke(["build"]))


def critical_failure():
    runner = PrefectDbtRunner()

    @runner.post_model(select="tag:critical")
    def alert(ctx):
        if ctx.status == "error":
            say(f'dbt.critical_model.failed [("node_id", "{ctx.node_id}"), ("command", "{ctx.command}")]')

    runner.invoke(["build"])


def run_summary():
    runner = PrefectDbtRunner()

    @runner.on_run_end
    def summarize(ctx):
        statuses = Counter(node.get("status") for node in (ctx.run_results or {}).values())
        counts = json.dumps(dict(sorted(statuses.items())))
        say(f"#data-platform: dbt {ctx.command} finished with status={ctx.status}; per node: {counts}")

    runner.invoke(["build"])


def slow_models():
    runner = PrefectDbtRunner()

    @runner.on_run_end
    def slow(ctx):
        if ctx.error is not None:
            say(f"dbt run did not produce results: {ctx.error}")
        for unique_id, result in (ctx.run_results or {}).items():
            if unique_id.startswith("model.") and float(result.get("execution_time") or 0) >= 30:
                say(f"slow model {unique_id}")

    runner.invoke(["build"])


def hook_selections():
    runner = PrefectDbtRunner()

    @runner.on_run_start
    def before(ctx):
        say(f"about to run {len(ctx.node_ids)} nodes of marts")

    @runner.post_model(select="tag:pii")
    def audit(ctx):
        say(f"finished PII model {ctx.node_id} with status={ctx.status}")

    @runner.on_run_end(select="tag:marts")
    def after(ctx):
        say(f"marts touched in command `{ctx.command}`; status={ctx.status}")

    runner.invoke(["build"])


def templated_profile():
    Variable.set("samples_target", "dev", overwrite=True)
    profiles = Path("profiles.yml")
    profiles.write_text(re.sub(r"^shop:\n  target: dev\n", PROFILE, profiles.read_text(), flags=re.MULTILINE))
    build()


# Each use, and whether its database is new, so that `flaky` fails.
SAMPLES = {
    "retry": (retry, True),
    "no_raise": (lambda: build(raise_on_failure=False), True),
    "hooks": (hooks, True),
    "critical_failure": (critical_failure, True),
    "run_summary": (run_summary, True),
    "basic": (build, False),
    "compiled_code": (lambda: build(include_compiled_code=True), False),
    "disabled_assets": (lambda: build(disable_assets=True), False),
    "settings": (lambda: build(settings=PrefectDbtSettings(project_dir=".", profiles_dir=".")), False),
    "log_level": (lambda: build(settings=PrefectDbtSettings(log_level=EventLevel.ERROR)), False),
    "slow_models": (slow_models, False),
    "hook_selections": (hook_selections, False),
    "templated_profile": (templated_profile, False),
}


def post(path, body):
    response = httpx.post(f"{os.environ['PREFECT_API_URL']}/{path}", json=body, timeout=60)
    response.raise_for_status()
    return response.json()


def pages(path, body, size=200):
    found = []
    while True:
        page = post(path, {**body, "limit": size, "offset": len(found)})
        found += page
        if len(page) < size:
            return found


def settled(read):
    """What a reader reads, once it has read the same three times."""
    found, still = None, 0
    while still < 3:
        time.sleep(2)
        now = read()
        still = still + 1 if now == found else 0
        found = now
    return found


def plain(text):
    """A text without colours, numbers and rows of dots, which differ from run to run."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text or "")
    return re.sub(r"\.{3,}", "...", re.sub(r"\d+(\.\d+)?", "#", text))


def state(run):
    found = run["state"]
    return [found["type"], found["name"], plain(found["message"])]


def distinct(lists):
    """The lists, sorted, each once."""
    return [json.loads(text) for text in sorted({json.dumps(one) for one in lists})]


def record(flow_run_id):
    """What the server has of a flow run."""
    of_run = {"flow_runs": {"id": {"any_": [flow_run_id]}}}
    read_tasks = lambda: sorted(pages("task_runs/filter", of_run), key=lambda run: run["id"])
    tasks = settled(lambda: [run for run in read_tasks()])
    names = {run["id"]: run["name"] for run in tasks}
    logs = settled(lambda: pages("logs/filter", {"logs": {"flow_run_id": {"any_": [flow_run_id]}}}))
    whole = post("flow_runs/filter", {"flow_runs": {"id": {"any_": [flow_run_id]}}})[0]
    upstream = lambda run: sorted(
        {names.get(one["id"], "?") for one in run["task_inputs"].get("wait_for", []) if one.get("id")}
    )
    line = lambda log: [log["level"], plain(log["message"]), names.get(log["task_run_id"])]
    asset = lambda event: [event["event"], event["resource"]["prefect.resource.id"]]
    artifacts = post("artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [flow_run_id]}}})
    return {
        "state": state(whole),
        "run_count": whole["run_count"],
        "task_runs": sorted([run["name"], state(run), upstream(run)] for run in tasks),
        "logs": distinct(line(log) for log in logs if not log["message"].startswith(OF_PYTHON)),
        "assets": distinct(asset(event) for event in read_events(flow_run_id)),
        "artifacts": sorted(artifact["key"] for artifact in artifacts if artifact["key"]),
    }


def main(shop, out):
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        copy, id_file = Path(scratch) / "shop", Path(scratch) / "flow_run"
        shutil.copytree(shop, copy, ignore=shutil.ignore_patterns("target", "logs", "*.duckdb", ".prefect-dbt"))
        for name, text in MODELS.items():
            (copy / "models/marts" / f"{name}.sql").write_text(text + "\n")
        for name, (_, is_new) in SAMPLES.items():
            id_file.unlink(missing_ok=True)
            if is_new:
                (copy / "shop.duckdb").unlink(missing_ok=True)
            program = [sys.executable, __file__, name]
            environment = {**os.environ, "SAMPLE_FLOW_RUN": str(id_file), "PYTHONDONTWRITEBYTECODE": "1"}
            ended = subprocess.run(program, cwd=copy, env=environment, capture_output=True, text=True)
            lines = [line.removeprefix(SAYS) for line in ended.stdout.splitlines() if line.startswith(SAYS)]
            left = record(id_file.read_text()) if id_file.exists() else None
            found[name] = {"succeeded": ended.returncode == 0, "printed": [plain(line) for line in lines], "left": left}
            print(name, ended.returncode, file=sys.stderr)
    Path(out).write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    if len(sys.argv) == 2:
        SAMPLES[sys.argv[1]][0]()
    else:
        main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
