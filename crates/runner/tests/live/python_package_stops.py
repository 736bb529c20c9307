"""A flow of the package that does not end by itself. Arguments: the name of the flow run, and its timeout in seconds."""

import signal
import sys

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def endless():
    PrefectDbtRunner().invoke(["build"], select="product_sales", vars="slow_model: true")


if __name__ == "__main__":
    # As from a terminal: a background job of a shell ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timeout = float(sys.argv[2]) if sys.argv[2:] else None
    endless.with_options(flow_run_name=sys.argv[1], timeout_seconds=timeout)()
