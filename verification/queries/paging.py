"""Lists paged by key, never by offset: a cursor is the day and id of the row at the edge of the page before.

Must not know: any table. Source: 3-architecture rule 7.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, Self, TypeVar

from sqlalchemy import Date, Select, Uuid, and_, bindparam, or_
from sqlalchemy.orm import InstrumentedAttribute

PAGE_ROWS = 50

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the next page begins. ``back``: the page before this row is wanted, not the one after it."""

    day: date
    id: uuid.UUID
    back: bool = False

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """What ``str`` wrote, or None for anything else: a mistyped address shows the first page."""
        way, _, rest = text.partition(".")
        day, _, key = rest.partition(".")
        try:
            parsed = cls(date.fromisoformat(day), uuid.UUID(hex=key), back=way == "b")
        except ValueError:
            return None
        return parsed if str(parsed) == text else None

    def __str__(self) -> str:
        return f"{'b' if self.back else 'f'}.{self.day.isoformat()}.{self.id.hex}"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page. ``before``, ``after``: cursors of its neighbours, where there are any."""

    rows: Sequence[Row]
    before: Cursor | None
    after: Cursor | None


def beyond(
    query: Select[Any],
    day: InstrumentedAttribute[date],
    key: InstrumentedAttribute[uuid.UUID],
    *,
    cursor: Cursor | None,
    newest_first: bool,
) -> Select[Any]:
    """``query`` in its order from the cursor on, one row more than a page holds."""
    descending = newest_first is not (cursor is not None and cursor.back)
    if cursor is not None:
        at = bindparam(None, cursor.day, type_=Date()), bindparam(None, cursor.id, type_=Uuid())
        # Written out instead of as a row comparison, so that both databases use the index's order.
        if descending:
            query = query.where(day <= at[0], or_(day < at[0], and_(day == at[0], key < at[1])))
        else:
            query = query.where(day >= at[0], or_(day > at[0], and_(day == at[0], key > at[1])))
    order = (day.desc(), key.desc()) if descending else (day, key)
    return query.order_by(*order).limit(PAGE_ROWS + 1)


def paged(
    found: Sequence[Row],
    *,
    cursor: Cursor | None,
    newest_first: bool,
    edge: Callable[[Row], tuple[date, uuid.UUID]],
) -> Page[Row]:
    """The page out of what ``beyond`` found in one or several queries."""
    back = cursor is not None and cursor.back
    ordered = sorted(found, key=lambda row: _sortable(edge(row)), reverse=newest_first is not back)
    more, rows = len(ordered) > PAGE_ROWS, ordered[:PAGE_ROWS]
    if back:
        rows.reverse()
    if not rows:
        return Page((), None, None)
    first, last = edge(rows[0]), edge(rows[-1])
    has_before = more if back else cursor is not None
    has_after = True if back else more
    return Page(
        rows=rows,
        before=Cursor(*first, back=True) if has_before else None,
        after=Cursor(*last) if has_after else None,
    )


def _sortable(edge: tuple[date, uuid.UUID]) -> tuple[date, str]:
    # As the databases order ids: SQLite by their hexadecimal text, PostgreSQL by their bytes; both agree.
    return edge[0], edge[1].hex
