"""The supervisor, on real processes: what it starts it restarts, and it leaves none behind."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.machine import PROJECT
from tests.support.spoken import Spoken

pytestmark = pytest.mark.slow


class Running:
    """A supervisor in a process of its own, and what it said."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        self.process = process
        self._folder = folder
        self.line = Spoken(process).line

    def pids(self, name: str) -> tuple[int, int]:
        """A stand-in and the child it forked into another process group."""
        leader, horse = (self._folder / f"{name}.pids").read_text().split()
        return int(leader), int(horse)

    def tell(self, number: signal.Signals) -> None:
        """Send the supervisor a signal."""
        self.process.send_signal(number)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@contextmanager
def supervising(folder: Path, *named: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "tests.support.standin", str(folder), *named]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT)
    with process:
        try:
            yield Running(process, folder)
        finally:
            process.kill()


def gone(*pids: int) -> bool:
    """Whether all of these end within 10 s (they are not ours to wait for)."""
    for pid in pids:
        try:
            handle = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        ended, _, _ = select.select([handle], [], [], 10)
        os.close(handle)
        if not ended:
            return False
    return True


def test_supervisor_child_killed_is_started_again_without_its_orphans(folder: Path) -> None:
    with supervising(folder, "queue=steady", "web=steady") as running:
        assert running.line() == "ready"
        queue, web = running.pids("queue"), running.pids("web")
        os.kill(web[0], signal.SIGKILL)
        assert running.line() == f"web stopped (signal 9), starts again in 0.5 s; see {folder}/log/web.log"
        assert gone(*web)
        assert running.line() == "web is running again"
        running.tell(signal.SIGTERM)
        assert running.line() == "done"
        assert running.process.wait(10) == 0
        assert gone(*queue)


def test_supervisor_interrupted_stops_every_process(folder: Path) -> None:
    with supervising(folder, "queue=steady", "web=steady", "worker=steady") as running:
        assert running.line() == "ready"
        everything = [pid for name in ("queue", "web", "worker") for pid in running.pids(name)]
        assert all(Path(f"/proc/{pid}").exists() for pid in everything)
        running.tell(signal.SIGINT)
        assert running.line() == "done"
        assert not any(Path(f"/proc/{pid}").exists() for pid in everything)


def test_supervisor_child_that_refuses_to_stop_is_killed(folder: Path) -> None:
    with supervising(folder, "worker=stubborn") as running:
        assert running.line() == "ready"
        stubborn = running.pids("worker")
        running.tell(signal.SIGTERM)
        assert running.line() == "worker did not stop within 1 s and was killed"
        assert running.line() == "done"
        assert not any(Path(f"/proc/{pid}").exists() for pid in stubborn)


def test_supervisor_child_that_cannot_start_stops_the_others_and_names_its_log(folder: Path) -> None:
    with supervising(folder, "queue=steady", "web=failing") as running:
        log = folder / "log" / "web.log"
        assert running.line() == f"web stopped while starting (exit 1); see {log}"
        assert running.process.wait(10) == 1
        assert log.read_text() == "a reason in the log\n"
        assert log.stat().st_mode & 0o777 == 0o600
        assert gone(*running.pids("queue"))


def test_supervisor_child_that_keeps_crashing_is_started_ever_later(folder: Path) -> None:
    hold = folder / "hold"
    os.mkfifo(hold)
    with supervising(folder, "relay=crashing") as running:
        assert running.line() == "ready"
        with hold.open("w"):
            hold.unlink()
        pauses: list[str] = []
        while len(pauses) < 3:
            line = running.line()
            if "stopped (exit 7)" in line:
                pauses.append(line.split("starts again in ")[1].split(" s;")[0])
        assert pauses == ["0.5", "1", "2"]


def test_supervisor_killed_takes_its_children_with_it(folder: Path) -> None:
    with supervising(folder, "queue=steady", "web=steady") as running:
        assert running.line() == "ready"
        leaders = [running.pids(name)[0] for name in ("queue", "web")]
        horses = [running.pids(name)[1] for name in ("queue", "web")]
        running.tell(signal.SIGKILL)
        assert gone(*leaders)
        for horse in horses:  # a real horse asks the kernel for the same; the stand-in does not
            os.kill(horse, signal.SIGKILL)
