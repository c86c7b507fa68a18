"""A connection that is lost while the database commits: it was written, and nobody is told."""

from __future__ import annotations

import sqlite3
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from portal.db import Database


def lose_the_answer(database: Database, monkeypatch: pytest.MonkeyPatch, *, after: str) -> list[str]:
    """From now on the commit of a transaction that wrote into the table ``after`` fails once it is done.

    Returns a list that names each such commit, so that a test can see that there was one.
    """
    dialect, seen, lost = database.engine.dialect, set[int](), list[str]()
    commit = dialect.do_commit

    @event.listens_for(database.engine, "after_cursor_execute")
    def _wrote(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(f"INSERT INTO {after} "):
            seen.add(id(connection.connection.dbapi_connection))

    def do_commit(pooled: Any) -> None:
        commit(pooled)
        key = id(getattr(pooled, "dbapi_connection", pooled))
        if key in seen:
            seen.remove(key)
            lost.append(after)
            if database.is_sqlite:
                raise sqlite3.OperationalError("disk I/O error")
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(dialect, "do_commit", do_commit)
    return lost
