"""Runs the samples of the package in one Python, one after another, in the project's folder.

Arguments: the folder of the samples, then their names; `+NAME` begins with a new database. Prints a line of JSON for each.
"""

import contextlib
import io
import json
import pathlib
import runpy
import sys
import traceback

for name in sys.argv[2:]:
    if name.startswith("+"):
        pathlib.Path("shop.duckdb").unlink(missing_ok=True)
    name = name.lstrip("+")
    printed, succeeded = io.StringIO(), True
    try:
        with contextlib.redirect_stdout(printed):
            runpy.run_path(f"{sys.argv[1]}/{name}.py", run_name="__main__")
    except Exception:
        traceback.print_exc()
        succeeded = False
    print(json.dumps({"name": name, "succeeded": succeeded, "printed": printed.getvalue().splitlines()}), flush=True)
