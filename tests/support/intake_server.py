"""The intake behind granian in processes of its own, and a client that speaks plain sockets.

``with serving(folder, database_url=…) as server: server.connect()`` gives a ``Client``. For tests of cut and
oversized bodies, kills, and for measurements: nothing between the client's bytes and the server's.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from portal.clock import SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG
from portal.storage.received import Limits
from tests.support import machine
from tests.support.intake import SigningDesk

BOUNDARY = "----a-boundary-of-the-tests"
READY_SECONDS = 20.0


@dataclass(slots=True)
class Answer:
    """An HTTP answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> dict[str, object]:
        """The JSON in it."""
        parsed = json.loads(self.body)
        assert isinstance(parsed, dict)
        return parsed


class Client:
    """One browser: a cookie, and one connection at a time that is kept open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.cookie = ""
        self.socket = self._connect()
        self._buffer = b""

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def reconnect(self) -> None:
        """A fresh connection, the cookie kept."""
        self.socket.close()
        self.socket, self._buffer = self._connect(), b""

    def get(self, path: str) -> Answer:
        """A page."""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: tests\r\n{self._cookie()}\r\n".encode())
        return self.answer()

    def post(self, path: str, body: bytes, *, content_type: str | None = None) -> Answer:
        """Send a whole body."""
        self.socket.sendall(self.head(path, length=len(body), content_type=content_type) + body)
        return self.answer()

    def head(self, path: str, *, length: int, content_type: str | None = None) -> bytes:
        """The head of a POST; the caller sends the body as it likes."""
        kind = content_type or f"multipart/form-data; boundary={BOUNDARY}"
        lines = f"POST {path} HTTP/1.1\r\nHost: tests\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"
        return f"{lines}{self._cookie()}\r\n".encode()

    def answer(self) -> Answer:
        """Read one answer; ConnectionError where the connection ends before it does."""
        while b"\r\n\r\n" not in self._buffer:
            self._more()
        head, _, rest = self._buffer.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        wanted = int(headers.get("content-length", "0"))
        self._buffer = rest
        while len(self._buffer) < wanted:
            self._more()
        body, self._buffer = self._buffer[:wanted], self._buffer[wanted:]
        if "set-cookie" in headers:
            self.cookie = headers["set-cookie"].split(";")[0]
        return Answer(int(status_line.split()[1]), headers, body)

    def close(self) -> None:
        """End the connection."""
        self.socket.close()

    def _more(self) -> None:
        chunk = self.socket.recv(65536)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._buffer += chunk

    def _cookie(self) -> str:
        return f"Cookie: {self.cookie}\r\n" if self.cookie else ""


@dataclass(slots=True)
class Server:
    """A running server."""

    port: int
    process: subprocess.Popen[bytes]
    office: SigningDesk
    blob_dir: Path
    command: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    clients: list[Client] = field(default_factory=list)

    def connect(self) -> Client:
        """A new browser; closed with the server at the latest."""
        client = Client(self.port)
        self.clients.append(client)
        return client

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def start(self) -> None:
        """Start it (again) on the same port, database and blobs."""
        self.process = subprocess.Popen(
            self.command, env=dict(self.environ), start_new_session=True, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                with closing(Client(self.port)) as client:
                    client.get("/form")
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the server did not start")

    def worker_pids(self) -> list[int]:
        """The processes that answer requests."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def serving(
    folder: Path, *, database_url: str, limits: Limits | None = None, workers: int = 1, threads: int = 16
) -> Iterator[Server]:
    """Serve ``tests.support.upload_app`` on a migrated database with an office founded in it."""
    database = Database(database_url)
    office = SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)
    office.open_cleaner()
    port = free_port()
    settings = {
        "database_url": database_url,
        "blob_dir": str(folder / "blobs"),
        "root": office.root.verify_key().to_bytes().hex(),
        "limits": asdict(limits) if limits else None,
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--http", "1", "--no-ws", "--workers", str(workers)]
    command += ["--blocking-threads", str(threads), "--backpressure", "1024", "--log-level", "critical"]
    environ = os.environ | {"XIANSUO_TEST_INTAKE": json.dumps(settings), "PYTHONPATH": str(machine.PROJECT)}
    server = Server(
        port=port,
        process=None,  # type: ignore[arg-type]  # set by start, at once
        office=office,
        blob_dir=folder / "blobs",
        command=[*command, "tests.support.upload_app:app"],
        environ=environ,
    )
    server.start()
    try:
        yield server
    finally:
        for client in server.clients:
            client.close()
        if server.process.poll() is None:
            server.kill()
        database.dispose()


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def multipart(fields: Mapping[str, str | list[str]], files: Sequence[tuple[str, str, bytes]] = ()) -> bytes:
    """A body as browsers write it: fields, then files as (field, file name, bytes)."""
    parts = []
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            head = f'Content-Disposition: form-data; name="{name}"'
            parts.append(f"--{BOUNDARY}\r\n{head}\r\n\r\n{value}\r\n".encode())
    for name, file_name, content in files:
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file_name}"'
        kind = "Content-Type: application/octet-stream"
        parts.append(f"--{BOUNDARY}\r\n{head}\r\n{kind}\r\n\r\n".encode() + content + b"\r\n")
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def query(fields: Mapping[str, str]) -> bytes:
    """A body of the other kind."""
    return urllib.parse.urlencode(fields).encode()
