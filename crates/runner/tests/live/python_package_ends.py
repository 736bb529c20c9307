"""A run of the package that ends early: `modules`, `python` or `program` is killed when the run starts."""

import os
import signal
import sys

what = sys.argv[2]
before = set(sys.modules)
from prefect_dbt_rs import PrefectDbtRunner, PrefectDbtSettings

if what == "modules":
    loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
    print(" ".join(sorted(loaded - set(sys.stdlib_module_names) - {"prefect_dbt_rs"})))
    heavy = {"asyncio", "dataclasses", "inspect", "json", "logging", "pathlib", "re", "socket", "subprocess", "typing"}
    print(" ".join(sorted(loaded & heavy)))
    sys.exit()

runner = PrefectDbtRunner(settings=PrefectDbtSettings(target_path="target"))


@runner.on_run_start
def kill(ctx):
    if what == "python":
        os.kill(os.getpid(), signal.SIGKILL)
    with open(f"/proc/self/task/{os.getpid()}/children") as children:
        for child in children.read().split():
            os.kill(int(child), signal.SIGKILL)


try:
    runner.invoke(["build"])
except RuntimeError as error:
    print(error)
