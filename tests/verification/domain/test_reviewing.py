"""Review of a conclusion (Art. 17): who applies until when, who stays out, and what a decision does."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Tip, TipState
from tests.support.journey import RECEIPT, Journey
from tests.support.office import TestOffice
from verification.domain import answering, casework, conclusions, fieldwork, items, readers, reviewing
from verification.domain.reviewing import Proposal
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    Allegation,
    CaseState,
    Conclusion,
    Deadline,
    Finding,
    ItemState,
    Method,
    RecordKind,
    Review,
    ReviewOutcome,
    ReviewState,
    StaffNotice,
)

UPHOLD = Proposal(outcome=ReviewOutcome.UPHOLD, decision="经复核，原结论事实清楚，予以维持。")


class Reviewing(Journey):
    """A delivered conclusion and what happens to it."""

    review_id = uuid.UUID(int=0)

    @property
    def review(self) -> Review:
        """The review as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Review, self.review_id)

    def applied(self, login: str = "lian", **given: Any) -> Reviewing:
        """The unit applies with a photograph."""
        with self.acting(login) as acting:
            review = reviewing.apply_review(
                acting,
                case_id=self.case_id,
                text="第二处路面不归我局管养。",
                proofs=[self.photo(b"map")],
                **given,
            )
            self.review_id = review.id
        return self

    def on_review(self, login: str, verb: Any, **given: Any) -> Any:
        """A verb on the review at its present version."""
        with self.acting(login) as acting:
            return verb(acting, review_id=self.review_id, version=self.review.version, **given)

    def named(self, *logins: str) -> Reviewing:
        """The director names the reviewers."""
        people = [self.office.staff_id(login) for login in logins or ("reviewer",)]
        self.on_review("director", reviewing.name_reviewers, reviewers=people)
        return self

    def admitted(self) -> Reviewing:
        """From the application to its admission."""
        self.applied().named()
        self.on_review("reviewer", reviewing.admit_review)
        return self

    def decided(self, proposal: Proposal) -> Reviewing:
        """From the application to the head's decision."""
        self.admitted()
        self.on_review("reviewer", reviewing.propose_decision, proposal=proposal)
        self.on_review("head", reviewing.decide_review)
        return self

    def changing(self, **values: Any) -> Proposal:
        """A proposal to change the conclusion: the second claim is not this unit's."""
        given: dict[str, Any] = {
            "outcome": ReviewOutcome.CHANGE,
            "decision": "第二处路面由镇政府管养，予以变更。",
            "file_text": "经复核，第一项属实，第二项不属实。",
            "unit_text": "请修复卫生院门前路面。",
            "findings": {self.allegations()[1].id: Finding.UNTRUE},
        }
        return Proposal(**(given | values))


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def walk(office: TestOffice) -> Reviewing:
    """A conclusion that the unit received today."""
    journey = Reviewing(office)
    journey.delivered()
    return journey


def _answered(walk: Reviewing) -> uuid.UUID:
    """The informant is answered with the conclusion as it stands."""
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        points = {row.id: f"第{row.ordinal}项已查实，正在整改。" for row in walk.allegations()}
        answering.answer_informant(
            acting, tip_id=tip.id, version=tip.version, points=points, closing="整改期限三十日。"
        )
        return tip.id


def test_application_opens_to_the_unit_and_to_the_case_and_starts_thirty_days(walk: Reviewing) -> None:
    walk.applied()
    with walk.acting("lian") as acting:
        assert acting.open(walk.review.body_id)["application"] == "第二处路面不归我局管养。"
    with walk.acting("other") as acting, pytest.raises(KeyLocked):
        acting.open(walk.review.body_id)
    with walk.acting("director") as acting:
        assert acting.open(walk.review.body_id)["application"]
        (clock,) = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.review_id))
        assert clock.rule_id == "reg-17-review"
        assert (clock.due_at.astimezone(acting.clock.now().tzinfo) - acting.clock.now()).days in (29, 30)
        told = select(StaffNotice.staff_id).where(StaffNotice.code == "review.applied")
        assert walk.office.staff_id("director") in set(acting.session.scalars(told))


@pytest.mark.rule("reg-17-objection")
def test_the_thirtieth_day_is_in_time_and_the_next_is_not(walk: Reviewing) -> None:
    last = walk.today + timedelta(days=30)
    walk.applied(received_on=last)
    assert walk.review.applied_on == last
    other = Reviewing(walk.office)
    other.delivered()
    with pytest.raises(Refused) as late:
        other.applied(received_on=last + timedelta(days=1))
    assert _rules(late) == ["reg-17-objection"]


def test_only_an_inspected_unit_applies_and_only_once(walk: Reviewing) -> None:
    with pytest.raises(Refused) as foreign:
        walk.applied("other")
    assert _rules(foreign) == ["reg-17-objection"]
    walk.applied()
    with pytest.raises(Refused) as again:
        walk.applied()
    assert _rules(again) == ["reg-17-objection"]


def test_nothing_is_applied_for_before_delivery(office: TestOffice) -> None:
    walk = Reviewing(office)
    walk.approved()
    with pytest.raises(NotHere):
        walk.applied()


@pytest.mark.rule("reg-17-apart")
def test_reviewers_had_no_part_in_the_case(walk: Reviewing) -> None:
    walk.applied()
    for login, rule in (("du", "reg-17-apart"), ("fan", "reg-17-apart")):
        with pytest.raises(Refused) as refused:
            walk.named(login)
        assert _rules(refused) == [rule]
    with pytest.raises(InvalidInput) as liaison:
        walk.named("lian")
    assert set(liaison.value.errors) == {"reviewers"}
    with pytest.raises(Refused) as nobody:
        walk.on_review("director", reviewing.name_reviewers, reviewers=[])
    assert _rules(nobody) == ["reg-17-apart"]
    walk.named("reviewer")
    with walk.acting("reviewer") as acting:
        assert casework.read_brief(acting, walk.case).title


def test_reviewer_named_away_loses_the_case(walk: Reviewing) -> None:
    walk.applied().named("reviewer").named("wei")
    with pytest.raises(KeyLocked), walk.acting("reviewer") as acting:
        casework.read_brief(acting, walk.case)
    with pytest.raises(Refused) as gone:
        walk.on_review("reviewer", reviewing.admit_review)
    assert "reg-17-apart" in _rules(gone)
    walk.on_review("wei", reviewing.admit_review)


def test_reviewer_cannot_sign_an_item_of_the_case_off(walk: Reviewing) -> None:
    walk.with_item()
    walk.applied().named("reviewer")
    with walk.acting("fan") as acting:
        assert walk.office.staff_id("reviewer") not in {
            person.id for person in items.possible_signers(acting, walk.item)
        }


def test_upheld_conclusion_stays_and_the_unit_reads_why(walk: Reviewing) -> None:
    walk.decided(UPHOLD)
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        acting.open(_decision(walk))
    walk.on_review("fan", reviewing.deliver_decision, delivered_on=walk.today)
    with walk.acting("lian") as acting:
        assert acting.open(_decision(walk))["text"] == UPHOLD.decision
    assert (walk.review.state, walk.case.state) == (ReviewState.DELIVERED, CaseState.DELIVERED)
    with walk.acting("fan") as acting:
        (clock,) = acting.session.scalars(select(Deadline).where(Deadline.subject_id == walk.review_id))
        assert clock.met_on == walk.today


def _decision(walk: Reviewing) -> uuid.UUID:
    assert walk.review.decision_id is not None
    return walk.review.decision_id


def test_changed_conclusion_is_a_new_version_with_new_findings(walk: Reviewing) -> None:
    walk.with_item()
    tip_id = _answered(walk)
    walk.decided(walk.changing(withdrawn=(walk.item_id,)))
    assert [row.finding for row in walk.allegations()] == [Finding.TRUE, Finding.UNTRUE]
    assert walk.item.state is ItemState.WITHDRAWN
    with walk.acting("fan") as acting:
        newest = conclusions.latest_conclusion(acting, walk.case_id)
        assert newest is not None
        assert (newest.number, newest.drafted_by) == (2, walk.office.staff_id("reviewer"))
        assert conclusions.read_conclusion(acting, newest).unit_text == "请修复卫生院门前路面。"
        assert acting.session.get_one(Tip, tip_id).state is TipState.IN_CASE
        clocks = select(Deadline.rule_id).where(Deadline.subject_id == tip_id, Deadline.met_on.is_(None))
        assert list(acting.session.scalars(clocks)) == ["clock-answer"]
    with walk.acting("lian") as acting, pytest.raises(KeyLocked):
        acting.open(newest.unit_version_id)
    walk.on_review("fan", reviewing.deliver_decision, delivered_on=walk.today)
    with walk.acting("lian") as acting:
        assert acting.open(newest.unit_version_id)["text"] == "请修复卫生院门前路面。"
        with pytest.raises(KeyLocked):
            acting.open(newest.file_version_id)
    with pytest.raises(Refused):
        walk.applied()


def test_revoked_conclusion_reopens_the_case_and_lets_its_items_fall(walk: Reviewing) -> None:
    walk.with_item()
    walk.decided(Proposal(outcome=ReviewOutcome.REVOKE, decision="主要事实不清，予以撤销。"))
    assert (walk.case.state, walk.item.state) == (CaseState.CONCLUDING, ItemState.WITHDRAWN)
    with walk.acting("fan") as acting:
        revoked = acting.session.scalars(select(Conclusion).where(Conclusion.case_id == walk.case_id)).one()
        assert revoked.revoked_at is not None
    walk.drafted("fan").read_over()
    walk.on_case("fan", conclusions.propose_conclusion)
    walk.on_case("head", conclusions.approve_conclusion)
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    walk.applied()
    assert walk.review.conclusion_id != revoked.id


@pytest.mark.rule("reg-17-review")
def test_case_is_not_closed_while_a_review_is_open(walk: Reviewing) -> None:
    _answered(walk)
    walk.applied()
    with pytest.raises(Refused) as open_review:
        walk.on_case("fan", answering.close_case)
    assert _rules(open_review) == ["reg-17-review"]
    walk.named()
    walk.on_review("reviewer", reviewing.admit_review)
    walk.on_review("reviewer", reviewing.propose_decision, proposal=UPHOLD)
    walk.on_review("head", reviewing.decide_review)
    walk.on_review("reviewer", reviewing.deliver_decision, delivered_on=walk.today)
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED


def test_closed_case_can_still_be_reviewed_in_time_and_reopened(walk: Reviewing) -> None:
    _answered(walk)
    walk.on_case("fan", answering.close_case)
    walk.decided(Proposal(outcome=ReviewOutcome.REVOKE, decision="予以撤销。"))
    assert (walk.case.state, walk.case.closed_at) == (CaseState.CONCLUDING, None)


def test_application_that_is_not_admitted_is_decided_without_a_hearing(walk: Reviewing) -> None:
    refuse = Proposal(outcome=ReviewOutcome.NOT_ADMITTED, decision="申请事项与本结论无关。")
    walk.applied().named()
    with pytest.raises(Refused) as early:
        walk.on_review("reviewer", reviewing.propose_decision, proposal=UPHOLD)
    assert _rules(early) == ["reg-17-review"]
    walk.on_review("reviewer", reviewing.propose_decision, proposal=refuse)
    with pytest.raises(Refused) as silent:
        walk.on_review("head", reviewing.return_decision, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_review("head", reviewing.return_decision, note="请受理并审查。")
    assert walk.review.state is ReviewState.REVIEWING
    with pytest.raises(Refused):
        walk.on_review("reviewer", reviewing.propose_decision, proposal=refuse)


def test_proposal_says_what_is_missing_or_must_not_be_in_it(walk: Reviewing) -> None:
    walk.admitted()
    empty = Proposal(outcome=ReviewOutcome.CHANGE, decision="", findings={uuid.uuid4(): Finding.TRUE})
    with pytest.raises(InvalidInput) as wrong:
        walk.on_review("reviewer", reviewing.propose_decision, proposal=empty)
    assert set(wrong.value.errors) == {"decision", "file_text", "unit_text", "findings"}
    with pytest.raises(InvalidInput) as number:
        walk.on_review(
            "reviewer", reviewing.propose_decision, proposal=walk.changing(unit_text="联系 13812345678")
        )
    assert set(number.value.errors) == {"unit_text"}


@pytest.mark.databases("sqlite")
def test_proposal_repeats_no_interview_unless_the_reviewer_means_it(office: TestOffice) -> None:
    said = "仓库后门每天夜里十一点都有两辆货车进出"
    walk = Reviewing(office)
    walk.signed().logged()
    talk = {
        "person": "王某某", "role": "门卫", "card_shown": True, "questions": f"答：{said}。",
        "read_back": True, "signed": True,
    }  # fmt: skip
    walk.logged(photos=0, kind=RecordKind.INTERVIEW, method=Method.INSPECTION, words=talk)
    walk.found()
    for stage in (fieldwork.begin_follow, fieldwork.begin_fix):
        walk.on_task("du", stage)
    walk.on_case("fan", conclusions.begin_conclusion)
    walk.drafted().read_over()
    walk.on_case("fan", conclusions.propose_conclusion)
    walk.on_case("head", conclusions.approve_conclusion)
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    walk.admitted()
    for telling in ({"decision": f"有人反映{said}，予以变更。"}, {"unit_text": f"经查，{said}。"}):
        with pytest.raises(InvalidInput) as wrong:
            walk.on_review("reviewer", reviewing.propose_decision, proposal=walk.changing(**telling))
        assert set(wrong.value.errors) == {*telling, "wording"}
    meant = walk.changing(decision=f"有人反映{said}，予以变更。", wording_accepted=True)
    walk.on_review("reviewer", reviewing.propose_decision, proposal=meant)
    assert walk.review.proposed_by == office.staff_id("reviewer")


def test_nobody_but_the_named_reviewer_proposes_and_nobody_but_the_head_decides(walk: Reviewing) -> None:
    walk.admitted()
    for login in ("wei", "fan", "director"):
        with pytest.raises(Refused):
            walk.on_review(login, reviewing.propose_decision, proposal=UPHOLD)
    walk.on_review("reviewer", reviewing.propose_decision, proposal=UPHOLD)
    for login in ("director", "deputy", "reviewer"):
        with pytest.raises(Refused) as refused:
            walk.on_review(login, reviewing.decide_review)
        assert "permission" in _rules(refused)


def test_new_key_of_the_case_goes_to_its_reviewers(walk: Reviewing) -> None:
    walk.applied().named()
    with walk.acting("fan") as acting:
        assert walk.office.staff_id("reviewer") in readers.entitled(acting, walk.case)


def test_changed_findings_name_who_reviewed(walk: Reviewing) -> None:
    walk.decided(walk.changing())
    changed: Allegation = walk.allegations()[1]
    assert changed.found_by == walk.office.staff_id("reviewer")
    with walk.acting("fan") as acting:
        assert changed.reasons_id is not None
        assert acting.open(changed.reasons_id)["text"] == "第二处路面由镇政府管养，予以变更。"
