"""The database session: SQLite's writers take turns, and its troubles are told apart from faults."""

from __future__ import annotations

import multiprocessing
import sqlite3
import threading
from multiprocessing.synchronize import Event as ProcessEvent

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from portal.db import Database, is_busy, is_full
from portal.domain.retrying import retry_later
from portal.storage.errors import Busy, RetryLater

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
def test_writer_gives_up_in_time_behind_one_in_another_process_and_the_place_is_not_lost(
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
    assert [thread.name for thread in threading.enumerate()].count("write-turn") == 1
    go_on.set()
    other.join()
    for _ in range(3):
        with database.write(patience_ms=60_000):
            pass
    again = Database(database_url)
    with again.write(patience_ms=60_000):  # nobody stands in the queue with the turn in hand
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
