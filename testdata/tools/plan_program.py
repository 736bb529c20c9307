"""Compares what `prefect-dbt plan` says with what dbt then runs: the nodes, and at one thread their order.

    python testdata/tools/plan_program.py PATH_OF_PREFECT_DBT

The interpreter is that of an environment with a version of dbt, which runs in this process. The project is that of
selection_fixtures.py, with SQL hooks, a microbatch model and functions that DuckDB can run. It runs once for each set of nodes
that a recorded selection has.
"""

import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import selection_cases as cases
import selection_dbt as dbt
import selection_fixtures as fixtures
import selection_versions as versions

# Twelve hooks: as texts, 10 is before 2.
HOOKS = f"""
on-run-start: {["{{ log('no SQL') }}", *["select 1"] * 11]}
on-run-end: ["select 1", "select 2"]
"""

FUNCTIONS = """
{% macro duckdb__scalar_function_sql(target_relation) %}
create or replace function {{ target_relation.render() }}({{ model.arguments | map(attribute='name') | join(', ') }})
as ({{ model.compiled_code }})
{% endmacro %}
"""

MICROBATCH = """
{% set begin = (run_started_at - modules.datetime.timedelta(days=2)).strftime('%Y-%m-%d') %}
{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day', begin=begin) }}
select id, cast(lent_on as timestamp) as at from {{ ref('stg_lendings') }}
"""

HOOKS_OF_PACKAGE = """
on-run-start: ["select 2"]
on-run-end: "select 2"
"""

UNIT_TEST = """
unit_tests:
  - name: late_only
    model: overdue
    given: [{input: "ref('lendings')", rows: [{id: 1, is_overdue: false}]}]
    expect: {rows: []}
"""


def made_to_run(project):
    """Adds what the project lacks to run as a whole, and what only matters in runs."""
    for path, hooks in [("dbt_project.yml", HOOKS), ("packages/stacks/dbt_project.yml", HOOKS_OF_PACKAGE)]:
        with (project / path).open("a") as file:
            file.write(hooks)
    (project / "models/lending/late.yml").write_text(UNIT_TEST)
    (project / "macros/functions.sql").write_text(FUNCTIONS)
    (project / "models/lending/batched.sql").write_text(MICROBATCH)
    (project / "models/lending/blank.sql").write_text("select 1 as id")
    versions.older_words(project)


# Of these, dbt selects nodes for a build, and fails when it comes to one.
WITHOUT_RUNNER = {"analysis", "source"}


def lines():
    """The command lines that are compared: one build for each set of nodes, then every kind of command."""
    seen = set()
    for text in (fixtures.FIXTURES / "corpus.jsonl").open():
        case = json.loads(text)
        nodes = tuple(case.get("expected", ()))
        runs = not {"state", "selectors_yml"} & case.keys() and not WITHOUT_RUNNER & set(case.get("resource_types", []))
        if runs and nodes and nodes not in seen:
            seen.add(nodes)
            yield ["build", *dbt.flags(case)]
    for case in cases.queues():
        line = [*case["command"].split(), *dbt.flags(case)]
        yield line + (["--state", "target"] if line[0] == "clone" else [])
    yield ["docs", "generate", "--select", "+titles+"]
    yield ["show", "--select", "titles", "items"]


def started(line):
    """The nodes that dbt starts, in order; None if it refuses."""
    found = {}

    def on_event(event):
        node = getattr(event.data, "node_info", None)
        # What is ephemeral becomes a part of others: dbt runs nothing for it.
        if event.info.name in ("NodeStart", "LogHookStartLine") and node.materialized != "ephemeral":
            found[node.unique_id] = None

    answer = dbt.invoke(*line, on_event=on_event)
    return None if answer.exception else list(found)


def planned(program, line):
    """The nodes of the plan, in order; None if there is none."""
    answer = subprocess.run([program, "plan", "--output", "json", "--", *line], stdout=subprocess.PIPE, text=True)
    if answer.returncode:
        return None
    return [node["unique_id"] for node in json.loads(answer.stdout)["nodes"]]


def without_chance(nodes):
    """The nodes of a build, with the unit tests of each model sorted: dbt has them in a set of Python, whose order is chance."""
    found = []
    for is_unit_test, group in itertools.groupby(nodes, key=lambda node: node.startswith("unit_test.")):
        found += sorted(group) if is_unit_test else group
    return found


def differences(program, asked):
    with tempfile.TemporaryDirectory() as scratch:
        project = fixtures.project(Path(scratch).resolve(), "current", change=made_to_run)
        with dbt.directory(project):
            # Sources are seeds of the same project.
            dbt.invoke("seed")
            results = dbt.invoke("build").result
            yield from (f"{result.node.unique_id}: {result.message}" for result in results if result.status == "error")
            for line in asked:
                line = [*line, "--threads", "1", "--profiles-dir", "."]
                theirs, ours = started(line), planned(program, line)
                if theirs and ours and line[0] == "build":
                    theirs, ours = without_chance(theirs), without_chance(ours)
                if theirs != ours:
                    yield f"{' '.join(line)}: dbt starts {theirs}, the plan has {ours}"


def main(program):
    asked, different = list(lines()), 0
    for difference in differences(program, asked):
        different += 1
        print(difference, flush=True)
    print(f"dbt {versions.VERSION}: {len(asked)} command lines, {different} differences")
    sys.exit(bool(different))


if __name__ == "__main__":
    main(sys.argv[1])
