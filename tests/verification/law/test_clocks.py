"""Every clock of the rules ends on the day that its rule says; the days are written out here by hand.

It is Monday 2 March 2026, and no holiday falls in the month: working days are Monday to Friday.
"""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from portal.crypto.header import ObjectKind
from portal.models import Message, MessageKind, Priority, SealedObject, Tip, new_id
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.verification.domain.test_assigning import LightPath
from tests.verification.domain.test_referring import Referring
from verification.domain import casework, conclusions, dispatch, rectification, triage
from verification.domain.informant_events import apply_informant_event
from verification.domain.notices import announce_tips
from verification.models import Case, Deadline
from verification.policy.rulebook import shipped_rules
from verification.policy.workdays import civil

MONDAY = date(2026, 3, 2)


def _clocks(office: TestOffice, subject_id: uuid.UUID) -> dict[str, date]:
    """Running clocks and the last day of each."""
    with office.database.read() as session:
        query = select(Deadline).where(Deadline.subject_id == subject_id, Deadline.met_on.is_(None))
        return {row.rule_id: civil(row.due_at) for row in session.scalars(query)}


def _announced(office: TestOffice, *, urgent: bool = False) -> uuid.UUID:
    tip_id, _receipt = office.send_tip(urgent=urgent)
    with office.database.write() as session:
        announce_tips(session, [tip_id], clock=office.clock, rng=office.rng, rules=shipped_rules())
    return tip_id


def _opened(office: TestOffice, *, priority: Priority) -> tuple[uuid.UUID, int]:
    tip_id = _announced(office)
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("fan") as acting:
        tip = triage.accept_tip(
            acting, tip_id=tip_id, version=2, category="405", priority=priority, town_id=None
        )
        return tip_id, tip.version


def _objects(office: TestOffice, tip_id: uuid.UUID) -> None:
    with office.database.write() as session:
        body = session.scalars(select(SealedObject).where(SealedObject.kind == ObjectKind.STATEMENT)).first()
        assert body is not None
        count = len(session.scalars(select(Message.id).where(Message.tip_id == tip_id)).all())
        message = Message(
            id=new_id(office.rng), tip_id=tip_id, ordinal=count + 1, kind=MessageKind.OBJECTION,
            object_id=body.id, sent_on=office.intake.today,
        )  # fmt: skip
        session.add(message)
        session.flush()
        apply_informant_event(session, message.id, clock=office.clock, rng=office.rng, rules=shipped_rules())


@pytest.mark.rule("clock-triage", "clock-notice")
def test_a_tip_is_triaged_in_three_working_days_and_its_notice_goes_out_in_fifteen(
    office: TestOffice,
) -> None:
    assert _clocks(office, _announced(office)) == {
        "clock-triage": date(2026, 3, 5), "clock-notice": date(2026, 3, 17),
    }  # fmt: skip


@pytest.mark.rule("clock-triage-p1")
def test_an_urgent_tip_is_triaged_in_two_hours(office: TestOffice) -> None:
    assert _clocks(office, _announced(office, urgent=True)) == {
        "clock-triage-p1": MONDAY, "clock-notice": date(2026, 3, 17),
    }  # fmt: skip


@pytest.mark.rule("clock-triage-p2")
def test_a_second_priority_is_triaged_by_the_next_working_day(office: TestOffice) -> None:
    tip_id, version = _opened(office, priority=Priority.P2)
    with office.acting("fan") as acting:
        triage.hand_on_tip(acting, tip_id=tip_id, version=version, channel="higher-office", note="")
    office.clock.set(office.clock.now() + timedelta(days=4))
    _objects(office, tip_id)
    assert _clocks(office, tip_id) == {"clock-triage-p2": date(2026, 3, 9)}, "Friday's next is Monday"


@pytest.mark.rule("clock-ask")
def test_a_clarification_is_waited_for_fifteen_days(office: TestOffice) -> None:
    tip_id = _announced(office)
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
        triage.ask_informant(acting, tip_id=tip_id, version=2, question="具体在哪一段路？")
    assert ("clock-ask", date(2026, 3, 17)) in _clocks(office, tip_id).items()


@pytest.mark.rule("clock-verify", "clock-verify-p1", "clock-verify-p2")
def test_verification_has_three_five_or_fifteen_working_days_by_priority(office: TestOffice) -> None:
    found: dict[str, date] = {}
    for priority in (Priority.P1, Priority.P2, Priority.P3):
        walk = Journey(office).proposed()
        with office.database.write() as session:
            session.execute(update(Case).where(Case.id == walk.case_id).values(priority=priority))
        walk.on_case("head", casework.approve_docketing)
        found |= _clocks(office, walk.case_id)
    assert found == {
        "clock-verify-p1": date(2026, 3, 5), "clock-verify-p2": date(2026, 3, 9),
        "clock-verify": date(2026, 3, 23),
    }  # fmt: skip


@pytest.mark.rule("clock-sign")
def test_a_task_is_signed_for_by_the_next_working_day(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    assert _clocks(office, walk.task_id) == {"clock-sign": date(2026, 3, 3)}
    walk.on_task("du", dispatch.sign_task)
    assert _clocks(office, walk.task_id) == {}


@pytest.mark.rule("clock-conclude")
def test_a_conclusion_is_final_ten_working_days_after_its_draft_began(office: TestOffice) -> None:
    walk = Journey(office).fixing()
    walk.on_case("fan", conclusions.begin_conclusion)
    assert _clocks(office, walk.case_id) == {"clock-conclude": date(2026, 3, 16)}


@pytest.mark.rule("reg-17-objection", "clock-answer")
def test_a_unit_has_thirty_days_and_the_informant_an_answer_in_fifteen_working_days(
    office: TestOffice,
) -> None:
    walk = Journey(office).delivered()
    assert _clocks(office, walk.case_id) == {
        "reg-17-objection": date(2026, 4, 1), "clock-answer": date(2026, 3, 23),
    }  # fmt: skip


@pytest.mark.rule("clock-rectify", "clock-verify-item")
def test_a_report_is_verified_within_fifteen_working_days(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    assert _clocks(office, walk.item_id) == {"clock-rectify": date(2026, 4, 1)}
    walk.on_item("lian", rectification.report_item, measures="已填平。", proofs=[walk.photo(b"after")])
    assert _clocks(office, walk.item_id) == {"clock-verify-item": date(2026, 3, 23)}


@pytest.mark.rule("clock-check-reply")
def test_a_reply_is_checked_within_five_working_days(office: TestOffice) -> None:
    walk = LightPath(office).programme().lead().assigned().replied()
    assert _clocks(office, walk.assignment_id) == {"clock-check-reply": date(2026, 3, 9)}


@pytest.mark.rule("clock-refer")
def test_a_duty_violation_goes_the_same_day(office: TestOffice) -> None:
    walk = Referring(office)
    walk.signed()
    walk.noted()
    assert _clocks(office, walk.referral_id) == {"clock-refer": MONDAY}
