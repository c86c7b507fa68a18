"""Clocks: starting, meeting, pausing and passing. Limits are rules; nothing here is a number of its own.

Source: 2-domain §3 "Clocks"; rules.toml clock-*.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.models import Priority, Rng, new_id
from verification.models import Deadline
from verification.policy.rulebook import Rulebook
from verification.policy.workdays import add_workdays, civil, end_of, workdays_until

_BY_PRIORITY = {
    ("clock-triage", Priority.P1): "clock-triage-p1",
    ("clock-triage", Priority.P2): "clock-triage-p2",
    ("clock-verify", Priority.P1): "clock-verify-p1",
    ("clock-verify", Priority.P2): "clock-verify-p2",
}


#: Times in which somebody may do something: when one is over nothing is late, and meanwhile it is no duty.
LAPSING = frozenset({"reg-17-objection", "close-asked"})


class Light(StrEnum):
    """绿 on time, 蓝 due soon, 黄 lagging or returned, 红 overdue. Source: 2-domain §3."""

    GREEN = "green"
    BLUE = "blue"
    YELLOW = "yellow"
    RED = "red"


def for_priority(rule_id: str, priority: Priority | None) -> str:
    """The clock that ``rule_id`` means for a subject of this priority."""
    return _BY_PRIORITY.get((rule_id, priority), rule_id) if priority else rule_id


def due_after(session: Session, *, rule_id: str, began: datetime, rules: Rulebook) -> datetime:
    """When a clock of ``rule_id`` that begins at ``began`` (aware) runs out."""
    rule, count = rules[rule_id], rules.number(rule_id)
    if rule.unit == "hours":
        return began + timedelta(hours=count)
    day = civil(began)
    if rule.unit == "workdays":
        return end_of(add_workdays(session, start=day, count=count))
    return end_of(day + timedelta(days=count))


def last_day(day: date, *, rule_id: str, rules: Rulebook) -> date:
    """The last day of a limit in calendar days that runs from the day after ``day``."""
    return day + timedelta(days=rules.number(rule_id))


def start(
    session: Session,
    *,
    rule_id: str,
    subject_kind: str,
    subject_id: uuid.UUID,
    clock: Clock,
    rng: Rng,
    rules: Rulebook,
    began: datetime | None = None,
    due_on: date | None = None,
) -> Deadline:
    """Start a clock; ``began`` is now unless given (a tip's clock begins with its day).

    due_on: the date that was set for the subject, where it has one; otherwise the rule says when it ends.
    """
    moment = began or clock.now()
    if due_on is not None:
        due_at = end_of(due_on)
    else:
        due_at = due_after(session, rule_id=rule_id, began=moment, rules=rules)
    deadline = new_clock(
        rule_id=rule_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        rng=rng,
        began=moment,
        due_at=due_at,
    )
    session.add(deadline)
    return deadline


def new_clock(
    *, rule_id: str, subject_kind: str, subject_id: uuid.UUID, rng: Rng, began: datetime, due_at: datetime
) -> Deadline:
    """The row of a clock that runs from ``began`` to ``due_at``; the caller adds it."""
    return Deadline(
        id=new_id(rng),
        subject_kind=subject_kind,
        subject_id=subject_id,
        rule_id=rule_id,
        began_on=civil(began),
        due_at=due_at,
        warned=0,
    )


def meet(session: Session, *, subject_id: uuid.UUID, rule_ids: Iterable[str], clock: Clock) -> None:
    """Stop the running clocks of ``rule_ids`` on this subject: what they wait for has happened."""
    session.execute(update(Deadline).where(_unmet(subject_id, rule_ids)).values(met_on=civil_day(clock)))


def pause(
    session: Session, *, subject_id: uuid.UUID, rule_ids: Iterable[str], code: str, clock: Clock
) -> None:
    """Let the running clocks of ``rule_ids`` on this subject stand still; ``code``: the event that is why."""
    session.execute(
        update(Deadline)
        .where(_unmet(subject_id, rule_ids), Deadline.paused_at.is_(None))
        .values(paused_at=clock.now(), pause_code=code)
    )


def resume(
    session: Session,
    *,
    subject_id: uuid.UUID,
    rule_ids: Iterable[str],
    clock: Clock,
    rules: Rulebook,
    day_only: bool = False,
) -> None:
    """Let the clocks of ``rule_ids`` that stand still run on, with what was left of them; late stays late.

    day_only: an informant caused it. A clock of hours then runs on from the next full hour: nothing finer
    can be read from it, and no time is taken away. A clock of days begins with its day in any case.
    """
    rows = session.scalars(
        select(Deadline).where(_unmet(subject_id, rule_ids), Deadline.paused_at.is_not(None))
    )
    for row in rows:
        if row.paused_at is not None and row.due_at >= row.paused_at:
            row.due_at = _due_again(
                session, row, paused_at=row.paused_at, clock=clock, rules=rules, day_only=day_only
            )
        row.paused_at = None


def _due_again(
    session: Session, row: Deadline, *, paused_at: datetime, clock: Clock, rules: Rulebook, day_only: bool
) -> datetime:
    now, unit = clock.now(), rules[row.rule_id].unit
    if unit == "hours":
        full = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return (full if day_only else now) + (row.due_at - paused_at)
    today, began, due = civil(now), civil(paused_at), civil(row.due_at)
    if unit != "workdays":
        return end_of(today + (due - began))
    left = workdays_until(session, start=began, end=due)
    # Its last day is today, or the first on which anybody works.
    start = today if left else today - timedelta(days=1)
    return end_of(add_workdays(session, start=start, count=left or 1))


def _unmet(subject_id: uuid.UUID, rule_ids: Iterable[str]) -> ColumnElement[bool]:
    return and_(
        Deadline.subject_id == subject_id, Deadline.rule_id.in_(tuple(rule_ids)), Deadline.met_on.is_(None)
    )


def running(session: Session, subject_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Deadline]:
    """The running clock of each subject that runs out first; one query for a whole page.

    What merely lapses and what stands still are left out: they set no light.
    """
    rows = session.scalars(
        select(Deadline)
        .where(
            Deadline.subject_id.in_(tuple(subject_ids)),
            Deadline.met_on.is_(None),
            Deadline.paused_at.is_(None),
            Deadline.rule_id.not_in(LAPSING),
        )
        .order_by(Deadline.due_at.desc())
    )
    return {row.subject_id: row for row in rows}


def light_of(due_on: date, *, today: date, returned: bool = False) -> Light:
    """The light for something due on ``due_on``: red after it, blue in its last three days."""
    if today > due_on:
        return Light.RED
    if returned:
        return Light.YELLOW
    return Light.BLUE if (due_on - today).days <= 3 else Light.GREEN


def tick(session: Session, *, clock: Clock, rng: Rng) -> int:
    """Record clocks that have passed since the last tick and tell those concerned. Returns how many.

    Each passing is recorded once: ``warned`` is set in the same transaction.
    """
    from verification.policy.passing import record_passing

    rows = session.scalars(
        select(Deadline)
        .where(Deadline.met_on.is_(None), Deadline.paused_at.is_(None))
        .where(Deadline.due_at < clock.now(), Deadline.warned == 0)
        .order_by(Deadline.due_at)
        .limit(200)
        .with_for_update()
    ).all()
    for row in rows:
        row.warned = 1
        if row.rule_id in LAPSING:
            row.met_on = civil_day(clock)
        record_passing(session, row, clock=clock, rng=rng)
    return len(rows)
