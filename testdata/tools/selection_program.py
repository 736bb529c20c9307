"""Compares what `prefect-dbt ls` selects with what dbt selects.

    python testdata/tools/selection_program.py PATH_OF_PREFECT_DBT

The interpreter is that of an environment with a version of dbt, which answers in this process. The project is that of
selection_versions.py.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import selection_cases as cases
import selection_dbt as dbt
import selection_fixtures as fixtures
import selection_versions as versions

KEYS = ["--output", "json", "--output-keys", "unique_id"]


def ours(program, case):
    """What the program selects, in its order; None if it refuses."""
    command = [program, "ls", *dbt.flags(case), *KEYS]
    answer = subprocess.run(command, capture_output=True, text=True)
    if answer.returncode:
        return None
    return [json.loads(line)["unique_id"] for line in answer.stdout.splitlines()]


def differences(program, asked):
    with tempfile.TemporaryDirectory() as scratch:
        project = fixtures.project(Path(scratch).resolve(), "current", change=versions.older_words)
        with dbt.directory(project):
            asker = dbt.Asker(dbt.invoke("parse").result, None)
            for case in asked:
                theirs, found = asker.select(case).get("expected"), ours(program, case)
                if theirs != found:
                    yield f"{json.dumps(case)}: dbt selects {theirs}, prefect-dbt {found}"


def main(program):
    asked = [case for case in cases.of_every_version() if versions.is_known(case)]
    different = list(differences(program, asked))
    print(*different, f"dbt {versions.VERSION}: {len(asked)} selections, {len(different)} differences", sep="\n")
    sys.exit(bool(different))


if __name__ == "__main__":
    main(sys.argv[1])
