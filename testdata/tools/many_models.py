"""Stands in for dbt, for `cargo xtask bench python`: reports a build of as many models as `MODELS` says as fast as it is read.

Writes the seconds that it took to the file `seconds` in the working directory.
"""

import json
import os
import sys
import time
from datetime import datetime, timedelta, timezone

MODELS = int(os.environ["MODELS"])
BEGAN = datetime.now(timezone.utc)
started = time.monotonic()
written = 0


def say(name, level, message, **data):
    global written
    written += 1
    moment = (BEGAN + timedelta(microseconds=100 * written)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    info = {"name": name, "level": level, "msg": message, "ts": moment, "code": "A001", "pid": 1}
    info |= {"invocation_id": "00000000-0000-4000-8000-000000000001", "thread": "Thread-1", "category": "", "extra": {}}
    print(json.dumps({"info": info, "data": data}))
    return moment.rstrip("Z")


def model(index):
    name = f"m{index}"
    node = {"unique_id": f"model.many.{name}", "node_name": name, "resource_type": "model", "materialized": "table"}
    node |= {"node_path": f"{name}.sql", "node_status": "started", "node_finished_at": "", "meta": {}}
    node["node_started_at"] = BEGAN.isoformat().split("+")[0]
    node["node_started_at"] = say("NodeStart", "debug", f"Began running node {name}", node_info=node)
    ended = {**node, "node_status": "success"}
    ended["node_finished_at"] = say("LogModelResult", "info", f"OK created {name}", node_info=ended, status="OK")
    result = {"status": "success", "message": "OK", "execution_time": 0.01, "thread": "Thread-1"}
    say("NodeFinished", "debug", f"Finished running node {name}", node_info=ended, run_result=result)


if "build" in sys.argv:
    say("MainReportVersion", "info", "Running with dbt=1.11.16", version="=1.11.16")
    for index in range(MODELS):
        model(index)
    say("EndOfRunSummary", "info", "Completed successfully")
    sys.stdout.flush()
    with open("seconds", "w") as file:
        file.write(str(time.monotonic() - started))
elif "parse" not in sys.argv:
    sys.exit(1)
