"""Reading what another process says, line by line, without ever waiting for good."""

from __future__ import annotations

import os
import select
import subprocess
import time


class Spoken:
    """The lines a process prints to its piped stdout."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self._descriptor = process.stdout.fileno()
        self._unread = b""
        self.lines: list[str] = []

    def line(self, *, within_seconds: float = 20.0) -> str:
        """The next line. Fails the test if none comes in time, or the process ended without one."""
        deadline = time.monotonic() + within_seconds
        while b"\n" not in self._unread:
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([self._descriptor], [], [], left)
            assert ready, f"nothing more was said after {self.lines[-5:]}"
            read = os.read(self._descriptor, 65_536)
            assert read, f"it ended after {self.lines[-5:]}"
            self._unread += read
        line, self._unread = self._unread.split(b"\n", 1)
        self.lines.append(line.decode())
        return self.lines[-1]

    def until(self, beginning: str, *, within_seconds: float = 20.0) -> str:
        """Skip lines until one that begins so; returns it."""
        deadline = time.monotonic() + within_seconds
        while True:
            line = self.line(within_seconds=max(0.1, deadline - time.monotonic()))
            if line.startswith(beginning):
                return line
