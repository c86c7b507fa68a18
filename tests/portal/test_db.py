"""The database session: SQLite's writers take turns, and its troubles are told apart from faults."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from collections.abc import Callable
from multiprocessing.synchronize import Event as ProcessEvent
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from portal.db import Database, is_busy, is_full
from portal.domain.retrying import retry_later
from portal.storage.errors import Busy, RetryLater
from tests.support.worker_process import until

only_sqlite = pytest.mark.databases("sqlite")


def write_and_hold(url: str, holding: ProcessEvent, go_on: ProcessEvent) -> None:
    """In a process of its own: hold the turn until told or killed."""
    with Database(url).write():
        holding.set()
        go_on.wait(60)


@only_sqlite
def test_writer_waits_for_one_in_another_process_and_goes_on_when_it_is_killed(
    database_url: str, database: Database
) -> None:
    context = multiprocessing.get_context("spawn")
    holding, go_on = context.Event(), context.Event()
    other = context.Process(target=write_and_hold, args=(database_url, holding, go_on))
    other.start()
    assert holding.wait(60)
    wrote = threading.Event()

    def write() -> None:
        with database.write():
            wrote.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert not wrote.wait(0.2)
    other.kill()
    assert wrote.wait(60)
    writer.join()
    other.join()


@only_sqlite
def test_writer_gives_up_in_time_behind_one_in_another_process_and_leaves_no_lock(
    database_url: str, database: Database
) -> None:
    context = multiprocessing.get_context("spawn")
    holding, go_on = context.Event(), context.Event()
    other = context.Process(target=write_and_hold, args=(database_url, holding, go_on))
    other.start()
    assert holding.wait(60)
    for _ in range(3):
        with pytest.raises(OperationalError), database.write(patience_ms=20):
            raise AssertionError("two writers at once")
    go_on.set()
    other.join()
    for _ in range(3):
        with database.write(patience_ms=60_000):
            pass
    again = Database(database_url)
    with again.write(patience_ms=60_000):  # as another process would: nobody kept the lock
        pass
    again.dispose()


@only_sqlite
def test_writer_that_waits_too_long_is_told_busy(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.db.BUSY_TIMEOUT_MS", 50)
    with database.write(), pytest.raises(OperationalError) as caught, database.write():
        raise AssertionError("two writers at once")
    assert is_busy(caught.value)
    with database.write():
        pass


@only_sqlite
def test_many_writers_lose_no_update(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE counted (n INTEGER)"))
        session.execute(text("INSERT INTO counted VALUES (0)"))

    def add() -> None:
        for _ in range(20):
            with database.write() as session:
                n = session.scalar(text("SELECT n FROM counted"))
                session.execute(text("UPDATE counted SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=add) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert session.scalar(text("SELECT n FROM counted")) == 120


def add_one(session: Session) -> None:
    n = session.scalar(text("SELECT n FROM counted")) or 0
    session.execute(text("UPDATE counted SET n = :n"), {"n": n + 1})


def at_once(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def counted(database: Database) -> Callable[[], int]:
    with database.write() as session:
        session.execute(text("CREATE TABLE counted (n INTEGER)"))
        session.execute(text("INSERT INTO counted VALUES (0)"))

    def read() -> int:
        with database.read() as session:
            return int(session.scalar(text("SELECT n FROM counted")) or 0)

    return read


@only_sqlite
def test_effects_that_wait_are_written_in_one_transaction_and_one_that_fails_fails_alone(
    database: Database, counted: Callable[[], int]
) -> None:
    failed: list[int] = []
    transactions: list[object] = []
    all_wait = threading.Event()

    def write(number: int) -> None:
        def effect(session: Session) -> None:
            transactions.append(session.get_transaction())
            add_one(session)
            if number % 5 == 0:
                raise ZeroDivisionError

        try:
            database.write_together(effect)
        except ZeroDivisionError:
            failed.append(number)

    def hold(_number: int) -> None:
        with database.write():
            holding.set()
            all_wait.wait(60)

    holding = threading.Event()
    holder = threading.Thread(target=hold, args=(0,))
    holder.start()
    assert holding.wait(60)
    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    until(lambda: len(database._parts) == 20, what="all twenty")
    all_wait.set()
    for thread in (holder, *writers):
        thread.join()
    assert counted() == 16
    assert sorted(failed) == [0, 5, 10, 15]
    assert len(set(map(id, transactions))) == 1


@only_sqlite
def test_effects_of_many_threads_lose_no_update(database: Database, counted: Callable[[], int]) -> None:
    def write(_number: int) -> None:
        for _ in range(10):
            database.write_together(add_one)

    at_once(6, write)
    assert counted() == 60


@only_sqlite
def test_effect_that_no_turn_came_for_is_busy_and_never_written(
    database: Database, counted: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write():
        monkeypatch.setattr("portal.db.BUSY_TIMEOUT_MS", 20)
        with pytest.raises(OperationalError):
            database.write_together(add_one)
    monkeypatch.undo()
    database.write_together(add_one)
    assert counted() == 1


@only_sqlite
def test_trouble_of_the_database_leaves_nothing_of_any_effect(
    database: Database, counted: Callable[[], int]
) -> None:
    def trouble(session: Session) -> None:
        add_one(session)
        raise OperationalError("UPDATE", None, sqlite3.OperationalError("disk I/O error"))

    with pytest.raises(OperationalError):
        database.write_together(trouble)
    assert counted() == 0
    database.write_together(add_one)
    assert counted() == 1


@only_sqlite
def test_turn_is_free_again_after_a_failed_transaction(database: Database) -> None:
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), database.write():
            _ = 1 / 0
    with database.write():
        pass


def test_rows_read_stay_readable_after_the_session(database: Database) -> None:
    with database.read() as session:
        row = session.execute(text("SELECT 1 AS one")).one()
    assert row.one == 1


def test_missing_table_is_a_fault_and_no_busy_database(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, retry_later(), database.read() as session:
        session.execute(text("SELECT * FROM no_such_table"))
    assert not is_busy(caught.value)


@only_sqlite
def test_full_database_is_told_as_such(database: Database) -> None:
    with database.write() as session:
        session.execute(text("CREATE TABLE filled (x BLOB)"))
        pages = session.scalar(text("PRAGMA page_count"))
    with database.write() as session:
        session.execute(text(f"PRAGMA max_page_count = {pages + 1}"))
    with pytest.raises(RetryLater) as caught, retry_later(), database.write() as session:
        session.execute(text("INSERT INTO filled VALUES (zeroblob(1000000))"))
    assert caught.value.why is Busy.DISK_FULL


@only_sqlite
def test_locked_database_is_busy_and_not_full(database_url: str, database: Database) -> None:
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError) as caught, database.write(patience_ms=20) as session:
        session.execute(text("SELECT 1"))
    other.close()
    assert (is_busy(caught.value), is_full(caught.value)) == (True, False)


@only_sqlite
def test_every_connection_to_sqlite_is_durable_and_leaves_nothing_behind(database: Database) -> None:
    def settings(run: Callable[[str], Any]) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
        return {name: run(f"PRAGMA {name}").scalar_one() for name in names}

    expected = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1}
    with database.read() as first, database.read() as second, database.write() as writer:
        for session in (first, second, writer):  # each has a connection of its own
            assert settings(session.connection().exec_driver_sql) == expected
    with database.upkeep() as connection:
        assert settings(connection.exec_driver_sql) == expected


def test_values_never_stand_in_an_error_of_the_database(database: Database) -> None:
    secret = "不可外传的内容"
    with pytest.raises(DBAPIError) as failed, database.write() as session:
        session.execute(text("SELECT * FROM nothing_here WHERE said = :said"), {"said": secret})
    assert "nothing_here" in str(failed.value)
    assert secret not in str(failed.value)
    assert secret not in repr(failed.value)
