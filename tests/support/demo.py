"""A whole demo county, running as ``make run`` runs it, on free ports and a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.machine import PROJECT
from tests.support.spoken import Spoken
from verification.cli.demo import Account, accounts

#: First run: the county is seeded; the issue allows 60 s for everything, other tests run beside it here.
START_SECONDS = 180.0
STOP_SECONDS = 40.0


class RunningDemo:
    """``start`` and ``stop`` as often as a test likes: the data stay in ``var``."""

    def __init__(self, var: Path, *, profile: str, environ: dict[str, str] | None = None) -> None:
        self.var = var
        self._profile = profile
        self._more = environ or {}
        self.public_port, self.internal_port = free_ports(2)
        self.public_url = f"http://127.0.0.1:{self.public_port}"
        self.internal_url = f"http://127.0.0.1:{self.internal_port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start and wait until it serves; returns the line that says so ("Ready after 2.1 s.")."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("XIANSUO_")}
        environ |= self._more | {
            "XIANSUO_VAR": str(self.var),
            "XIANSUO_PUBLIC_PORT": str(self.public_port),
            "XIANSUO_INTERNAL_PORT": str(self.internal_port),
        }
        command = [sys.executable, "-m", "verification.cli", "run", "--profile", self._profile]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT, env=environ)
        spoken = Spoken(self._process)
        ready = spoken.until("Ready after", within_seconds=START_SECONDS)
        self.spoken = spoken
        return ready

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """Stop it as Ctrl-C does; returns its exit code."""
        assert self._process is not None
        with self._process:
            self._process.send_signal(number)
            self._process.communicate(timeout=STOP_SECONDS)
        return self._process.returncode

    def end(self) -> None:
        """Whatever state it is in, stop it."""
        if self._process is not None and self._process.poll() is None:
            self.stop()

    @property
    def facts(self) -> dict[str, Any]:
        """``demo.json``, whole: URLs, accounts, receipts of seeded tips."""
        written: dict[str, Any] = json.loads((self.var / "demo.json").read_text(encoding="utf-8"))
        return written

    @property
    def pid(self) -> int:
        """The supervisor's."""
        assert self._process is not None
        return self._process.pid

    def accounts(self) -> list[Account]:
        """Everybody who can log in."""
        return accounts(self.var)

    def account(self, role: str) -> Account:
        """The first person with this role."""
        return next(one for one in self.accounts() if one.role == role)


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now, all different."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in servers]
    for server in servers:
        server.close()
    return ports
