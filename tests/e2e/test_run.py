"""``make run``: serves, survives, stops leaving nothing behind, and starts again quickly on the same data."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.demo import RunningDemo
from verification.services import Listener, health_probe

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("run")]


@pytest.fixture(scope="module")
def own_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """A demo of this file's own, because its tests stop it and kill parts of it."""
    running = RunningDemo(tmp_path_factory.mktemp("run") / "var", profile="small")
    running.start()
    yield running
    running.end()


def family(pid: int) -> set[int]:
    """A process's descendants."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(child) for child in listed} | {one for child in listed for one in family(int(child))}


def test_run_serves_both_sides_and_its_files_are_its_owners_alone(own_demo: RunningDemo) -> None:
    for port in (own_demo.public_port, own_demo.internal_port):
        assert health_probe(Listener("127.0.0.1", port))()
    assert {account.role for account in own_demo.accounts()} >= {"supervisor", "head"}
    open_to_others = [path for path in own_demo.var.rglob("*") if path.lstat().st_mode & 0o077]
    assert [path for path in open_to_others if not path.is_socket()] == []


def test_run_stopped_leaves_no_process_and_starts_again_on_the_same_data(own_demo: RunningDemo) -> None:
    receipts = own_demo.facts["receipts"]
    started = family(own_demo.pid)
    assert len(started) >= 6
    assert own_demo.stop() == 0
    assert [pid for pid in started if Path(f"/proc/{pid}").exists()] == []
    own_demo.start()
    assert own_demo.facts["receipts"] == receipts


def test_run_whose_public_server_is_killed_starts_it_again(own_demo: RunningDemo) -> None:
    (leader,) = [
        pid for pid in family(own_demo.pid) if b"portal.wsgi" in command(pid) and parent(pid) == own_demo.pid
    ]
    os.kill(leader, signal.SIGKILL)
    assert own_demo.spoken.until("portal stopped (signal 9)") != ""
    own_demo.spoken.until("portal is running again")
    assert health_probe(Listener("127.0.0.1", own_demo.internal_port))()


def command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
