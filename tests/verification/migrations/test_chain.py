"""The chain of revisions: what is in the tables of an older release is still there after it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command

from verification.migrations.chain import config_for, is_newest, upgrade

_EXHIBIT = "11111111111111111111111111111111"
_ALLEGATION = "22222222222222222222222222222222"


def _put(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """A row with every column that must have a value; which one does not matter here."""
    columns = connection.execute(f'PRAGMA table_info("{table}")').fetchall()
    row = {name: values.get(name, "1") for _id, name, _type, needed, _default, _key in columns if needed}
    marks = ", ".join("?" for _ in row)
    names = ", ".join(f'"{name}"' for name in row)
    insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  # names are the schema's own
    connection.execute(insert, tuple(row.values()))


def test_rows_that_point_at_a_changed_table_outlive_the_change(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'old.db'}"
    command.upgrade(config_for(url), "0001")
    assert not is_newest(url)
    with sqlite3.connect(tmp_path / "old.db") as old:
        _put(old, "exhibit", object_id=_EXHIBIT)
        _put(old, "allegation", id=_ALLEGATION)
        _put(old, "allegation_exhibit", exhibit_id=_EXHIBIT, allegation_id=_ALLEGATION)
    upgrade(url)
    assert is_newest(url)
    with sqlite3.connect(tmp_path / "old.db") as new:
        assert new.execute("SELECT object_id, review_id FROM exhibit").fetchall() == [(_EXHIBIT, None)]
        cells = new.execute("SELECT allegation_id, exhibit_id, record_id, stance, version FROM evidence_cell")
        assert cells.fetchall() == [(_ALLEGATION, _EXHIBIT, None, "supports", 1)]


def test_chain_goes_back_to_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'away.db'}"
    upgrade(url)
    command.downgrade(config_for(url), "base")
    with sqlite3.connect(tmp_path / "away.db") as away:
        left = away.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    assert left == [("alembic_version",)]
