"""Writing rows of the public side in bulk, in an order that foreign keys accept.

Owns: the order of the tables and the two conflict clauses. Must not know: what the rows mean. Inserts are
core inserts, because the write lock is held meanwhile.
"""

from __future__ import annotations

import functools
import uuid
from typing import Any, Final

from sqlalchemy import ColumnElement, CursorResult, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from portal.models import (
    Attachment,
    Base,
    Draft,
    DraftFile,
    FilePart,
    Message,
    ObjectGrant,
    OutboxRow,
    OutboxTopic,
    Rng,
    SealedObject,
    StoredFile,
    Tip,
    new_id,
)

_ORDER: Final[tuple[type[Base], ...]] = (
    SealedObject,
    ObjectGrant,
    StoredFile,
    DraftFile,
    FilePart,
    Tip,
    Message,
    Attachment,
    Draft,
    OutboxRow,
)


class Rows:
    """Rows to insert, gathered before the transaction begins."""

    def __init__(self) -> None:
        self._by_table: dict[type[Base], list[dict[str, Any]]] = {}

    def add(self, model: type[Base], **values: object) -> None:
        """One row; columns that are left out take their defaults."""
        self._by_table.setdefault(model, []).append(values)

    def write(self, session: Session) -> None:
        """Insert all of them in the transaction at hand."""
        for model in _ORDER:
            if values := self._by_table.get(model):
                session.connection().execute(_plain_insert(model), values)

    def add_post(self, topic: OutboxTopic, subject_id: uuid.UUID, *, rng: Rng) -> None:
        """Work that this causes. No time: it would tell when the tip came. Source: portal.outbox."""
        self.add(OutboxRow, id=new_id(rng), topic=topic, subject_id=subject_id)


@functools.cache
def _plain_insert(model: type[Base]) -> Insert:
    # Made once: the turn to write is short, and building a statement is a good part of running it.
    return table_of(model).insert()


def table_of(model: type[Base]) -> Table:
    """The table of a model; core statements are made from it."""
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_unless_there(session: Session, model: type[Base], values: dict[str, Any]) -> None:
    """Insert one row, or leave the one with the same primary key as it is."""
    table = table_of(model)
    session.execute(_insert(session, table).values(values).on_conflict_do_nothing(index_elements=_key(table)))


class Upsert:
    """Insert one row, or set the columns in ``change`` where ``only_where`` holds of the old row.

    Made once and run often: building a statement is a good part of running it. Of two transactions that race,
    one gets False.
    """

    def __init__(
        self, model: type[Base], *, change: tuple[str, ...], only_where: ColumnElement[bool]
    ) -> None:
        self._model = model
        self._change = change
        self._only_where = only_where
        self._made: dict[str, sqlite.Insert | postgresql.Insert] = {}

    def run(self, session: Session, values: dict[str, Any]) -> bool:
        """Whether the row now has these values. values: of the row, and of the condition's parameters."""
        dialect = session.get_bind().dialect.name
        if (statement := self._made.get(dialect)) is None:
            statement = self._made[dialect] = self._make(_insert(session, table_of(self._model)))
        # An INSERT's row count is otherwise not kept with psycopg.
        keeping = {"preserve_rowcount": True}
        result = session.connection().execute(statement, values, execution_options=keeping)
        assert isinstance(result, CursorResult)
        return result.rowcount == 1

    def _make(self, insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
        return insert.on_conflict_do_update(
            index_elements=_key(table_of(self._model)),
            set_={name: insert.excluded[name] for name in self._change},
            where=self._only_where,
        )


def _insert(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    dialect = session.get_bind().dialect.name
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def _key(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]
