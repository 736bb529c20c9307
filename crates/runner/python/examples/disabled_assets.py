"""Reports no assets."""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def build_without_lineage():
    PrefectDbtRunner(disable_assets=True).invoke(["build"])


if __name__ == "__main__":
    build_without_lineage()
