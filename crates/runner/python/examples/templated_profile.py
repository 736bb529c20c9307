"""Builds the target that a Prefect variable names.

In profiles.yml: `target: "{{ prefect.variables.target }}"`.
"""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner


@flow
def build_for_environment():
    PrefectDbtRunner().invoke(["build"])


if __name__ == "__main__":
    build_for_environment()
