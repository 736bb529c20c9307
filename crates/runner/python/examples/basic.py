"""Builds a project; each node is a task run."""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def build_shop():
    PrefectDbtRunner().invoke(["build"])


if __name__ == "__main__":
    build_shop()
