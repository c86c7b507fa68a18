"""An objection starts a clock that does not tell the moment at which the informant wrote."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.clock import civil_day, day_start
from portal.crypto.header import ObjectKind
from portal.models import Message, MessageKind, Priority, SealedObject, Tip, TipState
from tests.support.office import TestOffice
from verification.domain.informant_events import apply_informant_event
from verification.models import Deadline
from verification.policy.deadlines import due_after
from verification.policy.rulebook import shipped_rules


@pytest.mark.parametrize(
    ("priority", "rule_id"), [(Priority.P1, "clock-triage-p1"), (Priority.P3, "clock-triage")]
)
def test_clock_of_an_objection_begins_with_its_hour_or_day_and_no_finer(
    office: TestOffice, priority: Priority, rule_id: str
) -> None:
    tip_id, _ = office.send_tip()
    office.clock.advance(timedelta(days=1, minutes=17, seconds=23, microseconds=5))
    now, message_id = office.clock.now(), uuid.UUID(bytes=office.rng(16), version=4)
    with office.database.write() as session:
        tip = session.get_one(Tip, tip_id)
        tip.priority, tip.state = priority, TipState.ANSWERED
        wrote = session.scalars(select(SealedObject).where(SealedObject.kind == ObjectKind.STATEMENT)).one()
        message = Message(
            id=message_id, tip_id=tip_id, ordinal=1, kind=MessageKind.OBJECTION, object_id=wrote.id,
            sent_on=civil_day(office.clock),
        )  # fmt: skip
        session.add(message)
        session.flush()
        apply_informant_event(session, message_id, clock=office.clock, rng=office.rng, rules=shipped_rules())
    to_the_hour = now.replace(minute=0, second=0, microsecond=0)
    began = to_the_hour if priority is Priority.P1 else day_start(civil_day(office.clock))
    assert began < now
    with office.database.read() as session:
        due = session.scalars(
            select(Deadline.due_at).where(Deadline.subject_id == tip_id, Deadline.rule_id == rule_id)
        ).one()
        assert due == due_after(session, rule_id=rule_id, began=began, rules=shipped_rules())
