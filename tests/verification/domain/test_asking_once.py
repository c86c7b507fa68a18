"""Asking the informant: once in a triage, and the clock of triage stands still until it goes on."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal.clock import civil_day
from portal.crypto.header import ObjectKind
from portal.models import Message, MessageKind, SealedObject, Tip, TipState
from tests.support.office import TestOffice
from verification.domain import triage
from verification.domain.informant_events import apply_informant_event
from verification.domain.notices import announce_tips
from verification.errors import Refused
from verification.models import Deadline
from verification.policy import deadlines
from verification.policy.rulebook import shipped_rules
from verification.policy.workdays import civil

RULES = shipped_rules()


def _announced(office: TestOffice, *, urgent: bool = False) -> uuid.UUID:
    """A tip with its clocks, opened by the desk."""
    tip_id, _receipt = office.send_tip(urgent=urgent)
    with office.database.write() as session:
        announce_tips(session, [tip_id], clock=office.clock, rng=office.rng, rules=RULES)
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    return tip_id


def _tip(office: TestOffice, tip_id: uuid.UUID) -> Tip:
    with office.database.read() as session:
        return session.get_one(Tip, tip_id)


def _ask(office: TestOffice, tip_id: uuid.UUID) -> None:
    with office.acting("fan") as acting:
        version = acting.session.get_one(Tip, tip_id).version
        triage.ask_informant(acting, tip_id=tip_id, version=version, question="具体在哪一段路？")


def _end_wait(office: TestOffice, tip_id: uuid.UUID) -> None:
    with office.acting("shen") as acting:
        version = acting.session.get_one(Tip, tip_id).version
        triage.end_wait(acting, tip_id=tip_id, version=version)


def _wrote(office: TestOffice, tip_id: uuid.UUID, kind: MessageKind) -> None:
    """The informant wrote, and the worker took it up."""
    with office.database.write() as session:
        body = session.scalars(select(SealedObject).where(SealedObject.kind == ObjectKind.STATEMENT)).one()
        count = len(session.scalars(select(Message.id).where(Message.tip_id == tip_id)).all())
        message = Message(
            id=uuid.UUID(bytes=office.rng(16), version=4), tip_id=tip_id, ordinal=count + 1, kind=kind,
            object_id=body.id, sent_on=civil_day(office.clock),
        )  # fmt: skip
        session.add(message)
        session.flush()
        apply_informant_event(session, message.id, clock=office.clock, rng=office.rng, rules=RULES)


def _clock(office: TestOffice, tip_id: uuid.UUID) -> Deadline | None:
    """The tip's clock of triage that is not met."""
    with office.database.read() as session:
        query = select(Deadline).where(Deadline.subject_id == tip_id, Deadline.met_on.is_(None))
        return session.scalars(query.where(Deadline.rule_id.startswith("clock-triage"))).one_or_none()


def _due(office: TestOffice, tip_id: uuid.UUID) -> datetime:
    found = _clock(office, tip_id)
    assert found is not None
    assert found.paused_at is None
    return found.due_at


def _back(office: TestOffice, tip_id: uuid.UUID, how: str) -> None:
    if how == "reply":
        _wrote(office, tip_id, MessageKind.REPLY)
    else:
        _end_wait(office, tip_id)
    assert _tip(office, tip_id).state is TipState.TRIAGE


@pytest.mark.parametrize("how", ["reply", "end-wait"])
def test_clock_of_triage_runs_on_with_the_working_days_that_were_left(office: TestOffice, how: str) -> None:
    tip_id = _announced(office)  # Monday: three working days end with Thursday
    assert civil(_due(office, tip_id)).isoformat() == "2026-03-05"
    office.clock.advance(timedelta(days=1))  # Tuesday: two are left
    _ask(office, tip_id)
    office.clock.advance(timedelta(days=10))  # Friday of the next week
    _back(office, tip_id, how)
    assert civil(_due(office, tip_id)).isoformat() == "2026-03-17"


@pytest.mark.parametrize("how", ["reply", "end-wait"])
def test_clock_of_an_urgent_tip_runs_on_with_the_hours_that_were_left(office: TestOffice, how: str) -> None:
    tip_id = _announced(office, urgent=True)
    first = _due(office, tip_id)
    left = first - office.clock.now()
    assert timedelta() < left <= timedelta(hours=2)
    _ask(office, tip_id)
    office.clock.advance(timedelta(days=3, minutes=7, seconds=11))
    now = office.clock.now()
    _back(office, tip_id, how)
    # What an informant did is known to the hour alone, and no minute of the office's is taken for that.
    full = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    assert _due(office, tip_id) == (full if how == "reply" else now) + left


def test_last_day_that_was_left_falls_on_a_working_day(office: TestOffice) -> None:
    tip_id = _announced(office)
    office.clock.advance(timedelta(days=3))  # Thursday, its last day
    _ask(office, tip_id)
    office.clock.advance(timedelta(days=2))  # Saturday
    _back(office, tip_id, "reply")
    assert civil(_due(office, tip_id)).isoformat() == "2026-03-09"


def test_clock_that_had_run_out_stays_late(office: TestOffice) -> None:
    tip_id = _announced(office)
    office.clock.advance(timedelta(days=7))
    due = _due(office, tip_id)
    _ask(office, tip_id)
    office.clock.advance(timedelta(days=2))
    _back(office, tip_id, "reply")
    assert _due(office, tip_id) == due < office.clock.now()


def test_clock_that_stands_still_neither_passes_nor_sets_a_light(office: TestOffice) -> None:
    tip_id = _announced(office)
    _ask(office, tip_id)
    clock = _clock(office, tip_id)
    assert clock is not None
    assert (clock.paused_at, clock.pause_code) == (office.clock.now(), "tip.asked")
    office.clock.advance(timedelta(days=12))
    with office.database.write() as session:
        assert deadlines.running(session, [tip_id])[tip_id].rule_id != clock.rule_id
        assert deadlines.tick(session, clock=office.clock, rng=office.rng) == 0
    _back(office, tip_id, "end-wait")
    assert _due(office, tip_id) > office.clock.now()
    office.clock.advance(timedelta(days=6))
    with office.database.write() as session:
        assert deadlines.tick(session, clock=office.clock, rng=office.rng) == 2  # this one, and the notice


@pytest.mark.parametrize("how", ["reply", "end-wait"])
@pytest.mark.rule("ask-once")
def test_second_question_is_refused_by_its_rule_while_one_is_open_and_after(
    office: TestOffice, how: str
) -> None:
    tip_id = _announced(office)
    _ask(office, tip_id)
    with pytest.raises(Refused) as refused:
        _ask(office, tip_id)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["ask-once"]
    assert _tip(office, tip_id).state is TipState.ASKING
    _back(office, tip_id, how)
    with pytest.raises(Refused) as refused:
        _ask(office, tip_id)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["ask-once"]
    assert _tip(office, tip_id).state is TipState.TRIAGE


def test_objection_begins_another_triage_with_a_question_of_its_own(office: TestOffice) -> None:
    tip_id = _announced(office)
    _ask(office, tip_id)
    _end_wait(office, tip_id)
    with office.acting("fan") as acting:
        version = acting.session.get_one(Tip, tip_id).version
        triage.decline_tip(
            acting, tip_id=tip_id, version=version, reason="nothing-checkable", channel="hotline", note=""
        )
    _wrote(office, tip_id, MessageKind.OBJECTION)
    _ask(office, tip_id)
    assert _tip(office, tip_id).state is TipState.ASKING
