"""Shows only errors of dbt."""

from prefect import flow
from prefect_dbt_rs import EventLevel, PrefectDbtRunner, PrefectDbtSettings


@flow
def build_quietly():
    # The level of dbt's own package (dbt_common.events.base_types) works, too.
    settings = PrefectDbtSettings(log_level=EventLevel.ERROR)
    PrefectDbtRunner(settings=settings).invoke(["build"])


if __name__ == "__main__":
    build_quietly()
