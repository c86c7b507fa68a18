"""Real servers of the public side: one to look at, or several on one database, killed while people send.

All are started as an installation starts them (``verification.services.web_app``). ``Portals`` listen on a
port each, so that a kill of one is met by the others, as behind a proxy. Must not know: what is sent.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import machine
from tests.support.demo import free_ports
from tests.support.intake import SigningDesk
from tests.support.intake_server import Client
from tests.support.public import settings_for, wait_until
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


@contextmanager
def serving_portal(
    desk: SigningDesk,
    *,
    folder: Path,
    wrapped: Callable[[Service], Service] | None = None,
    more: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """One server that seals to ``desk``, until the block ends; gives its port.

    folder: gets ``blobs``, ``log`` and the program's temp files. wrapped: changes how the program is started.
    more: further settings, without their prefix.
    """
    for part in ("blobs", "log"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    listener = Listener("127.0.0.1", free_ports(1)[0])
    environ = os.environ | settings_for(
        desk, folder=folder / "blobs", public_url="http://127.0.0.1", **(more or {})
    )
    environ |= {"PYTHONPATH": str(machine.PROJECT), "TMPDIR": str(folder)}
    service = web_app("portal", target="portal.wsgi:app", listener=listener, workers=1, environ=environ)
    if wrapped is not None:
        service = wrapped(service)
    process = spawn(service.command, environ=service.environ, log=folder / "log" / "portal.log")
    try:
        assert service.ready is not None
        wait_until(service.ready, seconds=service.ready_seconds)
        yield listener.port
    finally:
        process.terminate()
        process.wait(10)


def _answers(slot: _Slot) -> bool:
    assert slot.service.ready is not None
    return slot.service.ready()


class Browser:
    """A person's browser over plain sockets: keeps its cookie when it goes to another server."""

    def __init__(self, portals: Portals) -> None:
        self._portals = portals
        self.port, self.client = self._connected()

    def elsewhere(self) -> None:
        """Connect once more, to a server that answers now."""
        cookie = self.client.cookie
        self.client.close()
        self.port, self.client = self._connected()
        self.client.cookie = cookie

    def _connected(self) -> tuple[int, Client]:
        """To a server that answers; between its answer and our call another person may have killed it."""
        while True:
            port = self._portals.ready()
            with contextlib.suppress(ConnectionError):
                return port, Client(port)

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_raised: object) -> None:
        self.client.close()
