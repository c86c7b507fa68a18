"""Running one outbox row: load it, call its handler, and end in exactly one way.

Owns completion (the row is deleted in the transaction of its effect, so a second run has no effect), and
what a failure leaves behind: a class name, and a dead letter after the last attempt. Must not know: RQ,
Valkey, what any topic means. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

from sqlalchemy import CursorResult, Executable, delete, select, update
from sqlalchemy.orm import Session

from portal.clock import Clock
from portal.db import Database
from portal.models import OutboxRow, OutboxTopic, Rng
from portal.storage.blobs import Blobs
from portal.trust import TrustedKeys
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.errors import AlreadyDone, Permanent
from verification.keys.sessions import SessionLimits
from verification.policy.rulebook import Rulebook

MAX_ATTEMPTS: Final = 8
FIRST_PAUSE_SECONDS: Final = 5
LONGEST_PAUSE_SECONDS: Final = 3600
PAUSE_FACTOR: Final = 3
#: Topics whose new rows one job does together: a rush of tips would otherwise be a rush of jobs that take the
#: database's turns from those who are sending. The relay claims one of them at a time.
GATHERED: Final = frozenset({OutboxTopic.STAFF_NOTICE})
MOST_TOGETHER: Final = 50


@dataclass(frozen=True, slots=True)
class Work:
    """One outbox row as its handler sees it. attempts: this one included."""

    outbox_id: uuid.UUID
    topic: OutboxTopic
    subject_id: uuid.UUID
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Workbench:
    """What handlers work with. Made once by the worker; tests make their own."""

    database: Database
    blobs: Blobs
    clock: Clock
    rng: Rng
    trust: TrustedKeys
    rules: Rulebook
    cleaner: Cleaner
    cleaner_key_dir: Path
    session_limits: SessionLimits


Handler: TypeAlias = Callable[[Work, Workbench], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. pause_seconds: wait so long before the next try; None where there is none."""

    pause_seconds: int | None = None


@contextmanager
def completing(work: Work, bench: Workbench) -> Iterator[Session]:
    """The transaction of a handler's effect; it also deletes the outbox row, or nothing of it happens.

    The row goes first, so that on PostgreSQL a second run waits for the first and then finds nothing to do.
    Raises AlreadyDone where the row is gone.
    """
    with bench.database.write() as session:
        if changed_rows(session, delete(OutboxRow).where(OutboxRow.id == work.outbox_id)) != 1:
            raise AlreadyDone
        yield session


def gather(session: Session, work: Work, effect: Callable[[Sequence[uuid.UUID]], None]) -> None:
    """Do other new rows of this row's topic in the same transaction: ``effect`` gets their subjects.

    Only beside a first attempt. Where it fails nothing of it is left, and each of them has its own turn: the
    one that is at fault fails alone.
    """
    if work.attempts > 1:
        return
    rows = session.execute(
        select(OutboxRow.id, OutboxRow.subject_id)
        .where(OutboxRow.topic == work.topic, OutboxRow.attempts == 0, OutboxRow.dead.is_(False))
        .where(OutboxRow.due_at.is_(None))
        .limit(MOST_TOGETHER)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return
    with suppress(Exception), session.begin_nested():
        session.execute(delete(OutboxRow).where(OutboxRow.id.in_([row.id for row in rows])))
        effect([row.subject_id for row in rows])


def run_row(outbox_id: uuid.UUID, *, bench: Workbench, handlers: Mapping[OutboxTopic, Handler]) -> Ended:
    """Run one row if it is still there. Raises nothing but what ends the process."""
    try:
        work = _load(outbox_id, bench=bench)
        if work is not None:
            handlers[work.topic](work, bench)
    except AlreadyDone:
        return Ended()
    except Permanent as error:
        return _note(outbox_id, error, bench=bench, is_final=True)
    except Exception as error:  # noqa: BLE001  # every other error, foreseen or not, is tried again and then kept by name
        return _note(outbox_id, error, bench=bench, is_final=False)
    return Ended()


def pause_after(attempts: int) -> int:
    """Seconds to wait after that many attempts: 5, 15, 45 … up to an hour."""
    return int(min(FIRST_PAUSE_SECONDS * PAUSE_FACTOR ** max(attempts - 1, 0), LONGEST_PAUSE_SECONDS))


def changed_rows(session: Session, statement: Executable) -> int:
    """How many rows a statement changed: the answer of every conditional UPDATE and DELETE."""
    return int(cast(CursorResult[Any], session.execute(statement)).rowcount)


def _load(outbox_id: uuid.UUID, *, bench: Workbench) -> Work | None:
    with bench.database.read() as session:
        row = session.get(OutboxRow, outbox_id)
        if row is None or row.dead:
            return None
        return Work(row.id, row.topic, row.subject_id, row.attempts)


def _note(outbox_id: uuid.UUID, error: Exception, *, bench: Workbench, is_final: bool) -> Ended:
    """Keep the error's class name; a dead letter if trying again is no use or was tried often enough."""
    try:
        with bench.database.write() as session:
            row = session.get(OutboxRow, outbox_id, with_for_update=True)
            if row is None:
                return Ended()
            row.error_code = type(error).__name__[:80]
            row.dead = is_final or row.attempts >= MAX_ATTEMPTS
            return Ended(None if row.dead else pause_after(row.attempts))
    except Exception:  # noqa: BLE001  # the database itself is away: the row stays as it is and is tried again
        return Ended(FIRST_PAUSE_SECONDS)


def mark_dead(session: Session, outbox_id: uuid.UUID, *, attempts: int, error_code: str) -> bool:
    """Make a row whose worker died every time a dead letter; False if it changed meanwhile."""
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id == outbox_id, OutboxRow.attempts == attempts, OutboxRow.dead.is_(False))
        .values(dead=True, error_code=error_code)
    )
    return changed_rows(session, statement) == 1
