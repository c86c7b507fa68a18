"""Recurring work: when each turn is due, and posting it into the outbox exactly once.

Any number of relays run this. A turn is theirs who moves ``schedule_slot`` forward, in the transaction that
posts the row. Turns that were missed are posted once, but for the daily count, which is posted for every day.
Must not know: what the work does. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.clock import CIVIL_ZONE, Clock, day_start
from portal.db import Database
from portal.models import OutboxRow, OutboxTopic, Rng
from portal.outbox import post
from verification.models import ScheduleSlot

#: A tip whose transaction began before midnight has been written by then: it is counted, and the key of its
#: day was still there for its files.
SETTLED_AFTER: Final = timedelta(minutes=10)
#: When a county sleeps: what makes writers wait for seconds is done then.
QUIET_HOUR: Final = timedelta(hours=3)
#: How many missed days are counted at most when an installation stood still.
MAX_MISSED_DAYS: Final = 60
NO_SUBJECT: Final = uuid.UUID(int=0)


def subject_of_day(day: date) -> uuid.UUID:
    """A day as an outbox row's subject: its ordinal in an otherwise empty id."""
    return uuid.UUID(int=day.toordinal())


def day_of_subject(subject_id: uuid.UUID) -> date:
    """The day that ``subject_of_day`` wrote; ValueError for any other id."""
    if subject_id.int > date.max.toordinal():
        raise ValueError("not a day")
    return date.fromordinal(subject_id.int)


@dataclass(frozen=True, slots=True)
class Recurring:
    """One recurring work. slot_of: the beginning of the turn that a moment belongs to.

    days_before: where set, every day's turn is posted, and is about the day that many before it.
    """

    topic: OutboxTopic
    slot_of: Callable[[datetime], datetime]
    days_before: int | None = None


def _minute(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _day(now: datetime) -> datetime:
    return day_start(now.astimezone(CIVIL_ZONE).date())


def _night(now: datetime) -> datetime:
    local = now.astimezone(CIVIL_ZONE) - QUIET_HOUR
    return day_start(local.date()) + QUIET_HOUR


def _settled_day(now: datetime) -> datetime:
    return _day(now - SETTLED_AFTER)


RECURRING: Final = (
    Recurring(OutboxTopic.CLOCK_TICK, _minute),
    Recurring(OutboxTopic.ORPHAN_SWEEP, _hour),
    Recurring(OutboxTopic.KEY_ROLL, _settled_day),
    Recurring(OutboxTopic.INTAKE_COUNT, _settled_day, days_before=1),
    Recurring(OutboxTopic.NIGHT_REORDER, _night),
)


def post_due(database: Database, *, clock: Clock, rng: Rng) -> list[OutboxTopic]:
    """Post every turn that has begun and nobody has posted; returns the topics that were this relay's."""
    now = clock.now()
    with database.read() as session:
        known = {row.name: row.slot for row in session.scalars(select(ScheduleSlot))}
    return [
        recurring.topic
        for recurring in RECURRING
        if _is_behind(known.get(recurring.topic.value), recurring.slot_of(now))
        and _post_turn(database, recurring, slot=recurring.slot_of(now), rng=rng)
    ]


def _is_behind(last: datetime | None, slot: datetime) -> bool:
    return last is None or last < slot


def _post_turn(database: Database, recurring: Recurring, *, slot: datetime, rng: Rng) -> bool:
    """Move the slot forward and post; False where another relay was first."""
    try:
        with database.write() as session:
            row = session.get(ScheduleSlot, recurring.topic.value, with_for_update=True)
            if row is not None and row.slot >= slot:
                return False
            last = row.slot if row is not None else None
            if row is None:
                session.add(ScheduleSlot(name=recurring.topic.value, slot=slot))
                session.flush()
            else:
                row.slot = slot
            return _post_rows(session, recurring, last=last, slot=slot, rng=rng)
    except IntegrityError:  # two relays met at the very first turn
        return False


def _post_rows(
    session: Session, recurring: Recurring, *, last: datetime | None, slot: datetime, rng: Rng
) -> bool:
    if recurring.days_before is not None:
        for day in _days_to_count(last, slot, before=recurring.days_before):
            post(session, topic=recurring.topic, subject_id=subject_of_day(day), rng=rng)
        return True
    undone = select(OutboxRow.id).where(OutboxRow.topic == recurring.topic, OutboxRow.dead.is_(False))
    if session.scalar(undone.limit(1)) is not None:
        return False  # the last turn has not run yet: workers are away, and one turn is as good as many
    post(session, topic=recurring.topic, subject_id=NO_SUBJECT, rng=rng)
    return True


def _days_to_count(last: datetime | None, slot: datetime, *, before: int) -> list[date]:
    """The days whose turns began after ``last``, oldest first; the latest alone where there was none."""
    newest = slot.astimezone(CIVIL_ZONE).date()
    count = 1 if last is None else (newest - last.astimezone(CIVIL_ZONE).date()).days
    turns = [newest - timedelta(days=back) for back in range(min(count, MAX_MISSED_DAYS))]
    return [turn - timedelta(days=before) for turn in reversed(turns)]
