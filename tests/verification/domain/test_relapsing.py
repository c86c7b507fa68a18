"""A relapse opens item, case and answers again; whoever reported it hears of it before it is closed anew."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.domain.mailbox import open_mailbox
from portal.models import MessageKind, Tip, TipState
from tests.support.asking import answer, ask, rate, read, verify
from tests.support.looking_back import FOR_UNIT, NEVER_DONE, RELAPSED, LookingBack
from tests.support.office import TestOffice
from tests.verification.domain.test_reviewing import Reviewing
from verification.domain import answering, items, looking_back, rectification, reviewing
from verification.domain.reviewing import Proposal
from verification.errors import KeyLocked, Refused
from verification.models import (
    AuditEntry,
    Case,
    CaseState,
    Deadline,
    ItemState,
    LookBackState,
    ReviewOutcome,
    StaffNotice,
    TaskState,
    VerifiedHow,
)
from verification.queries.compliance import steps_of
from verification.queries.compliance_steps import Met, StepCode
from verification.workflow.states import Action, SubjectKind


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _line(walk: LookingBack, code: StepCode) -> tuple[Met, int, int] | None:
    with walk.acting("fan") as acting:
        steps = steps_of(acting, acting.session.get_one(Case, walk.case_id))
    return next(((step.met, step.done, step.needed) for step in steps if step.code is code), None)


def _running(walk: LookingBack) -> set[str]:
    with walk.office.database.read() as session:
        return set(
            session.scalars(
                select(Deadline.rule_id).where(
                    Deadline.subject_id.in_((walk.item_id, walk.case_id, walk.look_back.id)),
                    Deadline.met_on.is_(None),
                )
            )
        )


def _tip_states(walk: LookingBack) -> set[TipState]:
    with walk.office.database.read() as session:
        return set(session.scalars(select(Tip.state).where(Tip.case_id == walk.case_id)))


@pytest.fixture
def walk(office: TestOffice) -> LookingBack:
    """A look-back has found that the item relapsed."""
    return LookingBack(office).closed().later().settled(RELAPSED)


def test_relapse_opens_item_team_case_and_answers_again(walk: LookingBack) -> None:
    item = walk.item
    assert (walk.case.state, walk.case.closed_at) == (CaseState.RECTIFYING, None)
    assert (item.state, item.relapses, item.due_on) == (
        ItemState.ORDERED, 1, walk.today + timedelta(days=20),
    )  # fmt: skip
    assert (item.verified_at, item.signer_id, item.closed_off_at) == (None, None, None)
    assert walk.task.state is TaskState.FIX
    assert _tip_states(walk) == {TipState.IN_CASE}
    assert {"clock-rectify", "clock-answer"} <= _running(walk)
    (result,) = walk.results()
    assert result.closed_off_at is not None, "how it had been closed off is kept"
    with walk.acting("reviewer") as acting, pytest.raises(KeyLocked):
        acting.open(walk.case.brief_id)


def test_unit_reads_what_was_written_for_it_and_nothing_of_the_look_back(walk: LookingBack) -> None:
    with walk.acting("lian") as acting:
        item = acting.session.get_one(type(walk.item), walk.item_id)
        assert items.read_items(acting, [item])[item.id].standard == "坑洼填平，验收合格"
        assert [one.reason for one in items.relapses_of(acting, item)] == [FOR_UNIT]
        (result,) = walk.results()
        with pytest.raises(KeyLocked):
            acting.open(result.seen_id)
        told = select(StaffNotice.code).where(StaffNotice.staff_id == acting.staff_id)
        assert "item.relapsed" in acting.session.scalars(told).all()
        assert not any(code.startswith("look-back") for code in acting.session.scalars(told))


@pytest.mark.rule("look-back-told")
def test_case_is_not_closed_again_before_the_informants_heard_that_it_was_found_again(
    walk: LookingBack,
) -> None:
    walk.mended()
    with pytest.raises(Refused) as untold:
        walk.on_case("fan", answering.close_case)
    assert _rules(untold) == ["look-back-told"]
    walk.told_of_it()
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED
    first, second = walk.look_backs()
    assert (first.state, second.state) == (LookBackState.SETTLED, LookBackState.DUE)
    assert second.due_on == walk.today + timedelta(days=90)
    kinds = [one.kind for one in open_mailbox(walk.office.intake, receipt=walk.receipts[0]).messages]
    assert kinds.count(MessageKind.NOTE) == 1
    assert kinds.count(MessageKind.FOLLOW_UP) == 2
    assert kinds.count(MessageKind.ANSWER) >= 2


def test_informants_are_asked_and_answered_anew(walk: LookingBack) -> None:
    walk.reported()
    verify(walk)
    with pytest.raises(Refused) as unasked:
        walk.on_item("reviewer", rectification.sign_off_item)
    assert _rules(unasked) == ["close-asked"]
    ask(walk)
    rate(walk)
    read(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    walk.told_of_it()
    with pytest.raises(Refused) as unanswered:
        walk.on_case("fan", answering.close_case)
    assert _rules(unanswered) == ["close-answered"]
    answer(walk)
    walk.on_case("fan", answering.close_case)


@pytest.mark.rule("look-back-relapse")
def test_what_relapsed_once_is_verified_on_the_spot(walk: LookingBack) -> None:
    walk.reported()
    signer = walk.office.staff_id("reviewer")
    with pytest.raises(Refused) as on_paper:
        walk.on_item(
            "du", rectification.verify_item, note="材料齐全。", signer=signer, how=VerifiedHow.DOCUMENTS
        )
    assert _rules(on_paper) == ["look-back-relapse"]
    verify(walk)
    assert walk.item.state is ItemState.VERIFIED


def test_what_was_never_done_is_false_rectification_for_good(office: TestOffice) -> None:
    walk = LookingBack(office).closed().later().settled(NEVER_DONE)
    assert (walk.item.state, walk.item.relapses) == (ItemState.FALSE, 1)
    with walk.acting("fan") as acting:
        (lie,) = items.false_reports(acting, walk.case_id)
        assert lie.false_by == office.staff_id("director")
    assert _line(walk, StepCode.FALSE_REPORTS) == (Met.NOT_YET, 0, 1)
    walk.mended()
    assert _line(walk, StepCode.FALSE_REPORTS) == (Met.DONE, 1, 1)
    assert _line(walk, StepCode.RELAPSED) == (Met.DONE, 1, 1)


def test_sheet_shows_look_backs_from_their_day_on_and_relapses_for_good(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    assert _line(walk, StepCode.LOOKED_BACK) == (Met.NOT_YET, 0, 1)
    assert _line(walk, StepCode.RELAPSED) is None
    walk.later(days=91)
    assert _line(walk, StepCode.LOOKED_BACK) == (Met.MISSING, 0, 1)
    walk.settled(RELAPSED)
    assert _line(walk, StepCode.LOOKED_BACK) == (Met.DONE, 1, 1)
    assert _line(walk, StepCode.RELAPSED) == (Met.NOT_YET, 0, 1)
    walk.told_of_it().mended().on_case("fan", answering.close_case)
    assert _line(walk, StepCode.RELAPSED) == (Met.DONE, 1, 1)
    assert _line(walk, StepCode.LOOKED_BACK) == (Met.NOT_YET, 1, 2)


def test_nothing_is_opened_without_a_settled_look_back_that_says_so(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    walk.reported_back(RELAPSED)
    row = walk.look_back
    opening = (
        (SubjectKind.CASE, walk.case_id, Action.RELAPSE_CASE, "look-back-relapse"),
        (SubjectKind.ITEM, walk.item_id, Action.REOPEN_ITEM, "look-back-relapse"),
        (SubjectKind.ITEM, walk.item_id, Action.REOPEN_FALSE_ITEM, "item-false"),
        (SubjectKind.TASK, walk.task_id, Action.RESUME_TASK, "look-back-relapse"),
    )
    for kind, subject_id, action, rule in opening:
        for given in ({}, {"look_back": row.id}):
            with pytest.raises(Refused) as refused, walk.acting("fan") as acting:
                acting.apply(kind, subject_id, action, version=None, given=given)
            assert _rules(refused) == [rule]


def test_relapse_is_counted_each_time(walk: LookingBack) -> None:
    walk.told_of_it().mended().on_case("fan", answering.close_case)
    walk.later().named().noted(RELAPSED)
    walk.on_look_back("wei", looking_back.report_look_back)
    walk.settle()
    assert (walk.item.relapses, walk.case.state) == (2, CaseState.RECTIFYING)
    with walk.office.database.read() as session:
        events = session.scalars(select(AuditEntry.event).where(AuditEntry.subject_id == walk.item_id)).all()
    assert events.count("item.relapsed") == 2


def test_review_that_leaves_no_item_drops_the_look_back(office: TestOffice) -> None:
    walk = LookingBack(office).closed()
    walk.named()
    review = Reviewing(office)
    review.case_id = walk.case_id
    review.applied().named("shen")
    review.on_review("shen", reviewing.admit_review)
    revoke = Proposal(outcome=ReviewOutcome.REVOKE, decision="予以撤销。")
    review.on_review("shen", reviewing.propose_decision, proposal=revoke)
    with pytest.raises(Refused) as early, walk.acting("head") as acting:
        acting.apply(
            SubjectKind.LOOK_BACK, walk.look_back.id, Action.DROP_LOOK_BACK, version=None,
            given={"review": review.review_id},
        )  # fmt: skip
    assert _rules(early) == ["reg-17-review"]
    review.on_review("head", reviewing.decide_review)
    assert walk.look_back.state is LookBackState.DROPPED
    assert "clock-look-back" not in _running(walk)
    assert _line(walk, StepCode.LOOKED_BACK) is None
    with walk.acting("wei") as acting:
        assert acting.session.get_one(Case, walk.case_id).state is CaseState.CONCLUDING
    with pytest.raises(Refused) as dropped:
        walk.named()
    assert "state" in _rules(dropped)


def test_look_back_that_found_nothing_reopens_no_answer(office: TestOffice) -> None:
    walk = LookingBack(office).closed().settled()
    assert (walk.case.state, _tip_states(walk)) == (CaseState.CLOSED, {TipState.ANSWERED})
