"""Records what the real dbt selects, as fixtures.

    python testdata/tools/selection_fixtures.py [--out DIR | --check]

Run it with the interpreter of an environment that has dbt-core and dbt-duckdb. dbt runs in this process, through its
command line, on copies of testdata/projects/rich. Two runs write the same bytes: --check lists the files that would change.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import selection_cases as cases
import selection_dbt as dbt
import selection_state as state

TESTDATA = Path(__file__).resolve().parent.parent
FIXTURES = TESTDATA / "fixtures/selection"

README = """\
# What dbt selects

`testdata/tools/selection_fixtures.py` creates everything here with the real dbt from `testdata/projects/rich`; edit nothing.

- corpus.jsonl: the flags of a selection, then the unique ids and warnings of `dbt ls`, or its error
- queue.jsonl: the nodes that a command would run: the selected ones, and the nodes, edges and scores of its queue
- output.jsonl: arguments of `dbt ls`, and the lines that it prints
- manifest.json, selectors.yml, project_files.json (for `path:`), current/ (the project that `--state` compares), states/
- 1.7/, 1.9/, 1.12/, 1.13/: what these versions answer, created by `testdata/tools/selection_versions.py` with each of them
"""

# What the earlier states of the project did not have yet.
NEW_SINCE = {
    "previous": [
        "extra_models/reports/weekly.sql",
        "tests/fees_agree.sql",
        "models/lending/plan_vbeta.sql",
        "functions/more_count.sql",
    ],
    "breaking": [],
}


def project(work, name, overlay=None, change=None):
    """A copy of the project, as it is or as it was, changed if need be, with its package installed."""
    copy = work / name
    shutil.copytree(TESTDATA / "projects/rich", copy, ignore=shutil.ignore_patterns("target", "logs", "dbt_packages"))
    if overlay:
        shutil.copytree(TESTDATA / "projects/rich_states" / overlay, copy, dirs_exist_ok=True)
        for path in NEW_SINCE[overlay]:
            (copy / path).unlink()
    if change:
        change(copy)
    with dbt.directory(copy):
        dbt.invoke("deps")
    return copy


def write_lines(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))


def listing(root):
    """Files and folders below the project, without what dbt leaves there."""
    dirs, files = [], []
    for folder, names, leaves in os.walk(root):
        below = Path(folder).relative_to(root)
        if below == Path("."):
            names[:] = [name for name in names if name not in ("target", "logs")]
            leaves = [leaf for leaf in leaves if not leaf.endswith((".duckdb", ".user.yml", "package-lock.yml"))]
        dirs += [str(below / name) for name in names]
        files += [str(below / leaf) for leaf in leaves]
    return {"dirs": sorted(dirs), "files": sorted(files)}


def states(work, out):
    previous = project(work, "previous", "previous")
    with dbt.directory(previous):
        for command in (["seed"], ["build"], ["source", "freshness"]):
            dbt.invoke(*command)
    state.save(previous, out / "states/previous", ["manifest", "run_results", "sources"])
    breaking = project(work, "breaking", "breaking")
    with dbt.directory(breaking):
        dbt.invoke("parse")
    state.save(breaking, out / "states/breaking", ["manifest"])
    (out / "states/results_only").mkdir()
    shutil.copy(out / "states/previous/run_results.json", out / "states/results_only")


def fill(out):
    (out / "states").mkdir(parents=True)
    (out / "README.md").write_text(README)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch).resolve()
        states(work, out)
        current = project(work, "current")
        with dbt.directory(current):
            dbt.invoke("seed")
            dbt.invoke("source", "freshness")
            state.save(current, out / "current", ["sources"])
            manifest = dbt.invoke("parse").result
            state.save(current, out, ["manifest"])
            shutil.copy(out / "current/sources.json", current / "target/sources.json")
            write_lines(out / "project_files.json", [listing(current)])
            shutil.copy("selectors.yml", out)

            asked = dbt.Asker(manifest, out / "states")
            write_lines(out / "corpus.jsonl", map(asked.select, cases.selections()))
            write_lines(out / "queue.jsonl", map(asked.queue, cases.queues()))
            write_lines(out / "output.jsonl", map(asked.output, cases.outputs()))


def texts(folder):
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {name: text for name, text in files.items() if not name.startswith("1.")}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=FIXTURES, help="the folder to fill; what is in it goes")
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args()
    make(fill, options.out, options.check)


def make(fill, out, check):
    """Fills a folder anew, or compares it. The folders of other versions in it stay."""
    with tempfile.TemporaryDirectory() as scratch:
        built = Path(scratch).resolve() / "selection"
        fill(built)
        if check:
            report(texts(out), texts(built))
            return
        for name in texts(out):
            (out / name).unlink()
        shutil.copytree(built, out, dirs_exist_ok=True)


def report(committed, built):
    changed = sorted(name for name in committed | built if committed.get(name) != built.get(name))
    if changed:
        sys.exit("dbt would now write these in another way: " + ", ".join(changed))


if __name__ == "__main__":
    main()
