"""Runs dbt so that two runs say the same in the same order: a node is handed out once the one before it is dealt with.

    python testdata/tools/one_by_one.py build --select orders

Even with one thread it is otherwise chance whether the next node starts before the children of a failed one are skipped,
and which of several nodes that became ready is the next.
"""

import multiprocessing.pool
import signal
import sys
import threading

from dbt.cli.main import cli
from dbt.task import runnable

# Newer versions of dbt have a pool of their own.
POOL = "DbtThreadPool" if hasattr(runnable, "DbtThreadPool") else "ThreadPool"
BASE = getattr(runnable, "DbtThreadPool", multiprocessing.pool.ThreadPool)


class OneByOne(BASE):
    """A pool that makes the main thread wait for what it hands out, and for what is done with the result."""

    def apply_async(self, *args, **kwargs):
        result = super().apply_async(*args, **kwargs)
        if threading.current_thread() is threading.main_thread():
            result.wait()
        return result


if __name__ == "__main__":
    setattr(runnable, POOL, OneByOne)
    # Python leaves SIGINT ignored where a shell started us in its background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv[0] = "dbt"
    cli()
