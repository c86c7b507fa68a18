"""Requests to destroy a file, as pages show them. Must not know: what goes with a file."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from verification.domain.acting import Acting
from verification.models import Destruction, Staff


@dataclass(frozen=True, slots=True, repr=False)
class DestructionView:
    """One request. ``mine``: this person made it; ``reason``: empty for whoever holds no key to it."""

    row: Destruction
    asked_by: str
    decided_by: str
    reason: str
    mine: bool

    @property
    def waits(self) -> bool:
        """Whether nobody has decided yet."""
        return self.row.decided_at is None


def last_about(acting: Acting, object_id: uuid.UUID) -> DestructionView | None:
    """What was asked last about this file, waiting or decided."""
    waits_first = (Destruction.decided_at.is_(None).desc(), Destruction.asked_at.desc())
    query = select(Destruction).where(Destruction.object_id == object_id).order_by(*waits_first)
    row = acting.session.scalars(query.limit(1)).first()
    return None if row is None else _views(acting, [row])[0]


def waiting_for_decision(acting: Acting) -> list[DestructionView]:
    """Requests about files of a desk or director whose key this person holds, the oldest first."""
    query = select(Destruction).where(Destruction.decided_at.is_(None)).order_by(Destruction.asked_at)
    return [view for view in _views(acting, acting.session.scalars(query).all()) if view.reason]


def _views(acting: Acting, rows: Sequence[Destruction]) -> list[DestructionView]:
    session = acting.session
    mine = acting.keyring.file_keys(session, [row.reason_object_id for row in rows])
    records = acting.open_all(mine)
    people = {row.asked_by for row in rows} | {row.decided_by for row in rows if row.decided_by}
    found = session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(people)))
    names = {row.id: row.name for row in found}
    return [
        DestructionView(
            row=row,
            asked_by=names[row.asked_by],
            decided_by=names[row.decided_by] if row.decided_by else "",
            reason=str(records.get(row.reason_object_id, {}).get("text", "")),
            mine=row.asked_by == acting.staff_id,
        )
        for row in rows
    ]
