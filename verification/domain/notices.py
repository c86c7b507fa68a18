"""A new tip: the desk is told, and its triage clock starts. Called by the worker, without any key."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day, day_start
from portal.models import Priority, Rng, Tip, new_id
from verification.models import Deadline, StaffNotice
from verification.policy import deadlines
from verification.policy.roles import desk_of
from verification.policy.rulebook import Rulebook

NEW_TIP = "tip.received"


def announce_tips(
    session: Session, tip_ids: Sequence[uuid.UUID], *, clock: Clock, rng: Rng, rules: Rulebook
) -> None:
    """Tell those who can open these tips that they are there, and start their clocks.

    Doing it twice is harmless. The clock of an urgent tip begins with its hour, every other with its day:
    nothing finer is known. What is the same for many tips is asked once.
    """
    known = set(session.scalars(select(Deadline.subject_id).where(Deadline.subject_id.in_(tip_ids))))
    new = session.scalars(select(Tip).where(Tip.id.in_(set(tip_ids) - known))).all()
    readers = {key: sorted(desk_of(session, key), key=str) for key in {tip.desk_key_id for tip in new}}
    due_after = functools.cache(
        lambda rule_id, began: deadlines.due_after(session, rule_id=rule_id, began=began, rules=rules)
    )
    for tip in new:
        began = day_start(tip.received_on) + timedelta(hours=tip.received_hour or 0)
        priority = Priority.P1 if tip.urgent else None
        for rule_id in (deadlines.for_priority("clock-triage", priority), "clock-notice"):
            session.add(
                deadlines.new_clock(
                    rule_id=rule_id, subject_kind="tip", subject_id=tip.id, rng=rng,
                    began=began, due_at=due_after(rule_id, began),
                )
            )  # fmt: skip
        for reader in readers[tip.desk_key_id]:
            session.add(
                StaffNotice(
                    id=new_id(rng),
                    staff_id=reader,
                    code=NEW_TIP,
                    subject_kind="tip",
                    subject_id=tip.id,
                    written_on=civil_day(clock),
                )
            )
