"""Several real servers of the public side on one database, that can be killed while people send.

``Portals`` starts them as an installation does (``verification.services.web_app``); each listens on a port of
its own, so that a kill of one is met by the others, as behind a proxy. Must not know: what is sent.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.demo import free_ports
from tests.support.intake_server import Client
from verification.services import Listener, web_app
from verification.supervise import Service, spawn

READY_SECONDS = 60.0


@dataclass
class _Slot:
    service: Service
    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class Portals:
    """A few servers; any thread may kill one. ``kills``: how often that was done."""

    def __init__(self, environ: Mapping[str, str], *, log_dir: Path, count: int) -> None:
        self._turn = 0
        self.kills = 0
        self._dead: queue.SimpleQueue[_Slot] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._slots = []
        for number, port in enumerate(free_ports(count)):
            listener = Listener("127.0.0.1", port)
            service = web_app(
                "portal", target="portal.wsgi:app", listener=listener, workers=1, environ=environ
            )
            self._slots.append(_Slot(service, port, log_dir / f"portal-{number}.log"))

    def start(self) -> None:
        """Start all of them and wait until each answers."""
        for slot in self._slots:
            self._spawn(slot)
        deadline = time.monotonic() + READY_SECONDS
        while not all(_answers(slot) for slot in self._slots):
            assert time.monotonic() < deadline, "the servers did not start"
            time.sleep(0.05)

    def ready(self) -> int:
        """The port of one that answers; waits until there is one. They take turns."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with self._guard:
                self._turn += 1
                first = self._turn % len(self._slots)
            for slot in (*self._slots[first:], *self._slots[:first]):
                if _answers(slot):
                    return slot.port
            time.sleep(0.02)
        raise AssertionError("no server answers")

    def kill(self, port: int) -> None:
        """End the server on this port and all its processes at once, as a power cut would."""
        slot = next(slot for slot in self._slots if slot.port == port)
        with slot.lock:
            assert slot.process is not None
            if slot.process.returncode is None:
                os.killpg(slot.process.pid, signal.SIGKILL)
                slot.process.wait()
                self._dead.put(slot)
        with self._guard:
            self.kills += 1

    def revive(self, *, while_alive: Iterable[threading.Thread]) -> None:
        """Start again what was killed, until these threads have ended.

        For the test's own thread: the kernel ends a program with the thread that started it.
        """
        for thread in while_alive:
            while thread.is_alive():
                with contextlib.suppress(queue.Empty):
                    self._spawn(self._dead.get(timeout=0.02))

    def end(self) -> None:
        """Stop all of them."""
        for slot in self._slots:
            if slot.process is not None and slot.process.poll() is None:
                os.killpg(slot.process.pid, signal.SIGKILL)
                slot.process.wait()

    def said(self) -> str:
        """All that they logged."""
        return "".join(slot.log.read_text(encoding="utf-8") for slot in self._slots if slot.log.exists())

    def _spawn(self, slot: _Slot) -> None:
        slot.process = spawn(slot.service.command, environ=slot.service.environ, log=slot.log)


def _answers(slot: _Slot) -> bool:
    assert slot.service.ready is not None
    return slot.service.ready()


class Browser:
    """A person's browser over plain sockets: keeps its cookie when it goes to another server."""

    def __init__(self, portals: Portals) -> None:
        self._portals = portals
        self.port = portals.ready()
        self.client = Client(self.port)

    def elsewhere(self) -> None:
        """Connect once more, to a server that answers now."""
        cookie = self.client.cookie
        self.client.close()
        self.port = self._portals.ready()
        self.client = Client(self.port)
        self.client.cookie = cookie

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.client.close()
