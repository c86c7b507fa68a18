"""Fixtures that every test may ask for. What they stand on is in ``tests/support``.

``clock`` ``rng`` · ``database`` (on SQLite and PostgreSQL) ``database_url`` ``postgres_urls`` · ``valkey`` ·
``browser`` ``new_visitor`` ``page`` ``page_without_script`` · ``demo`` · ``shared_attachments``
"""

from __future__ import annotations

import os
import random
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from portal.clock import CIVIL_ZONE, FixedClock
from portal.db import Database
from portal.errors import XiansuoError
from portal.models import Rng
from tests.support import browser as browsers
from tests.support import machine, schema
from tests.support.demo import RunningDemo
from tests.support.mutation import law_without
from tests.support.office import FoundedOffice, TestOffice, found_in
from tests.support.postgres import TEMPLATE, PostgresServer, PostgresUrls
from tests.support.sockets import close_to_the_outside
from tests.support.valkey import ValkeyProcess
from tests.support.walks import FileCopies, PostgresCopies, Walks
from verification.migrations import chain

DATABASES = ("sqlite", "postgresql")
BEGINNING, SEED = datetime(2026, 3, 2, 9, 30, tzinfo=CIVIL_ZONE), 20260302


def pytest_configure() -> None:
    """Before anything is imported by a test: no sockets to the outside, and no settings of this machine's."""
    close_to_the_outside()
    machine.prefer_memory()
    for name in [name for name in os.environ if name.startswith("XIANSUO_") and name != "XIANSUO_TEST_DATA"]:
        del os.environ[name]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests with a database run on each kind; ``@pytest.mark.databases("sqlite")`` narrows that.

    A test marked ``@pytest.mark.rule("team-two", …)`` runs once more for each of these rules, with that rule
    taken out of the law, and has to fail then; on one kind of database, because rules know of none.
    """
    rules = [rule for marker in metafunc.definition.iter_markers("rule") for rule in marker.args]
    if "database_kind" in metafunc.fixturenames:
        marker = metafunc.definition.get_closest_marker("databases")
        kinds = marker.args if marker else DATABASES
        marks = {"sqlite": (), "postgresql": (pytest.mark.postgresql,)}
        found = [pytest.param(kind, marks=marks[kind]) for kind in kinds]
        found += [pytest.param(kinds[0], id=f"without-{rule}", marks=_without(rule)) for rule in rules]
        metafunc.parametrize("database_kind", found)
    elif rules:
        metafunc.fixturenames.append("removed")
        found = [pytest.param(rule, id=f"without-{rule}", marks=_without(rule)) for rule in rules]
        metafunc.parametrize("removed", [pytest.param("", id="whole"), *found])


def _without(rule_id: str) -> pytest.MarkDecorator:
    return pytest.mark.removed(rule_id)


@pytest.fixture
def removed() -> str:
    """The rule that this run is without; no test needs to ask for it."""
    return ""


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Run a test without the rule that its mark takes out, and be content only if it fails."""
    marker = pyfuncitem.get_closest_marker("removed")
    if marker is None:
        return (yield)
    rule_id: str = marker.args[0]
    with law_without(rule_id):
        try:
            yield
        except (AssertionError, pytest.fail.Exception, XiansuoError):
            # The last: another refusal stands behind this rule, so its own sentence is not what is shown.
            return True
    pytest.fail(f"this test does not notice that the rule {rule_id} is gone")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for a real browser or server is marked so, that ``make test-fast`` can leave it out."""
    for item in items:
        wanted = getattr(item, "fixturenames", ())
        if "browser" in wanted:
            item.add_marker(pytest.mark.browser)
        if "demo" in wanted:  # seeding takes long: all of them share one
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("demo"))
        if "desk" in wanted:  # whole pages, many one after another: half a second each
            item.add_marker(pytest.mark.slow)
        if "postgres_server" in wanted and "database_kind" not in wanted:
            item.add_marker(pytest.mark.postgresql)


# --- time and chance ---------------------------------------------------------------------------------------


@pytest.fixture
def clock() -> FixedClock:
    """Monday 2 March 2026, 09:30 in the office's zone: an ordinary working day."""
    return FixedClock(BEGINNING)


@pytest.fixture
def chance() -> random.Random:
    """The same in every run."""
    return random.Random(SEED)


@pytest.fixture
def rng(chance: random.Random) -> Rng:
    """Its random bytes."""
    return chance.randbytes


# --- an office ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def founded_in_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> FoundedOffice:
    """The office that every SQLite database of a test is a copy of."""
    folder = tmp_path_factory.mktemp("founded")
    url = schema.copy_sqlite(sqlite_template, to=folder / "office.sqlite3")
    return _founded(str(folder / "office.sqlite3"), url, folder)


@pytest.fixture(scope="session")
def founded_on_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> FoundedOffice:
    """The office that every PostgreSQL database of a test with an office is a copy of."""
    name = postgres_server.create()
    return _founded(name, postgres_server.url(name), tmp_path_factory.mktemp("founded"))


@pytest.fixture(scope="session")
def walks_in_file(founded_in_file: FoundedOffice, tmp_path_factory: pytest.TempPathFactory) -> Walks:
    """A case at each stage, in SQLite files."""
    folder = tmp_path_factory.mktemp("walks")
    database = Database(f"sqlite:///{folder / 'walk.sqlite3'}")
    return Walks(founded_in_file, FileCopies(folder)).build(
        database, began=FixedClock(BEGINNING), folder=folder
    )


@pytest.fixture(scope="session")
def walks_on_postgres(
    founded_on_postgres: FoundedOffice,
    postgres_server: PostgresServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> Walks:
    """A case at each stage, in PostgreSQL databases."""
    database = Database(postgres_server.url(postgres_server.create()))
    return Walks(founded_on_postgres, PostgresCopies(postgres_server)).build(
        database, began=FixedClock(BEGINNING), folder=tmp_path_factory.mktemp("walks")
    )


def _founded(source: str, url: str, folder: Path) -> FoundedOffice:
    database, clock, chance = Database(url), FixedClock(BEGINNING), random.Random(SEED)
    return found_in(source, database, clock=clock, chance=chance, blob_dir=folder / "blobs")


@pytest.fixture
def office(
    database: Database,
    clock: FixedClock,
    chance: random.Random,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> TestOffice:
    """A founded office with staff and real keys, on each kind of database."""
    walks: Walks = request.getfixturevalue("walks_in_file" if database.is_sqlite else "walks_on_postgres")
    if database.is_sqlite:
        walks.founded.copied_file(database)
    blobs = tmp_path / "blobs"
    office = walks.founded.standing_in(database, clock=clock, chance=chance, blob_dir=blobs)
    # Without a rule every step has to be walked without it.
    if request.node.get_closest_marker("removed") is None:
        walks.begin(office, chance=chance, blobs=blobs)
    return office


# --- databases ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The session's cluster, with a migrated template."""
    server = PostgresServer()
    try:
        server.start()
        server.prepare(chain.upgrade)
        yield server
    finally:
        server.stop()


@pytest.fixture
def postgres_urls(postgres_server: PostgresServer, request: pytest.FixtureRequest) -> Iterator[PostgresUrls]:
    """A migrated database as its owner and as the two apps' roles; with an office where a test wants one."""
    template = TEMPLATE
    if "office" in request.fixturenames:
        founded: FoundedOffice = request.getfixturevalue("founded_on_postgres")
        template = founded.source
    name = postgres_server.create(copy_of=template)
    yield postgres_server.urls(name)
    postgres_server.drop(name)


@pytest.fixture
def postgres_url(postgres_urls: PostgresUrls) -> str:
    """A migrated database as its owner."""
    return postgres_urls.owner


@pytest.fixture
def empty_database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of each kind; for tests of the migrations themselves."""
    if database_kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create(empty=True)
    yield server.url(name)
    server.drop(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    chain.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of each kind (``database_kind`` is "sqlite" or "postgresql")."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        return schema.copy_sqlite(template, to=tmp_path / "test.sqlite3")
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An open database of each kind, migrated and empty."""
    opened = Database(database_url)
    yield opened
    opened.dispose()


# --- the queue ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_process() -> Iterator[ValkeyProcess]:
    """The session's queue server."""
    server = ValkeyProcess()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def valkey(valkey_process: ValkeyProcess) -> ValkeyProcess:
    """A running, empty queue server; a test may ``stop()`` it to see what happens then."""
    valkey_process.empty()
    return valkey_process


# --- the browser -------------------------------------------------------------------------------------------


class NewVisitor(Protocol):
    """Makes one more person with a browser of their own; closed when the test ends."""

    def __call__(self, *, script: bool, width: int = ..., locale: str = ...) -> browsers.Visitor: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The session's Chromium."""
    with sync_playwright() as playwright:
        opened = browsers.launch(playwright)
        yield opened
        opened.close()


@pytest.fixture
def new_visitor(browser: Browser) -> Iterator[NewVisitor]:
    """``new_visitor(script=False, width=PHONE)``: as many people as a test needs."""
    with ExitStack() as stack:

        def make(*, script: bool, width: int = browsers.DESK, locale: str = "zh-CN") -> browsers.Visitor:
            return stack.enter_context(browsers.visit(browser, script=script, width=width, locale=locale))

        yield make


@pytest.fixture
def page(new_visitor: NewVisitor) -> Page:
    """A page with JavaScript on."""
    return new_visitor(script=True).context.new_page()


@pytest.fixture
def page_without_script(new_visitor: NewVisitor) -> Page:
    """A page with JavaScript off: how the public side must work."""
    return new_visitor(script=False).context.new_page()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDemo]:
    """The small demo county, running; shared by every test that asks for it, so leave it as you found it."""
    running = RunningDemo(tmp_path_factory.mktemp("demo") / "var", profile="small")
    try:
        running.start()
        yield running
    finally:
        running.end()


# --- real files --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def shared_attachments() -> Path:
    """Real photographs (``images/``) and documents (``documents/``)."""
    return machine.attachments()
