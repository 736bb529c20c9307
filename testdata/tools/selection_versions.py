"""Asks other versions of dbt what they select, and writes down where they differ from the main version.

    python testdata/tools/selection_versions.py [--out DIR | --check]

The interpreter is that of an environment with the version in it. The project is that of selection_fixtures.py, in words that
the version knows. `fixtures/selection/<version>` then has:

- manifest.json: what selections look at
- answers.jsonl: the cases that every version is asked, each with the answer if it is not that of corpus.jsonl
"""

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path

import selection_cases as cases
import selection_dbt as dbt
import selection_fixtures as fixtures
import selection_state as state
from dbt.version import __version__ as VERSION

MINOR = int(VERSION.split(".")[1])
ANSWERS = ("expected", "warnings", "error")
# The parts of a node that selections look at, without those that only `state:` compares.
OF_A_NODE = """
unique_id resource_type name package_name fqn path original_file_path patch_path tags config depends_on raw_code access version
latest_version test_metadata source_name identifier model group
""".split()


def older_words(project):
    """Replaces what versions before 1.11 do not know, and adds what they need."""
    if MINOR < 9:
        (project / "models/semantic/metricflow_time_spine.sql").write_text("select current_date as date_day")
    for path in [*project.rglob("*.yml"), *project.rglob("*.sql")]:
        if "target" in path.parts or "dbt_packages" in path.parts:
            continue
        before = text = path.read_text()
        if MINOR < 11:
            text = text.replace("{{ function('double_count') }}(1)", "1")
            if path.name == "dbt_project.yml":
                text = re.sub(r"^function(s|-paths):.*\n(  .*\n)*", "", text, flags=re.MULTILINE)
        if MINOR < 10:
            text = re.sub(r"arguments: \{([^{}]*)\}", r"\1", text)
            # Until 1.9, an owner has one address.
            text = re.sub(r"email: \[([^,\]]*)[^\]]*\]", r"email: \1", text)
        if MINOR < 9:
            text = text.replace("strategy='check'", "strategy='check', target_schema='snapshots'")
        if MINOR < 8:
            text = re.sub(r"\bdata_tests:", "tests:", text)
        if text != before:
            path.write_text(text)


def is_known(case):
    """Whether the version has the flags of a case, and reads them as later ones do."""
    # project_files.json lacks the file that older versions need.
    if MINOR < 9 and case["select"] == ["path:models/**/*.sql"]:
        return False
    return MINOR >= 8 or not (case.get("exclude_resource_types") or case.get("resource_types") == ["MODEL"])


def key(case):
    return json.dumps({name: value for name, value in case.items() if name not in ANSWERS}, sort_keys=True)


def thin(manifest):
    """A manifest with what selections look at, a line for each node."""
    parts = {"metadata": {name: manifest["metadata"].get(name) for name in ("dbt_schema_version", "dbt_version", "project_name", "adapter_type")}}
    for part in ("nodes", "sources", "exposures", "metrics", "semantic_models", "saved_queries", "unit_tests", "functions"):
        if part in manifest:
            parts[part] = {name: thin_node(node) for name, node in sorted(manifest[part].items())}
    lines = []
    for name, part in parts.items():
        inner = ",\n".join(f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in part.items())
        lines.append(f"{json.dumps(name)}: {{\n{inner}\n}}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def thin_node(node):
    kept = {name: node[name] for name in OF_A_NODE if node.get(name) not in (None, [], {})}
    if "raw_code" in kept and kept["raw_code"].strip():
        kept["raw_code"] = "x"
    kept["config"] = {name: value for name, value in node.get("config", {}).items() if value not in (None, [], {})}
    return kept


def fill(out):
    out.mkdir(parents=True)
    main = {key(json.loads(line)): json.loads(line) for line in (fixtures.FIXTURES / "corpus.jsonl").open()}
    with tempfile.TemporaryDirectory() as scratch:
        current = fixtures.project(Path(scratch).resolve(), "current", change=older_words)
        with dbt.directory(current):
            manifest = dbt.invoke("parse").result
            written = json.loads((current / "target/manifest.json").read_text().replace(str(current), "/project"))
            (out / "manifest.json").write_text(thin(written))
            asker = dbt.Asker(manifest, out)
            answers = []
            for case in filter(is_known, cases.of_every_version()):
                answer = asker.select(case)
                is_same = main.get(key(case)) == answer
                answers.append(case if is_same else answer)
            fixtures.write_lines(out / "answers.jsonl", answers)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=fixtures.FIXTURES / f"1.{MINOR}", help="the folder to fill; what is in it goes")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args()
    fixtures.make(fill, options.out, options.check)


if __name__ == "__main__":
    main()
