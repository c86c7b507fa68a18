"""A new tip: the desk is told, and its triage clock starts. Called by the worker, without any key."""

from __future__ import annotations

import uuid
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


def announce_tip(session: Session, tip_id: uuid.UUID, *, clock: Clock, rng: Rng, rules: Rulebook) -> None:
    """Tell those who can open this tip that it is there, and start its clocks. Doing it twice is harmless.

    The clock of an urgent tip begins with its hour, every other with its day: nothing finer is known.
    """
    tip = session.get(Tip, tip_id)
    if tip is None or session.scalar(select(Deadline.id).where(Deadline.subject_id == tip_id).limit(1)):
        return
    began = day_start(tip.received_on) + timedelta(hours=tip.received_hour or 0)
    priority = Priority.P1 if tip.urgent else None
    for rule_id in (deadlines.for_priority("clock-triage", priority), "clock-notice"):
        deadlines.start(
            session, rule_id=rule_id, subject_kind="tip", subject_id=tip.id, clock=clock, rng=rng,
            rules=rules, began=began,
        )  # fmt: skip
    for reader in sorted(desk_of(session, tip), key=str):
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
