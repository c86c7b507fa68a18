"""Running several programs as one: start, watch, start again, stop everything.

Owns processes, signals and their log files. Must not know what the programs do: ``verification.services``
names them. Every child leads its own process group and is asked to stop if we die (PR_SET_PDEATHSIG). Orphans
of a killed child are handed to us by the kernel (PR_SET_CHILD_SUBREAPER) and are killed before it is started
again, because an RQ horse or a web worker that outlives its parent would do its successor's work again.
Both calls are Linux's; elsewhere the process groups alone are stopped. Source: 7-facts "Queue".
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

#: A child that lived this long is thought healthy: its next restart is quick again.
HEALTHY_SECONDS = 60.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
#: How often a service that is starting is asked whether it is ready.
PROBE_SECONDS = 0.05
#: A log that has grown beyond this is set aside (one older file is kept) when its service starts.
MAX_LOG_BYTES = 8 * 1024 * 1024

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StartFailed(Exception):
    """A service stopped, or was not ready in time, while it was first started."""

    def __init__(self, service: str, reason: str, *, log: Path) -> None:
        super().__init__(f"{service} {reason}; see {log}")
        self.service = service
        self.log = log


@dataclass(frozen=True, kw_only=True)
class Service:
    """One program to keep running.

    ready: asked until it says yes; the next stage waits for it. None: counts as ready at once.
    stage: services of a lower stage are ready before those of a higher one start, and stop after them.
    stop_seconds: between the polite signal and SIGKILL.
    """

    name: str
    command: tuple[str, ...]
    environ: Mapping[str, str] = field(repr=False)
    ready: Callable[[], bool] | None = None
    stage: int = 0
    ready_seconds: float = 30.0
    stop_seconds: float = 10.0


@dataclass
class _Child:
    service: Service
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    due_at: float | None = None


def spawn(command: Iterable[str], *, environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start one program in its own process group; it is asked to stop (SIGTERM) if we die.

    log: stdout and stderr are appended here, mode 0600.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    parent = os.getpid()
    try:
        return subprocess.Popen(
            tuple(command),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=subprocess.STDOUT,
            env=dict(environ),
            process_group=0,
            preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509  # we run no threads
        )
    finally:
        os.close(descriptor)


def _die_with(parent: int) -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:  # it died between fork and prctl
        os._exit(1)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to the process and everything in its group; gone already is well."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


class Supervisor:
    """Keeps services running until it is told to stop.

    say: where one line per event goes.  log_dir: one file a service, made if missing.
    Source: issue 2 "make run"; no event names anything but the service, its exit and its log.
    """

    def __init__(self, services: Iterable[Service], *, log_dir: Path, say: Callable[[str], None]) -> None:
        self._children = [_Child(service) for service in sorted(services, key=lambda one: one.stage)]
        self._log_dir = log_dir
        self._say = say
        self._stopping = False
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)

    def run(self, *, on_ready: Callable[[], None]) -> None:
        """Start everything, call ``on_ready``, keep it running until SIGINT or SIGTERM, stop everything.

        Raises StartFailed (after stopping what had started) if a service cannot be started.
        """
        self._log_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = self._listen()
        try:
            self._start_all()
            if not self._stopping:
                on_ready()
            while not self._stopping:
                self._wait(self._next_due())
                self._look_after()
        finally:
            self._stop_all()
            self._deafen(before)

    # --- signals

    def _listen(self) -> dict[int, object]:
        """Take over the signals; a byte in the pipe wakes ``_wait`` for each. Returns the old handlers."""
        if _libc is not None:
            _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        handlers = {signal.SIGCHLD: self._noted, signal.SIGINT: self._told, signal.SIGTERM: self._told}
        handlers[signal.SIGHUP] = self._told
        return {number: signal.signal(number, handler) for number, handler in handlers.items()}

    def _deafen(self, before: dict[int, object]) -> None:
        for number, handler in before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]  # what signal.signal itself returned
        signal.set_wakeup_fd(-1)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _noted(self, _number: int, _frame: object) -> None:
        """SIGCHLD: the byte in the pipe is all that is needed."""

    def _told(self, _number: int, _frame: object) -> None:
        self._stopping = True

    def _wait(self, seconds: float | None) -> None:
        select.select([self._wake_read], [], [], seconds)
        try:
            while os.read(self._wake_read, 512):
                pass
        except BlockingIOError:
            return

    # --- starting

    def _log_of(self, service: Service) -> Path:
        return self._log_dir / f"{service.name}.log"

    def _start_all(self) -> None:
        for stage in sorted({child.service.stage for child in self._children}):
            members = [child for child in self._children if child.service.stage == stage]
            for child in members:
                self._start(child)
            for child in members:
                self._await_ready(child)

    def _start(self, child: _Child) -> None:
        log = self._log_of(child.service)
        if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_suffix(".log.1"))
        child.process = spawn(child.service.command, environ=child.service.environ, log=log)
        child.started_at = time.monotonic()
        child.due_at = None

    def _await_ready(self, child: _Child) -> None:
        """Ask until ready; Ctrl-C meanwhile ends the wait without an error."""
        service, process = child.service, child.process
        deadline = child.started_at + service.ready_seconds
        while not self._stopping and process is not None:
            if process.poll() is not None:
                how = _ending(process.returncode)
                raise StartFailed(service.name, f"stopped while starting ({how})", log=self._log_of(service))
            if service.ready is None or service.ready():
                return
            if time.monotonic() > deadline:
                reason = f"was not ready after {service.ready_seconds:.0f} s"
                raise StartFailed(service.name, reason, log=self._log_of(service))
            self._wait(PROBE_SECONDS)

    # --- watching

    def _next_due(self) -> float | None:
        """Seconds until the earliest restart, or None to sleep until a signal."""
        due = [child.due_at for child in self._children if child.due_at is not None]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _look_after(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, child.process)
            elif child.due_at is not None and time.monotonic() >= child.due_at and not self._stopping:
                self._start(child)
                self._say(f"{child.service.name} is running again")

    def _bury(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        """Clear up after a child that ended unasked and say when it will start again."""
        signal_group(process, signal.SIGKILL)
        kill_orphans(self._living())
        lived = time.monotonic() - child.started_at
        if lived > HEALTHY_SECONDS:
            child.pause_seconds = FIRST_PAUSE_SECONDS
        child.process = None
        child.due_at = time.monotonic() + child.pause_seconds
        how, log = _ending(process.returncode), self._log_of(child.service)
        pause = f"{child.pause_seconds:g} s"
        self._say(f"{child.service.name} stopped ({how}), starts again in {pause}; see {log}")
        child.pause_seconds = min(child.pause_seconds * 2, LONGEST_PAUSE_SECONDS)

    def _living(self) -> set[int]:
        return {child.process.pid for child in self._children if child.process is not None}

    # --- stopping

    def _stop_all(self) -> None:
        """Stage by stage, the last started first: web and workers before the queue server they talk to."""
        self._stopping = True
        for stage in sorted({child.service.stage for child in self._children}, reverse=True):
            self._stop_stage([child for child in self._children if child.service.stage == stage])
        kill_orphans(set())

    def _stop_stage(self, children: list[_Child]) -> None:
        running = [child for child in children if child.process is not None and child.process.poll() is None]
        for child in running:
            assert child.process is not None
            child.process.terminate()  # the leader alone: it stops its own workers in order
        asked_at = time.monotonic()
        for child in running:
            assert child.process is not None
            left = asked_at + child.service.stop_seconds - time.monotonic()
            try:
                child.process.wait(max(0.0, left))
            except subprocess.TimeoutExpired:
                limit = child.service.stop_seconds
                self._say(f"{child.service.name} did not stop within {limit:g} s and was killed")
        for child in children:
            if child.process is not None:
                signal_group(child.process, signal.SIGKILL)
                child.process.wait()
                child.process = None


def _ending(returncode: int) -> str:
    return f"signal {-returncode}" if returncode < 0 else f"exit {returncode}"


def kill_orphans(living: set[int]) -> None:
    """Kill and reap every process that the kernel handed to us because its own parent is gone.

    living: the children we mean to keep. On systems other than Linux there are none to see.
    """
    while orphans := _children_of_ours() - living:
        for pid in orphans:
            try:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
            except (ProcessLookupError, ChildProcessError):
                continue


def _children_of_ours() -> set[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii")
    except OSError:
        return set()
    return {int(pid) for pid in listed.split()}
