"""Has an interrupted dbt cancel its queries until it has ended.

dbt itself cancels once, and only when its main thread hears the interrupt. A query that starts a moment later goes on, and so
does one that the main thread itself waits for in a driver that is deaf to signals. dbt would wait for both.
"""

import contextvars
import os
import signal
import threading
import time

# How long dbt has to cancel its queries itself, and the time between two cancellations of ours, in seconds.
PATIENCE = 1
PAUSE = 0.3


def cancel_when_interrupted(parts):
    interrupts, writer = os.pipe()
    os.set_blocking(writer, False)
    # Python writes the numbers of signals to it, whatever the main thread does.
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    threading.Thread(target=cancel_queries, args=(parts, interrupts), daemon=True).start()


def cancel_queries(parts, interrupts):
    while signal.SIGINT not in os.read(interrupts, 64):
        pass
    time.sleep(PATIENCE)
    while True:
        for adapter in list(parts.adapters.values()):
            parts.context.run(cancel, adapter)
        time.sleep(PAUSE)


def cancel(adapter):
    try:
        if adapter.is_cancelable():
            with adapter.connection_named("master"):
                adapter.cancel_open_connections()
    except Exception:
        # A connection has just been closed, or the warehouse does not answer: the next time may be better.
        pass
