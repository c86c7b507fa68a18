"""Alembic's environment: runs revisions on the URL or connection it is given; reads no file of settings."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext

import verification.models  # noqa: F401  # registers its tables
from portal.db import Database
from portal.models import Base
from portal.models.base import UtcDateTime


def render_plain(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Write plain column types into revisions, so that they do not change when the code does."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if isinstance(item, sa.Enum):
        return f"sa.String(length={item.length})"
    return False


def run(connection: sa.Connection) -> None:
    """Run the asked-for revisions on an open connection."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=render_plain,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Use the given connection, or open one from the given URL."""
    given = context.config.attributes.get("connection")
    if given is not None:
        run(given)
        return
    database = Database(context.config.attributes["url"])
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # A changed table is copied and dropped: rows that point at it must not be asked meanwhile.
            connection.connection.cursor().execute("PRAGMA foreign_keys = OFF")
        run(connection)
    database.dispose()


main()
