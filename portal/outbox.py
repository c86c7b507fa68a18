"""Writing work into the outbox, in the transaction that causes it. Running it is ``verification.jobs``."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy.orm import Session

from portal.models import OutboxRow, OutboxTopic, Rng, new_id


def post(
    session: Session,
    *,
    topic: OutboxTopic,
    subject_id: uuid.UUID,
    rng: Rng,
    due_at: datetime | None = None,
) -> uuid.UUID:
    """Add one piece of work to this transaction; it exists exactly if the transaction commits.

    subject_id: the row the handler will look at. due_at: not before this moment (aware), or at once.
    Returns the row's id, which is also the RQ job's name.
    """
    row = OutboxRow(id=new_id(rng), topic=topic, subject_id=subject_id, due_at=due_at)
    session.add(row)
    return row.id
