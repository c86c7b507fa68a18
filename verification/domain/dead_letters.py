"""Dead letters: background work that was given up, listed by topic and error name, started again by a person.

Must not know: why anything failed beyond the class name that was kept. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.models import OutboxRow, OutboxTopic
from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.errors import NotHere

#: Work that comes round by itself: one turn of it can be forgotten. What an informant did, a new tip or a
#: file that waits for its clean copy never can.
RECURRING = frozenset(
    {
        OutboxTopic.CLOCK_TICK,
        OutboxTopic.ORPHAN_SWEEP,
        OutboxTopic.KEY_ROLL,
        OutboxTopic.INTAKE_COUNT,
        OutboxTopic.NIGHT_REORDER,
    }
)


def count_dead(session: Session) -> int:
    """How many rows were given up."""
    query = select(func.count()).select_from(OutboxRow).where(OutboxRow.dead.is_(True))
    return session.scalar(query) or 0


def list_dead(session: Session, *, after: uuid.UUID | None = None, limit: int = 50) -> Sequence[OutboxRow]:
    """A page of them by key. after: the last id of the page before."""
    query = select(OutboxRow).where(OutboxRow.dead.is_(True)).order_by(OutboxRow.id).limit(limit)
    return session.scalars(query if after is None else query.where(OutboxRow.id > after)).all()


def retry_dead(acting: Acting, outbox_id: uuid.UUID) -> None:
    """Try one again from the beginning; traced. Raises NotHere where it is no dead letter (any more)."""
    row = acting.session.get(OutboxRow, outbox_id, with_for_update=True, populate_existing=True)
    if row is None or not row.dead:
        raise NotHere
    row.dead, row.attempts, row.error_code = False, 0, None
    acting.trace(
        Event.DEAD_LETTER_RETRIED,
        subject_kind="outbox",
        subject_id=outbox_id,
        facts={"topic": row.topic.value},
    )


def discard_dead(acting: Acting, outbox_id: uuid.UUID) -> None:
    """Forget one turn of recurring work; traced. Raises NotHere for anything else."""
    row = acting.session.get(OutboxRow, outbox_id, with_for_update=True, populate_existing=True)
    if row is None or not row.dead or row.topic not in RECURRING:
        raise NotHere
    acting.trace(
        Event.DEAD_LETTER_DISCARDED,
        subject_kind="outbox",
        subject_id=outbox_id,
        facts={"topic": row.topic.value},
    )
    acting.session.delete(row)
