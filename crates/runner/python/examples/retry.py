"""Builds, and when Prefect repeats the flow run, retries what failed."""

from prefect import flow
from prefect.runtime.flow_run import get_run_count
from prefect_dbt_rs import PrefectDbtRunner


@flow(retries=2)
def build_and_retry():
    runner = PrefectDbtRunner()
    if get_run_count() == 1:
        runner.invoke(["build"])
    else:
        runner.invoke(["retry"])


if __name__ == "__main__":
    build_and_retry()
