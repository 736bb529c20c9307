"""Finds the program `prefect-dbt`, and the dbt that it runs."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path


def find_program() -> str:
    """The program: `PREFECT_DBT_BIN`, the scripts folder of this environment, or `PATH`.

    Raises:
        FileNotFoundError: There is none.
    """
    if chosen := os.environ.get("PREFECT_DBT_BIN"):
        return chosen
    for folder in (sysconfig.get_path("scripts"), os.path.join(sys.prefix, "bin")):
        program = Path(folder) / "prefect-dbt"
        if program.is_file():
            return str(program)
    if found := shutil.which("prefect-dbt"):
        return found
    raise FileNotFoundError(
        "the program prefect-dbt is not installed: reinstall prefect-dbt-rs, or set PREFECT_DBT_BIN to its path"
    )


def dbt_beside_python() -> str | None:
    """The dbt of this Python environment, unless `PREFECT_DBT_EXECUTABLE` names one."""
    dbt = Path(sys.prefix) / "bin" / "dbt"
    return str(dbt) if "PREFECT_DBT_EXECUTABLE" not in os.environ and dbt.is_file() else None
