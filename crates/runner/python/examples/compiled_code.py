"""Shows the code of each model in the description of its asset."""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def build_and_show_code():
    PrefectDbtRunner(include_compiled_code=True).invoke(["build"])


if __name__ == "__main__":
    build_and_show_code()
