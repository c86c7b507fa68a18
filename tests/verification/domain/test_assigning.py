"""The light path: under a docketed programme a lead goes to a unit, which answers for it with proof."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Priority, Tip, TipState
from tests.support.asking import answer, heard
from tests.support.journey import ALLEGATIONS, PLAN_TEXT, Journey
from tests.support.office import TestOffice
from verification.domain import answering, assigning, casework, planning, programmes, replies, triage
from verification.domain.assigning import Checked
from verification.domain.casework import Brief, CaseFrame
from verification.domain.programmes import Term
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    Assignment,
    AssignmentState,
    CaseKeptAway,
    CaseState,
    CaseType,
    ContentBasis,
    Deadline,
    DocketBasis,
    Finding,
    StaffNotice,
)
from verification.policy import deadlines
from verification.policy.replies import ReplyFlag

GOOD = ("三处坑洼已于三月一日填平，路面平整。", "二月接报后未登记，已补录并约谈养护班组，此后反映当日处理。")


class LightPath(Journey):
    """A programme, and a lead that moves under it."""

    programme_id = uuid.UUID(int=0)
    assignment_id = uuid.UUID(int=0)

    def programme(self, *, categories: tuple[str, ...] = ("405",), days: int = 90) -> LightPath:
        """A programme whose plan the director approved, as the office docketed it."""
        units = (self.office.unit_id("transport"), self.office.unit_id("housing"))
        frame = CaseFrame(
            case_type=CaseType.ROUTINE,
            content_basis=ContentBasis.DUTIES,
            category="405",
            priority=Priority.P3,
            town_id=None,
            unit_ids=units,
        )
        scope, matter = "道路、水电等民生小事，由责任单位限期办理。", "群众反映的民生小事是否及时办理"
        brief = Brief("民生小事日常督办", scope, (matter,))
        with self.acting("fan") as acting:
            term = Term(self.today, self.today + timedelta(days=days), categories)
            case = programmes.open_programme(acting, brief=brief, frame=frame, term=term)
            self.case_id = self.programme_id = case.id
        self.on_case("fan", casework.propose_docketing, overlap_reason="常态化督办。")
        self.on_case("head", casework.approve_docketing)
        frame_of = self.plan_frame(units=units, unannounced=False)
        self.on_case("fan", planning.write_and_propose_plan, text=PLAN_TEXT, frame=frame_of)
        self.on_case("director", planning.approve_plan)
        return self

    def lead(self, *, category: str = "405", unit: str = "transport") -> LightPath:
        """A case from one tip, still a draft."""
        tip_id, receipt = self.office.send_tip()
        self.receipts.append(receipt)
        with self.acting("fan") as acting:
            triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
        with self.acting("fan") as acting:
            tip = triage.accept_tip(
                acting, tip_id=tip_id, version=2, category=category, priority=Priority.P3, town_id=None
            )
            frame = CaseFrame(
                case_type=CaseType.VERIFICATION,
                content_basis=ContentBasis.DUTIES,
                category=category,
                priority=Priority.P3,
                town_id=None,
                unit_ids=(self.office.unit_id(unit),),
            )
            brief = Brief("路面坑洼", "核查路段坑洼的修复与接报处理。", ALLEGATIONS)
            case = casework.open_case(acting, tips=[(tip_id, tip.version)], brief=brief, frame=frame)
            self.case_id = case.id
        return self

    def assigned(self, unit: str = "transport", **given: Any) -> LightPath:
        """The lead goes to a unit."""
        values = {"due_on": self.today + timedelta(days=20), "programme_id": self.programme_id} | given
        row = self.on_case("fan", assigning.assign_case, unit_id=self.office.unit_id(unit), **values)
        self.assignment_id = row.id
        return self

    @property
    def assignment(self) -> Assignment:
        """The assignment as it stands."""
        with self.office.database.read() as session:
            return session.get_one(Assignment, self.assignment_id)

    def on_assignment(self, login: str, verb: Any, **given: Any) -> Any:
        """A verb on the assignment at its present version."""
        with self.acting(login) as acting:
            version = self.assignment.version
            return verb(acting, assignment_id=self.assignment_id, version=version, **given)

    def replied(self, answers: tuple[str, str] = GOOD, *, proof: bool = True) -> LightPath:
        """The unit signs if it has not, and replies."""
        if self.assignment.state is AssignmentState.ISSUED:
            self.on_assignment("lian", assigning.sign_assignment)
        ids = [row.id for row in self.allegations()]
        self.on_assignment(
            "lian",
            assigning.reply_assignment,
            answers=dict(zip(ids, answers, strict=True)),
            proofs=[self.photo(b"after")] if proof else [],
        )
        return self

    def findings(self, finding: Finding = Finding.TRUE) -> Mapping[uuid.UUID, Checked]:
        """The same finding for each question."""
        return {row.id: Checked(finding, "照片显示已修复。") for row in self.allegations()}

    def accepted(self, **given: Any) -> LightPath:
        """The supervisor accepts."""
        self.on_assignment("fan", assigning.accept_reply, checked=self.findings(), **given)
        return self


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.fixture
def walk(office: TestOffice) -> LightPath:
    """A running programme for category 405, with transport and housing."""
    return LightPath(office).programme()


def test_lead_goes_to_the_unit_and_is_settled_answered_and_closed(walk: LightPath) -> None:
    walk.lead().assigned()
    assert (walk.case.state, walk.case.docket_basis) == (CaseState.ASSIGNED, DocketBasis.PROGRAMME)
    assert walk.case.number is not None
    with walk.acting("lian") as acting:
        body = acting.open(walk.assignment.body_id)
        assert [one["text"] for one in body["questions"]] == list(ALLEGATIONS)
        with pytest.raises(KeyLocked):
            casework.read_brief(acting, walk.case)
    with walk.acting("director") as acting:
        assert casework.read_brief(acting, walk.case).title == "路面坑洼"
    walk.replied()
    with walk.acting("fan") as acting:
        assert replies.flags_against(acting, walk.assignment) == []
    walk.accepted()
    assert (walk.case.state, walk.assignment.state) == (CaseState.SETTLED, AssignmentState.ACCEPTED)
    with pytest.raises(Refused) as unanswered:
        walk.on_case("fan", answering.close_case)
    assert _rules(unanswered) == ["close-answered", "close-asked"]
    answer(walk)
    with pytest.raises(Refused) as unasked:
        walk.on_case("fan", answering.close_case)
    assert _rules(unasked) == ["close-asked"]
    heard(walk)
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED


def test_no_answer_goes_out_before_a_reply_was_accepted(walk: LightPath) -> None:
    walk.lead().assigned().replied()
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
    with walk.acting("fan") as acting, pytest.raises(Refused) as early:
        answering.answer_informant(acting, tip_id=tip.id, version=tip.version, points={}, closing="")
    assert _rules(early) == ["answer-after-conclusion"]


@pytest.mark.rule("clock-assign-sign", "clock-assigned")
def test_clock_runs_from_the_issue_and_signing_does_not_move_it(walk: LightPath) -> None:
    walk.lead().assigned()
    clocks = select(Deadline).where(Deadline.subject_id == walk.assignment_id).order_by(Deadline.rule_id)
    with walk.acting("fan") as acting:
        before = {row.rule_id: row.due_at for row in acting.session.scalars(clocks)}
    assert set(before) == {"clock-assigned", "clock-assign-sign"}
    walk.office.clock.advance(timedelta(days=1))
    walk.on_assignment("lian", assigning.sign_assignment)
    with walk.acting("fan") as acting:
        after = {row.rule_id: (row.due_at, row.met_on) for row in acting.session.scalars(clocks)}
    assert after["clock-assigned"] == (before["clock-assigned"], None)
    assert after["clock-assign-sign"][1] is not None


@pytest.mark.parametrize(
    ("lead", "to"),
    [({"category": "401"}, "transport"), ({}, "qingxi")],
    ids=["another category", "a unit outside the plan"],
)
@pytest.mark.rule("programme-covers")
def test_programme_covers_its_categories_and_objects_alone(
    walk: LightPath, lead: dict[str, str], to: str
) -> None:
    walk.lead(**lead)
    with pytest.raises(Refused) as outside:
        walk.assigned(to)
    assert _rules(outside) == ["programme-covers"]
    assert walk.case.state is CaseState.DRAFT


def test_programme_that_is_over_or_not_approved_covers_nothing(office: TestOffice) -> None:
    walk = LightPath(office).programme(days=5)
    walk.lead()
    office.clock.advance(timedelta(days=6))
    with pytest.raises(Refused) as over:
        walk.assigned()
    assert _rules(over) == ["programme-covers"]
    draft = LightPath(office)
    draft.lead()
    with pytest.raises(Refused) as none:
        draft.assigned(programme_id=None, due_on=draft.today + timedelta(days=20))
    assert _rules(none) == ["programme-covers"]


@pytest.mark.rule("assign-unconflicted")
def test_wrongdoing_of_a_units_own_people_never_goes_to_that_unit(office: TestOffice) -> None:
    walk = LightPath(office).programme(categories=())
    walk.lead(category="204")
    with pytest.raises(Refused) as itself:
        walk.assigned("transport")
    assert _rules(itself) == ["assign-unconflicted"]
    walk.assigned("housing")


def test_unit_whose_liaison_the_informant_named_gets_nothing(walk: LightPath) -> None:
    walk.lead()
    with walk.acting("fan") as acting:
        acting.session.add(CaseKeptAway(case_id=walk.case_id, staff_id=walk.office.staff_id("lian")))
    with pytest.raises(Refused) as named:
        walk.assigned("transport")
    assert _rules(named) == ["assign-unconflicted"]


@pytest.mark.rule("assign-answered", "assign-proof")
def test_reply_answers_every_question_and_brings_proof(walk: LightPath) -> None:
    walk.lead().assigned()
    with pytest.raises(Refused) as foreign:
        walk.on_assignment("other", assigning.sign_assignment)
    assert _rules(foreign) == ["assign-answered"]
    with pytest.raises(InvalidInput) as half:
        walk.replied((GOOD[0], ""))
    assert set(half.value.errors) == {f"answer-{walk.allegations()[1].id}"}
    with pytest.raises(Refused) as bare:
        walk.replied(proof=False)
    assert _rules(bare) == ["assign-proof"]


@pytest.mark.rule("reply-flagged")
def test_flagged_reply_needs_a_reason_or_goes_back(walk: LightPath) -> None:
    stock = "我局高度重视，立即组织认真研究，下一步将加强监管、压实责任、持续推进。"
    walk.lead().assigned().replied((stock, stock))
    with walk.acting("fan") as acting:
        flags = {one.flag for one in replies.flags_against(acting, walk.assignment)}
    assert flags == {ReplyFlag.STOCK, ReplyFlag.TWICE}
    with pytest.raises(Refused) as flagged:
        walk.accepted()
    assert _rules(flagged) == ["reply-flagged"]
    walk.on_assignment("fan", assigning.return_reply, note="请逐项说明何时修复。")
    with walk.acting("lian") as acting:
        assert replies.read_replies(acting, walk.assignment)[0].returned == "请逐项说明何时修复。"
    walk.office.clock.advance(timedelta(hours=1))
    walk.replied().accepted()


def test_reply_of_another_case_is_recognised(walk: LightPath) -> None:
    walk.lead().assigned().replied().accepted()
    walk.lead().assigned().replied()
    with walk.acting("fan") as acting:
        (flag,) = replies.flags_against(acting, walk.assignment)
    assert flag.flag is ReplyFlag.COPIED
    assert flag.detail == "2026-0002"
    walk.accepted(reason="同一路段两件来件，答复内容一致。")


def test_every_question_gets_a_finding_with_its_reason(walk: LightPath) -> None:
    walk.lead().assigned().replied()
    first = walk.allegations()[0].id
    with pytest.raises(InvalidInput) as half:
        walk.on_assignment(
            "fan", assigning.accept_reply, checked={first: Checked(Finding.TRUE, "照片显示已修复。")}
        )
    second = walk.allegations()[1].id
    assert set(half.value.errors) == {f"finding-{second}", f"reasons-{second}"}


def test_hand_back_is_once_in_time_with_a_reason_and_the_ruling_is_final(walk: LightPath) -> None:
    walk.lead().assigned()
    with pytest.raises(Refused) as silent:
        walk.on_assignment("lian", assigning.hand_back_assignment, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_assignment("lian", assigning.hand_back_assignment, note="该路段由镇政府管养。")
    walk.on_assignment("fan", assigning.overrule_hand_back, note="养护协议载明由该局管养。")
    with pytest.raises(Refused) as again:
        walk.on_assignment("lian", assigning.hand_back_assignment, note="仍不属本局。")
    assert _rules(again) == ["hand-back-once"]
    walk.replied().accepted()


def test_withdrawn_lead_can_go_to_another_unit(walk: LightPath) -> None:
    walk.lead().assigned()
    walk.on_assignment("lian", assigning.hand_back_assignment, note="该路段由住建局管养。")
    walk.on_assignment("fan", assigning.withdraw_assignment)
    walk.assigned("housing")
    assert walk.case.state is CaseState.ASSIGNED


def test_poor_reply_takes_the_lead_the_full_way(walk: LightPath) -> None:
    walk.lead().assigned().replied()
    with pytest.raises(Refused) as silent:
        walk.on_case("fan", assigning.escalate_case, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_case("fan", assigning.escalate_case, note="答复与现场不符。")
    assert (walk.case.state, walk.case.docketed_at) == (CaseState.DRAFT, None)
    assert walk.assignment.state is AssignmentState.WITHDRAWN
    walk.on_case("fan", casework.propose_docketing, overlap_reason="交办答复不实。")
    walk.on_case("head", casework.approve_docketing)
    assert (walk.case.state, walk.case.docket_basis) == (CaseState.DOCKETED, DocketBasis.PROPOSAL)


def test_settled_lead_can_still_take_the_full_way_when_it_is_contradicted(walk: LightPath) -> None:
    walk.lead().assigned().replied().accepted()
    walk.on_case("fan", assigning.escalate_case, note="来件人称并未修复。")
    assert walk.case.state is CaseState.DRAFT
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        assert tip.state is TipState.IN_CASE


def test_programme_ends_when_nothing_runs_under_it(walk: LightPath) -> None:
    walk.lead().assigned()
    lead_id, walk.case_id = walk.case_id, walk.programme_id
    with pytest.raises(Refused) as running:
        walk.on_case("fan", programmes.end_programme)
    assert _rules(running) == ["programme-covers"]
    walk.case_id = lead_id
    walk.replied().accepted()
    walk.case_id = walk.programme_id
    walk.on_case("fan", programmes.end_programme)
    assert walk.case.state is CaseState.CLOSED


def test_programme_says_what_is_wrong_with_its_term(office: TestOffice) -> None:
    walk = LightPath(office)
    frame = CaseFrame(
        case_type=CaseType.ROUTINE,
        content_basis=None,
        category="405",
        priority=Priority.P3,
        town_id=None,
        unit_ids=(),
    )
    term = Term(walk.today, walk.today - timedelta(days=1), ("999",))
    with walk.acting("fan") as acting, pytest.raises(InvalidInput) as wrong:
        programmes.open_programme(acting, brief=Brief("", "", ()), frame=frame, term=term)
    assert set(wrong.value.errors) == {"ends_on", "categories"}


def test_unknown_assignment_is_not_here(walk: LightPath) -> None:
    with walk.acting("lian") as acting, pytest.raises(NotHere):
        assigning.sign_assignment(acting, assignment_id=uuid.uuid4(), version=1)


def test_passed_clock_is_told_to_whoever_can_open_what_it_is_about(walk: LightPath) -> None:
    walk.lead().assigned()
    walk.office.clock.advance(timedelta(days=40))
    with walk.acting("admin") as acting:
        deadlines.tick(acting.session, clock=acting.clock, rng=acting.rng)
    told = select(StaffNotice.staff_id).where(
        StaffNotice.subject_id == walk.assignment_id, StaffNotice.code == "clock.passed"
    )
    with walk.acting("fan") as acting:
        people = set(acting.session.scalars(told))
    assert walk.office.staff_id("fan") in people
    for login in ("fan", "director"):
        with walk.acting(login) as acting:
            assert casework.read_brief(acting, walk.case).title
    assert walk.office.staff_id("insider") not in people
