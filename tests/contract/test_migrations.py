"""The chain of migrations: one head, the same tables as the models, up and down with rows in them."""

from __future__ import annotations

from datetime import date

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import verification.models  # noqa: F401  # registers its tables
from portal.db import Database
from portal.models import Base
from verification.migrations.chain import HERE, config_for, head, upgrade


def test_migrations_have_one_head() -> None:
    assert ScriptDirectory(str(HERE)).get_heads() == [head()]


def test_models_equal_what_the_migrations_make(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        assert compare_metadata(context, Base.metadata) == []


def test_every_migration_goes_up_and_down_with_rows(empty_database_url: str) -> None:
    config = config_for(empty_database_url)
    upgrade(empty_database_url)
    database = Database(empty_database_url)
    with database.write() as session:
        session.execute(
            sa.text("INSERT INTO calendar_day (day, is_workday, name) VALUES (:day, :yes, '')"),
            {"day": date(2026, 10, 10), "yes": True},
        )
    database.dispose()
    for script in ScriptDirectory(str(HERE)).walk_revisions():
        below = script.down_revision
        assert below is None or isinstance(below, str), "the chain does not branch"
        command.downgrade(config, below or "base")
    database = Database(empty_database_url)
    with database.engine.connect() as connection:
        assert set(sa.inspect(connection).get_table_names()) <= {"alembic_version"}
    database.dispose()
    upgrade(empty_database_url)


@pytest.mark.databases("sqlite")
def test_tables_that_would_betray_order_have_no_rowid(database: Database) -> None:
    with database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'table'")
        without = {name for name, made in rows if made and "WITHOUT ROWID" in made}
    betraying = {"tip", "attachment", "message", "sealed_object", "object_grant", "stored_file", "outbox"}
    assert without >= betraying | {"draft", "draft_file", "file_part", "deadline", "staff_notice"}
