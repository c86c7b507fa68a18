"""The programs of an installation, started as they are in earnest."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machine import PROJECT
from verification.services import Listener, health_probe, port_is_free, queue_server, web_app
from verification.supervise import Service, signal_group, spawn

pytestmark = pytest.mark.slow

STANDIN = "tests.support.standin_app:app"


@pytest.fixture
def listener() -> Listener:
    with socket.create_server(("127.0.0.1", 0)) as chosen:
        return Listener("127.0.0.1", chosen.getsockname()[1])


def serve(listener: Listener, log: Path, *, more: tuple[str, ...] = ()) -> subprocess.Popen[bytes]:
    """A stand-in app with two workers, ready."""
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
    service = web_app("standin", target=STANDIN, listener=listener, workers=2, environ=environ)
    process = spawn((*service.command, *more), environ=environ, log=log)
    await_ready(service, process)
    return process


def end(process: subprocess.Popen[bytes]) -> None:
    signal_group(process, signal.SIGKILL)
    process.wait()


@pytest.fixture
def served(listener: Listener, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    process = serve(listener, tmp_path / "web.log")
    worker_pids(process.pid, listener)  # the first answers before the second does
    yield process
    end(process)


def await_ready(service: Service, process: subprocess.Popen[bytes]) -> None:
    assert service.ready is not None
    deadline = time.monotonic() + service.ready_seconds
    while not service.ready():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_port_in_use_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = Listener("127.0.0.1", server.getsockname()[1])
        assert not port_is_free(taken)
    assert port_is_free(taken)


def test_queue_server_listens_on_a_private_socket_alone(tmp_path: Path) -> None:
    path = tmp_path / "v.sock"
    service = queue_server(path, folder=tmp_path, environ={})
    process = spawn(service.command, environ={}, log=tmp_path / "valkey.log")
    try:
        await_ready(service, process)
        assert path.stat().st_mode & 0o777 == 0o700
        assert listening_sockets(process.pid) == []
    finally:
        process.terminate()
        assert process.wait(5) == 0
    assert {entry.name for entry in tmp_path.iterdir()} == {"valkey.log"}


def test_queue_server_with_a_path_the_kernel_refuses_is_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="107 bytes"):
        queue_server(tmp_path / ("x" * 108), folder=tmp_path, environ={})


def test_web_app_ready_listens_and_answers(served: subprocess.Popen[bytes], listener: Listener) -> None:
    assert listening_sockets(served.pid) != []  # so the look for the queue server's could have found one
    assert health_probe(listener)()
    assert not health_probe(listener, path="/elsewhere")()


def test_web_app_asked_logs_neither_page_nor_address(listener: Listener, tmp_path: Path) -> None:
    logs = {}
    for more in ((), ("--access-log",)):
        process = serve(listener, tmp_path / "web.log", more=more)
        assert not health_probe(listener, path="/elsewhere")()
        process.terminate()
        assert process.wait(10) == 0
        logs[more] = (tmp_path / "web.log").read_text()
    traces = ("elsewhere", "127.0.0.1", "GET", "404")
    assert [trace in logs[("--access-log",)] for trace in traces] == [True] * 4  # the look can find them
    assert [trace in logs[()] for trace in traces] == [False] * 4


def test_web_app_told_to_stop_while_a_body_stalls_stops_within_its_limit(
    served: subprocess.Popen[bytes], listener: Listener
) -> None:
    with socket.create_connection((listener.host, listener.port)) as stalled:
        stalled.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n0123456789")
        assert health_probe(listener)()
        asked_at = time.monotonic()
        served.terminate()
        assert served.wait(10) == 0
    assert time.monotonic() - asked_at < 7


def test_web_app_worker_killed_goes_on_serving(served: subprocess.Popen[bytes], listener: Listener) -> None:
    before = worker_pids(served.pid, listener)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    after = worker_pids(served.pid, listener, beside=before)
    assert after - before != set()
    assert served.poll() is None


def worker_pids(leader: int, listener: Listener, *, beside: set[int] | None = None) -> set[int]:
    """Who answers; asks until two have, or until one answers that is not among ``beside``."""
    seen: set[int] = set()
    deadline = time.monotonic() + 15
    while len(seen) < 2 if beside is None else not seen - beside:
        assert time.monotonic() < deadline, f"{leader}: answered by {seen} alone"
        connection = http.client.HTTPConnection(listener.host, listener.port, timeout=5)
        try:
            connection.request("GET", "/pid")
            seen.add(int(connection.getresponse().read()))
        except OSError:  # a connection the killed worker had accepted
            continue
        finally:
            connection.close()
    return seen


def listening_sockets(group: int) -> list[str]:
    """Inodes of the TCP sockets that any process of this group listens on."""
    members = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    opened = {link for pid in members if in_group(pid, group) for link in open_files(pid)}
    tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    return [row[9] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in opened]


def in_group(pid: int, group: int) -> bool:
    try:
        return os.getpgid(pid) == group
    except ProcessLookupError:
        return False


def open_files(pid: int) -> set[str]:
    return {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()}
