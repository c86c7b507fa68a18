"""A real Valkey server for tests, started as an installation starts it; it can be stopped and lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis

from verification.services import answers_ping, queue_server
from verification.supervise import spawn


class ValkeyProcess:
    """One server on a Unix socket. ``url`` stays the same when it is stopped and started again."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="xs-vk-"))
        self.socket_path = self._folder / "valkey.sock"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """For redis-py and ``XIANSUO_QUEUE_URL``."""
        return f"unix://{self.socket_path}?db=0"

    def client(self) -> redis.Redis:
        """A new client; close it."""
        return redis.Redis.from_url(self.url)

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it, empty, and wait until it answers."""
        service = queue_server(self.socket_path, folder=self._folder, environ={"PATH": os.environ["PATH"]})
        self._process = spawn(service.command, environ=service.environ, log=self._folder / "valkey.log")
        deadline = time.monotonic() + 10
        while not answers_ping(self.socket_path):
            if time.monotonic() > deadline or not self.is_running:
                raise RuntimeError((self._folder / "valkey.log").read_text())
            time.sleep(0.01)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Lose it, with everything in it."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(10)
            self._process = None

    def empty(self) -> None:
        """Forget everything; starts it first if a test lost it."""
        if not self.is_running:
            self.start()
        with self.client() as client:
            client.flushall()

    def remove(self) -> None:
        """Stop for good and remove the folder."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)
