"""A real worker in a process of its own, as an installation starts it; it can be stopped and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from redis import Redis

from tests.support.machine import PROJECT
from tests.support.office import HOST_KEY, TestOffice
from verification.services import background
from verification.supervise import spawn

WAIT_SECONDS = 60.0


def until(condition: Callable[[], bool], *, what: str) -> None:
    """Wait for another process; fails after a minute."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {WAIT_SECONDS:.0f} s: {what}")
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    """Whether a process has ended, buried or not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def record_of(client: Redis, pid: int) -> dict[bytes | str, bytes | str]:
    """What the queue server knows of a worker; empty before it takes jobs."""
    for key in client.keys("rq:worker:*"):
        if client.type(key) == b"hash":
            record = client.hgetall(key)
            if record.get(b"pid") == str(pid).encode():
                return record
    return {}


def settings_for(office: TestOffice, *, queue_url: str, cleaner_key_dir: Path) -> dict[str, str]:
    """The environment of relay and worker on this office's database and blobs."""
    url = office.database.url.render_as_string(hide_password=False)
    named = {
        "ENVIRONMENT": "test",
        "DATABASE_URL": url,
        "BLOB_DIR": str(office.blobs._root),
        "ROOT_PUBLIC": office.root.verify_key().to_bytes().hex(),
        "OFFICE_NAME": "督查室",
        "OFFICE_NAME_EN": "Office",
        "COUNTY_NAME": "安澜县",
        "COUNTY_NAME_EN": "Anlan",
        "INTERNAL_SECRET": bytes(32).hex(),
        "INTERNAL_URL": "http://127.0.0.1:8001",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "HOST_KEY": HOST_KEY.hex(),
        "QUEUE_URL": queue_url,
        "CLEANER_KEY_DIR": str(cleaner_key_dir),
    }
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)} | {
        f"XIANSUO_{name}": value for name, value in named.items()
    }


class WorkerProcess:
    """One worker. ``start`` waits until its zygote is warm."""

    def __init__(
        self, settings: dict[str, str], *, log: Path, module: str = "verification.jobs.worker"
    ) -> None:
        self._service = background("worker", module=module, environ=settings)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it takes jobs."""
        self._process = spawn(self._service.command, environ=self._service.environ, log=self._log)

    @property
    def pid(self) -> int:
        """The worker's process id."""
        assert self._process is not None
        return self._process.pid

    def zygote(self) -> int:
        """The zygote's process id, once there is one."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        until(lambda: children.read_text() != "", what="a zygote")
        return int(children.read_text().split()[0])

    def said(self) -> str:
        """Everything it has written."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Wait for its end; returns the exit code."""
        assert self._process is not None
        return self._process.wait(WAIT_SECONDS)

    def end(self) -> None:
        """Whatever state it is in, end it."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
