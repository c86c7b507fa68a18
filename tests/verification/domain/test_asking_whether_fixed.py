"""Nothing is closed off before the informants were asked and heard; a “no” is never dropped in silence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal.domain.mailbox import open_mailbox
from portal.models import Message, MessageKind, SealedObject, Tip
from portal.models.records import Fixed, Treated
from tests.support.asking import QUESTION, answer, ask, askings, heard, press, rate, read, relay, verify
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.verification.domain.test_assigning import LightPath
from verification.audit.verify import verify_chain
from verification.domain import answering, asking, casework, rectification
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    AskingState,
    AuditEntry,
    Case,
    CaseState,
    Deadline,
    DisputeDecision,
    ItemState,
    StaffNotice,
)
from verification.policy import deadlines

AGAIN, STANDS = DisputeDecision.AGAIN, DisputeDecision.STANDS


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _sign(walk: Journey) -> None:
    walk.on_item("reviewer", rectification.sign_off_item)


def _decide(walk: Journey, decision: DisputeDecision | None, reason: str, *, items: bool = False) -> None:
    row = askings(walk)[-1]
    with walk.acting("fan") as acting:
        asking.decide_dispute(
            acting, asking_id=row.id, version=row.version, decision=decision, reason=reason,
            items=[walk.item_id] if items else [],
        )  # fmt: skip


@pytest.fixture
def walk(office: TestOffice) -> Journey:
    """A verified item of an answered case."""
    journey = Journey(office).ordered().reported()
    verify(journey)
    answer(journey)
    return journey


@pytest.mark.rule("close-asked")
def test_question_stands_in_the_mailbox_and_closes_nothing_by_itself(walk: Journey) -> None:
    with pytest.raises(Refused) as unasked:
        _sign(walk)
    assert _rules(unasked) == ["close-asked"]
    ask(walk)
    mailbox = open_mailbox(walk.office.intake, receipt=walk.receipts[0])
    assert [message.text for message in mailbox.messages if message.kind is MessageKind.FOLLOW_UP] == [
        QUESTION
    ]
    assert (mailbox.open_rating, mailbox.was_asked) == (mailbox.messages[-1].id, True)
    with pytest.raises(Refused) as waiting:
        _sign(walk)
    assert _rules(waiting) == ["close-asked"]
    rate(walk)
    assert open_mailbox(walk.office.intake, receipt=walk.receipts[0]).open_rating is None
    with pytest.raises(Refused) as unread:
        _sign(walk)
    assert _rules(unread) == ["close-asked"]
    read(walk)
    row = askings(walk)[0]
    assert (row.state, row.fixed, row.treated) == (AskingState.CONFIRMED, Fixed.YES, Treated.WELL)
    _sign(walk)
    assert walk.item.state is ItemState.CLOSED_OFF
    with walk.office.database.read() as session:
        assert verify_chain(session, trust=walk.office.trust).broken_at is None


def test_unanswered_question_counts_when_it_has_stood_fifteen_days(walk: Journey) -> None:
    ask(walk)
    walk.office.clock.advance(timedelta(days=15))
    with pytest.raises(Refused) as waiting:
        _sign(walk)
    assert _rules(waiting) == ["close-asked"]
    walk.office.clock.advance(timedelta(days=1))
    with walk.office.database.write() as session:
        deadlines.tick(session, clock=walk.office.clock, rng=walk.office.rng)
        clock = session.scalars(select(Deadline).where(Deadline.rule_id == "close-asked")).one()
        assert clock.met_on == walk.today
    _sign(walk)


def test_nobody_is_asked_before_something_is_verified_nor_twice_nor_before_the_answer(
    office: TestOffice,
) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(Refused) as early:
        ask(walk)
    assert _rules(early) == ["close-asked", "close-answered"]
    verify(walk)
    with pytest.raises(Refused) as unanswered:
        ask(walk)
    assert _rules(unanswered) == ["close-answered"]
    answer(walk)
    for wrong in ("", "请打13800138000告诉我们。"):
        with pytest.raises(InvalidInput) as unfit:
            ask(walk, wrong)
        assert set(unfit.value.errors) == {"text"}
    ask(walk)
    with pytest.raises(Refused) as twice:
        ask(walk)
    assert _rules(twice) == ["close-asked"]
    assert len(askings(walk)) == 1


@pytest.mark.rule("asked-unfixed")
@pytest.mark.parametrize("fixed", [Fixed.PARTLY, Fixed.NO])
def test_not_fixed_waits_for_a_decision_with_a_reason(walk: Journey, fixed: Fixed) -> None:
    ask(walk)
    rate(walk, fixed, Treated.BADLY, text="第三处又裂了。")
    read(walk)
    row = askings(walk)[0]
    assert (row.state, row.fixed, row.treated) == (AskingState.DISPUTED, fixed, Treated.BADLY)
    with walk.office.database.read() as session:
        told = select(StaffNotice.staff_id).where(StaffNotice.code == "asking.disputed")
        team = {walk.office.staff_id(login) for login in ("du", "chen")}
        assert set(session.scalars(told)) == team
    with pytest.raises(Refused) as blocked:
        _sign(walk)
    assert _rules(blocked) == ["asked-unfixed"]
    walk.office.clock.advance(timedelta(days=40))
    with pytest.raises(Refused):
        _sign(walk)
    with pytest.raises(InvalidInput):
        _decide(walk, None, "理由")
    with pytest.raises(Refused) as silent:
        _decide(walk, STANDS, "")
    assert _rules(silent) == ["return-reason"]
    _decide(walk, STANDS, "现场复看，裂缝在另一处，另行处理。")
    with walk.acting("du") as acting:
        read_back = asking.askings_of(acting, walk.case_id)
        assert [one.reason for one in read_back] == ["现场复看，裂缝在另一处，另行处理。"]
    _sign(walk)


def test_verify_again_gives_the_item_back_to_the_team_and_asks_anew(walk: Journey) -> None:
    heard(walk)
    _sign(walk)
    press(walk)
    assert (askings(walk)[0].state, askings(walk)[0].pressed) == (AskingState.DISPUTED, True)
    with pytest.raises(Refused) as named:
        _decide(walk, AGAIN, "有人施压，重新核实。")
    assert _rules(named) == ["asked-unfixed"]
    _decide(walk, AGAIN, "有人施压，重新核实。", items=True)
    assert (walk.item.state, walk.item.closed_off_at) == (ItemState.REPORTED, None)
    with pytest.raises(KeyLocked), walk.acting("reviewer") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    with pytest.raises(Refused) as again:
        walk.on_case("fan", answering.close_case)
    assert _rules(again) == ["close-items"]
    walk.office.clock.advance(timedelta(minutes=1))
    verify(walk)
    with pytest.raises(Refused) as unasked:
        _sign(walk)
    assert _rules(unasked) == ["close-asked"]
    heard(walk)
    _sign(walk)
    assert len(askings(walk)) == 2


def test_unit_and_trail_learn_nothing_of_what_was_answered(walk: Journey) -> None:
    ask(walk)
    rate(walk, Fixed.NO, text="只有我知道的细节")
    read(walk)
    _decide(walk, AGAIN, "重新核实。", items=True)
    with walk.office.database.read() as session:
        lian = walk.office.staff_id("lian")
        codes = session.scalars(select(StaffNotice.code).where(StaffNotice.staff_id == lian))
        assert not {code for code in codes if code.startswith(("asking", "item.doubted"))}
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "asking")).all()
        assert [entry.event for entry in entries] == ["asking.answered", "asking.disputed", "asking.decided"]
        assert entries[0].at is None
        assert "not-fixed" not in str([entry.facts for entry in entries])
    with pytest.raises(KeyLocked), walk.acting("lian") as acting:
        asking.askings_of(acting, walk.case_id)


def test_rating_that_cannot_be_read_is_no_yes(walk: Journey) -> None:
    ask(walk)
    rate(walk)
    with walk.office.database.write() as session:
        sealed = select(Message.object_id).where(Message.kind == MessageKind.RATING)
        session.execute(
            update(SealedObject).where(SealedObject.id.in_(sealed.scalar_subquery())).values(body=bytes(5000))
        )
    read(walk)
    assert (askings(walk)[0].state, askings(walk)[0].fixed) == (AskingState.DISPUTED, None)


def test_pressure_before_any_answer_and_a_rating_after_it_are_both_kept(walk: Journey) -> None:
    ask(walk)
    press(walk, "村里来人要我改。")
    rate(walk, Fixed.YES)
    read(walk)
    row = askings(walk)[0]
    assert (row.state, row.pressed, row.fixed) == (AskingState.DISPUTED, True, Fixed.YES)


def test_second_answer_to_a_question_is_material_and_changes_nothing(walk: Journey) -> None:
    ask(walk)
    with walk.office.database.read() as session:
        question = askings(walk)[0].message_id
        tip_id = session.scalars(select(Tip.id)).one()
    rate(walk, Fixed.NO)
    with walk.office.database.write() as session:
        row = session.scalars(select(Message).where(Message.kind == MessageKind.RATING)).one()
        assert (row.reply_to, row.tip_id) == (question, tip_id)
        from portal.models import OutboxTopic
        from portal.outbox import post

        post(session, topic=OutboxTopic.INFORMANT_EVENT, subject_id=row.id, rng=walk.office.rng)
    relay(walk)
    read(walk)
    assert askings(walk)[0].fixed is Fixed.NO


def test_light_path_asks_as_well_and_a_no_takes_the_full_way(office: TestOffice) -> None:
    walk = LightPath(office).programme()
    walk.lead().assigned().replied().accepted()
    answer(walk)
    ask(walk)
    rate(walk, Fixed.NO)
    read(walk)
    with pytest.raises(Refused) as blocked:
        walk.on_case("fan", answering.close_case)
    assert _rules(blocked) == ["asked-unfixed"]
    _decide(walk, AGAIN, "来件人反映未修，转核查。")
    assert (walk.case.state, walk.case.programme_id) == (CaseState.DRAFT, None)


def test_case_without_anything_to_put_right_closes_without_a_question(office: TestOffice) -> None:
    walk = Journey(office).delivered()
    answer(walk)
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED


def test_only_the_desk_asks_and_decides(walk: Journey) -> None:
    with pytest.raises(Refused) as inspector:
        walk.on_case("du", asking.ask_informants, text=QUESTION)
    assert "permission" in _rules(inspector)
    with pytest.raises(NotHere), walk.acting("fan") as acting:
        asking.decide_dispute(acting, asking_id=walk.case_id, version=1, decision=STANDS, reason="无此询问。")
