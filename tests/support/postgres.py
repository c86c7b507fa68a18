"""A real PostgreSQL cluster of the tests' own: made once a session, thrown away after it.

It listens on a Unix socket in a private folder only. fsync is off: the tests do not test PostgreSQL's disk.
Every test gets its own database, copied from a template that was migrated once (20 ms in memory, 200 on a
disk).
"""

from __future__ import annotations

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import machine

OWNER = "xiansuo_owner"
#: The two roles of a real installation; what each may do is granted by the project's own code.
PORTAL, VERIFICATION = "xiansuo_portal", "xiansuo_verification"
TEMPLATE = "xiansuo_template"

#: From this version on one may say how a database is copied.
_WITH_STRATEGY = 150000

_libc = ctypes.CDLL(None)

_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class PostgresUrls:
    """One database, as three users. ``owner`` migrates; the other two are the apps' roles."""

    owner: str
    portal: str
    verification: str


class PostgresServer:
    """The cluster. ``start`` once, ``create`` and ``drop`` a database for each test, ``stop`` at the end."""

    def __init__(self) -> None:
        self._programs = machine.postgres_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="xs-pg-"))
        self._log = self._folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        self._count = 0

    def start(self) -> None:
        """Make the cluster, start it, make the roles."""
        data = self._folder / "data"
        if os.geteuid() == 0:
            os.chown(self._folder, *_account())
        made = self._launch(
            "initdb", "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"
        )
        if made.wait(60):
            raise RuntimeError(self._log.read_text())
        options = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        self._process = self._launch("postgres", "-D", data, "-k", self._folder, *options)
        self._await(self._process)
        for role in (PORTAL, VERIFICATION):
            self._execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))

    def prepare(self, migrate: Callable[[str], None]) -> None:
        """Make the template that later databases are copies of."""
        self._execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        migrate(self.url(TEMPLATE))

    def create(self, *, empty: bool = False, copy_of: str = TEMPLATE) -> str:
        """A new database, migrated unless ``empty``; returns its name. copy_of: one that nobody is in now."""
        self._count += 1
        name = f"t{self._count}"
        self._copy("template0" if empty else copy_of, name)
        return name

    def _copy(self, source: str, name: str) -> None:
        """Files are copied as they are: through the log, which is the newer way, takes twice as long."""
        made = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(source))
        self._execute(made + sql.SQL(" STRATEGY file_copy") if self._version >= _WITH_STRATEGY else made)

    def replace(self, name: str, *, copy_of: str) -> None:
        """The database ``name`` once more, as a copy of another; whoever was connected is not any more."""
        self.drop(name)
        self._copy(copy_of, name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str, *, role: str = OWNER) -> str:
        """A SQLAlchemy URL."""
        return f"postgresql+psycopg://{role}@/{name}?host={self._folder}"

    def urls(self, name: str) -> PostgresUrls:
        """The same database as its three users."""
        portal, verification = self.url(name, role=PORTAL), self.url(name, role=VERIFICATION)
        return PostgresUrls(owner=self.url(name), portal=portal, verification=verification)

    def stop(self) -> None:
        """Stop the cluster and remove it."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # "fast": does not wait for those still connected
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.send_signal(signal.SIGQUIT)
                self._process.wait(10)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(f"host={self._folder} user={OWNER} dbname=postgres", autocommit=True)

    @cached_property
    def _version(self) -> int:
        with self._connect() as connection:
            return connection.info.server_version

    def _execute(self, statement: sql.SQL | sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _launch(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """PostgreSQL refuses to run as root; then it runs as the user that its package made."""
        user, group = _account() if os.geteuid() == 0 else (None, None)
        with self._log.open("ab") as log:
            return subprocess.Popen(
                [self._programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
                process_group=0,
                preexec_fn=_stop_with_us,  # noqa: PLW1509  # it calls prctl and nothing else
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        """Another program's start cannot be waited for but by asking; 10 s are plenty."""
        deadline = time.monotonic() + 10
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(self._log.read_text()) from None
                time.sleep(0.02)


def _account() -> tuple[int, int]:
    user = pwd.getpwnam("postgres")
    return user.pw_uid, user.pw_gid


def _stop_with_us() -> None:
    _libc.prctl(1, signal.SIGINT, 0, 0, 0)  # PR_SET_PDEATHSIG
