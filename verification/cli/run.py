"""``run``: prepare a data folder, start everything, say where it is, stop everything on Ctrl-C.

Owns the data folder's lock, the ports and the settings each program is given. Must not know how programs are
kept running (``supervise``) or started (``services``). Source: issue 2 "Two commands on a fresh machine".
"""

from __future__ import annotations

import argparse
import fcntl
import os
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config import BadSettings, load_portal, load_verification
from verification.cli.demo import FILE_NAME, accounts
from verification.services import (
    MAX_SOCKET_PATH_BYTES,
    Listener,
    background,
    port_is_free,
    queue_server,
    web_app,
)
from verification.supervise import Service, StartFailed, Supervisor

PROFILES = ("county", "small")
PROJECT = Path(__file__).resolve().parents[2]
#: Connections, databases and blobs are all open files; many systems start a login at 1,024.
MAX_OPEN_FILES = 65_536
#: Of the surroundings a program gets these and its own settings, nothing else.
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE")


class CannotRun(Exception):
    """Said in one line before anything was started."""


@dataclass(frozen=True, slots=True)
class Place:
    """What the surroundings say about where to run."""

    var: Path
    public: Listener
    internal: Listener
    job_workers: int

    @classmethod
    def of(cls, environ: Mapping[str, str]) -> Place:
        """From ``XIANSUO_VAR``, ``XIANSUO_HOST``, the two ports and ``XIANSUO_WORKERS``."""
        host = environ.get("XIANSUO_HOST", "127.0.0.1")
        return cls(
            var=Path(environ.get("XIANSUO_VAR", "var")).resolve(),
            public=Listener(host, _number(environ, "XIANSUO_PUBLIC_PORT", 8000, at_most=65_535)),
            internal=Listener(host, _number(environ, "XIANSUO_INTERNAL_PORT", 8001, at_most=65_535)),
            job_workers=_number(environ, "XIANSUO_WORKERS", 2, at_most=64),
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which demo county to seed on first run."""
    parser.add_argument("--profile", choices=PROFILES, default=PROFILES[0], help="which demo to seed first")


def main(arguments: argparse.Namespace) -> int:
    """Serve until told to stop. 0 after a clean stop, 1 if it could not run, 130 if stopped before."""
    try:
        return _run(Place.of(os.environ), profile=arguments.profile)
    except (CannotRun, StartFailed) as reason:
        print(reason, flush=True)
        return 1
    except BadSettings as bad:
        print("These settings cannot be used:", *bad.problems, sep="\n  ", flush=True)
        return 1
    except KeyboardInterrupt:
        print("\nStopped while preparing; the next run goes on from there.", flush=True)
        return 130


def _run(place: Place, *, profile: str) -> int:
    started_at = time.monotonic()
    for listener, name in ((place.public, "XIANSUO_PUBLIC_PORT"), (place.internal, "XIANSUO_INTERNAL_PORT")):
        if not port_is_free(listener):
            raise CannotRun(f"Port {listener.port} is taken on {listener.host}: set {name} to a free one.")
    from verification.cli.setup import prepare  # slow: it knows every verb; a taken port is said at once

    os.umask(0o077)
    _allow_open_files()
    with _claimed(place.var), _socket_folder(place.var) as folder:
        socket_path = folder / "valkey.sock"
        settings = prepare(place.var, profile=profile, environ=_addresses(place, socket_path))
        services = _services(place, settings, socket_path=socket_path)

        def ready() -> None:
            _greet(place, seconds=time.monotonic() - started_at)

        Supervisor(services, log_dir=place.var / "log", say=_say).run(on_ready=ready)
        _say("Stopped.")
    return 0


def _addresses(place: Place, socket_path: Path) -> dict[str, str]:
    """Our surroundings, with the addresses that follow from the ports where none is given."""
    derived = {
        "XIANSUO_PUBLIC_URL": f"http://{place.public.host}:{place.public.port}",
        "XIANSUO_INTERNAL_URL": f"http://{place.internal.host}:{place.internal.port}",
    }
    return derived | dict(os.environ) | {"XIANSUO_QUEUE_URL": f"unix://{socket_path}?db=0"}


def _services(place: Place, settings: Mapping[str, str], *, socket_path: Path) -> list[Service]:
    """Each program with the settings it reads, and no other's: the public side is never told the host key."""
    portal = surroundings(settings, read_by=load_portal)
    internal = surroundings(settings, read_by=load_verification)
    workers = [
        background(f"worker-{number}", module="verification.jobs.worker", environ=internal)
        for number in range(1, place.job_workers + 1)
    ]
    return [
        queue_server(socket_path, folder=socket_path.parent, environ=surroundings({}, read_by=None)),
        web_app("portal", target="portal.wsgi:app", listener=place.public, workers=2, environ=portal),
        web_app(
            "verification",
            target="verification.wsgi:app",
            listener=place.internal,
            workers=1,
            environ=internal,
        ),
        background("relay", module="verification.jobs.relay", environ=internal),
        *workers,
    ]


def surroundings(
    settings: Mapping[str, str], *, read_by: Callable[[Mapping[str, str]], object] | None
) -> dict[str, str]:
    """A program's whole environment: a few common names, and of ``settings`` what ``read_by`` asks for.

    Raises BadSettings if it is not content with them.
    """
    common = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    common |= {"PYTHONPATH": str(PROJECT), "PYTHONUNBUFFERED": "1"}
    if read_by is None:
        return common
    read_by(settings)
    asked = _Asked()
    try:
        read_by(asked)
    except BadSettings:
        return common | {name: value for name, value in settings.items() if name in asked.names}
    raise AssertionError("settings that need nothing")


class _Asked(dict[str, str]):
    """An empty environment that remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]  # narrower
        self.names.add(key)
        return default


@contextmanager
def _claimed(var: Path) -> Iterator[None]:
    """One run at a time on one data folder; the lock goes with the process."""
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (var / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotRun(f"{var} is being served already: stop that run, or set XIANSUO_VAR.") from None
        yield


@contextmanager
def _socket_folder(var: Path) -> Iterator[Path]:
    """Where the queue's socket lies: in the data folder, unless its path is too long for the kernel."""
    inside = var / "run"
    if len(bytes(inside / "valkey.sock")) <= MAX_SOCKET_PATH_BYTES:
        inside.mkdir(exist_ok=True, mode=0o700)
        yield inside
        return
    outside = Path(tempfile.mkdtemp(prefix="xiansuo-"))
    try:
        yield outside
    finally:
        shutil.rmtree(outside, ignore_errors=True)


def _allow_open_files() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_OPEN_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_OPEN_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _number(environ: Mapping[str, str], name: str, default: int, *, at_most: int) -> int:
    given = environ.get(name, str(default))
    if not (given.isascii() and given.isdigit() and 0 < int(given) <= at_most):
        raise CannotRun(f"{name} must be a number from 1 to {at_most}, not {given!r}.")
    return int(given)


def _greet(place: Place, *, seconds: float) -> None:
    people = accounts(place.var)
    lines = [
        "",
        f"Ready after {seconds:.1f} s.",
        f"  Public side:    http://{place.public.host}:{place.public.port}/",
        f"  Internal side:  http://{place.internal.host}:{place.internal.port}/login",
    ]
    if people:
        lines += ["", "Log in to the internal side as (one-time codes: make codes):"]
        first = {one.role: one for one in reversed(people)}
        shown = [one for one in people if one is first[one.role]]
        lines += [f"  {one.login:<16} {one.passphrase:<28} {one.role}, {one.name}" for one in shown]
        lines += [f"  and {len(people) - len(shown)} more in {place.var / FILE_NAME}"]
    lines += ["", f"Everything is in {place.var}; logs are in its log/. Stop with Ctrl-C.", ""]
    _say("\n".join(lines))


def _say(line: str) -> None:
    print(line, flush=True)
