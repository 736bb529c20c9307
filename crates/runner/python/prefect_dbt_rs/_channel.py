"""The channel to the program: a pair of sockets, of which the program has one as its standard input."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

VERSION = 1
_TICK = 0.2
"""Seconds after which a wait lets an exception of another thread in (a flow's timeout)."""
STOP_GRACE = 60.0
"""Seconds that a stopped run gets to end before it is killed."""

Handler = Callable[[dict[str, Any]], None]


class Channel:
    """A child process and the socket to it."""

    def __init__(self, command: list[str], environment: dict[str, str], hello: dict[str, Any]) -> None:
        self._socket, theirs = socket.socketpair()
        # A session of its own: Ctrl-C reaches Python alone, which then stops the run once.
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), env=environment, start_new_session=True
            )
        self._received = b""
        self._ended = False
        self.send({"type": "hello", "version": VERSION, **hello})

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message. A program that has ended is noticed by `messages`."""
        try:
            self._socket.sendall(json.dumps(message).encode() + b"\n")
        except OSError:
            pass

    def messages(self, until: float | None = None) -> Iterator[dict[str, Any]]:
        """The messages of the program until it ends, or until a moment of `time.monotonic`."""
        while not self._ended:
            line, found, rest = self._received.partition(b"\n")
            if found:
                self._received = rest
                yield json.loads(line)
                continue
            if until is not None and time.monotonic() > until:
                return
            if not select.select([self._socket], [], [], _TICK)[0]:
                continue
            try:
                part = self._socket.recv(1 << 16)
            except OSError:
                part = b""
            self._ended = not part
            self._received += part

    def close(self) -> int:
        """Closes the channel and waits for the program. Returns its exit code."""
        self._socket.close()
        try:
            return self._process.wait(STOP_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
