"""What `cargo xtask bench python` measures in Python. Prints one number.

`import`: milliseconds of the import. `invoke`: seconds of a build. `hooks`: the number of hook calls in a build, each of one
millisecond.
"""

import sys
import time


def import_package():
    began = time.perf_counter()
    from prefect_dbt_rs import DbtHookContext, PrefectDbtRunner, PrefectDbtSettings  # noqa: F401

    return 1000 * (time.perf_counter() - began)


def invoke():
    from prefect_dbt_rs import PrefectDbtRunner

    began = time.perf_counter()
    PrefectDbtRunner().invoke(["build"])
    return time.perf_counter() - began


def hooks():
    from prefect_dbt_rs import PrefectDbtRunner

    runner, calls = PrefectDbtRunner(), []

    @runner.post_model
    def after(ctx):
        time.sleep(0.001)
        calls.append(ctx.node_id)

    runner.invoke(["build"])
    return len(set(calls))


print({"import": import_package, "invoke": invoke, "hooks": hooks}[sys.argv[1]]())
