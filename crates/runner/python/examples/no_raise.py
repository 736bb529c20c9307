"""Completes the flow even if dbt reports failures."""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def build_regardless():
    PrefectDbtRunner(raise_on_failure=False).invoke(["build"])


if __name__ == "__main__":
    build_regardless()
