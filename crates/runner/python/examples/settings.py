"""Says where the project and profiles.yml are."""

from prefect import flow
from prefect_dbt_rs import PrefectDbtRunner, PrefectDbtSettings


@flow
def build_elsewhere():
    settings = PrefectDbtSettings(project_dir=".", profiles_dir=".")
    PrefectDbtRunner(settings=settings).invoke(["build"])


if __name__ == "__main__":
    build_elsewhere()
