"""Runs `dbt build` through Prefect's own Python runner, for `cargo xtask bench`. Argument: the flow run's name."""

import sys

from prefect import flow
from prefect_dbt import PrefectDbtRunner


@flow(flow_run_name=sys.argv[1])
def reference():
    PrefectDbtRunner().invoke(["build"])


if __name__ == "__main__":
    reference()
