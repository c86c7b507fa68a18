"""A coordination item: who proposes it, what goes out and when, how it ends, and what stays between keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.models import Tip
from tests.support.asking import heard, verify
from tests.support.coordinating import GOAL, OBSTACLE, TITLE, WORK, Coordinating
from tests.support.law import acts_resting_on
from tests.support.office import TestOffice
from verification.domain import answering, coordinating, coordination_parts, fieldwork, items, rectification
from verification.domain.coordination_texts import NewPart, read_item
from verification.domain.messages import read_sendings
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import (
    Case,
    CaseKeptAway,
    CaseState,
    Coordination,
    CoordinationPart,
    CoordinationState,
    PartState,
    StaffNotice,
)
from verification.policy.rulebook import shipped_rules
from verification.queries.compliance import steps_of
from verification.queries.compliance_steps import Met, StepCode
from verification.queries.coordination import carried_on_items, open_parts, waiting_coordination
from verification.queries.coordination_unit import parts_for_unit, view_own_part
from verification.queries.weak_spots import weak_spots
from verification.workflow.states import Action, SubjectKind

H = CoordinationState


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _states(walk: Coordinating, codes: Iterable[str] = WORK) -> list[PartState]:
    return [walk.part(code).state for code in codes]


def _line(walk: Coordinating) -> tuple[Met, int, int] | None:
    with walk.acting("fan") as acting:
        steps = steps_of(acting, acting.session.get_one(Case, walk.case_id))
        found = [step for step in steps if step.code is StepCode.COORDINATED]
    return (found[0].met, found[0].done, found[0].needed) if found else None


def _ready_to_close(walk: Coordinating) -> None:
    """Everything but the coordination item."""
    walk.reported()
    verify(walk)
    with walk.acting("fan") as acting:
        for tip in acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).all():
            points = {row.id: f"第{row.ordinal}项：已核查。" for row in walk.allegations()}
            answering.answer_informant(
                acting, tip_id=tip.id, version=tip.version, points=points, closing="已处理。"
            )
    heard(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    walk.on_task("du", fieldwork.finish_task)


# --- proposing ---------------------------------------------------------------------------------------------


@pytest.mark.rule("coordination-proposer")
def test_desk_or_team_leader_proposes_and_nobody_else(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    with pytest.raises(Refused) as member:
        walk.helped("chen")
    assert _rules(member) == ["coordination-proposer"]
    with pytest.raises(Refused) as director:
        walk.helped("director")
    assert _rules(director) == ["permission", "coordination-proposer"]
    walk.helped("du")
    walk.helped("fan", title="另一项")
    with office.database.read() as session:
        rows = session.scalars(select(Coordination).order_by(Coordination.ordinal)).all()
        assert [(row.ordinal, row.state) for row in rows] == [(1, H.PROPOSED), (2, H.PROPOSED)]


def test_nothing_is_coordinated_before_the_conclusion_was_delivered(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.approved()
    with pytest.raises(Refused) as early:
        walk.helped()
    assert _rules(early) == ["state"]


@pytest.mark.rule("coordination-departments")
def test_item_has_a_lead_department_and_at_least_one_other(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    with pytest.raises(Refused) as alone:
        walk.helped(parts=walk.new_item().parts[:1])
    assert _rules(alone) == ["coordination-departments"]
    walk.helped()
    assert [walk.part(code).is_lead for code in WORK] == [True, False, False]


@pytest.mark.rule("coordination-order")
def test_part_is_due_after_what_it_waits_for_and_confirmed_after_it(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    lead, second, third = walk.new_item().parts
    with pytest.raises(Refused) as early:
        walk.helped(parts=[lead, replace(second, due_on=walk.in_days(5)), third])
    assert [(one.rule_id, one.field) for one in early.value.refusals] == [("coordination-order", "due-2")]
    walk.helped()
    walk.on_help("director", coordinating.agree_coordination)
    walk.taken_on(*WORK).part_reported("housing")
    with pytest.raises(Refused) as before:
        walk.confirmed("housing")
    assert _rules(before) == ["coordination-order"]
    walk.part_reported("transport").confirmed("transport", "housing")
    assert walk.part("housing").state is PartState.DONE


def test_what_is_typed_wrong_stands_beside_its_field(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    lead, second, third = walk.new_item().parts
    parts = [
        replace(lead, after=2),
        replace(second, work=" ", due_on=walk.in_days(-1)),
        NewPart(3, lead.unit_id, "另一项", None, 9),
        NewPart(4, office.unit_id("tax"), "查税", walk.in_days(3)),
    ]
    with pytest.raises(InvalidInput) as wrong:
        walk.helped(title="", goal="请联系 13812345678", parts=parts)
    assert set(wrong.value.errors) == {
        "title", "goal", "after-1", "after-2", "work-2", "due-2", "unit-3", "due-3", "after-3", "unit-4",
    }  # fmt: skip
    with pytest.raises(InvalidInput) as many:
        walk.helped(parts=[replace(third, number=number) for number in range(1, 10)])
    assert "unit-1" in many.value.errors


# --- the wording, and agreeing -----------------------------------------------------------------------------


@pytest.mark.rule("unit-wording")
def test_what_goes_out_was_compared_with_the_tips_by_the_desk(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped("du")
    assert walk.help.checked_by is None
    with pytest.raises(Refused) as unread:
        walk.on_help("director", coordinating.agree_coordination)
    assert _rules(unread) == ["unit-wording"]
    with pytest.raises(Refused) as leader:
        walk.on_help("du", coordinating.check_coordination)
    assert _rules(leader) == ["permission", "unit-wording"]
    walk.on_help("fan", coordinating.check_coordination)
    assert walk.help.checked_by == office.staff_id("fan")
    walk.on_help("director", coordinating.agree_coordination)
    assert walk.help.state is H.AGREED


def _statement(walk: Coordinating) -> str:
    with walk.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        return read_sendings(acting, tip)[0].account


def test_words_of_an_informant_are_found_by_the_desk_and_not_by_the_team(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    said = _statement(walk)
    with pytest.raises(InvalidInput) as copied:
        walk.helped("fan", goal=f"目标：{said}")
    assert set(copied.value.errors) == {"goal", "wording"}
    walk.helped("du", goal=f"目标：{said}")
    with pytest.raises(InvalidInput) as found:
        walk.on_help("fan", coordinating.check_coordination)
    assert set(found.value.errors) == {"texts", "wording"}
    walk.on_help("fan", coordinating.check_coordination, wording_accepted=True)
    walk.on_help("fan", coordinating.revise_coordination, new=walk.new_item())
    assert walk.help.checked_by == office.staff_id("fan")
    walk.on_help("du", coordinating.revise_coordination, new=walk.new_item())
    assert walk.help.checked_by is None, "other words were not compared"


def test_department_whose_liaison_an_informant_named_is_not_asked(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    with office.database.write() as session:
        session.add(CaseKeptAway(case_id=walk.case_id, staff_id=office.staff_id("other")))
    walk.helped("du")
    with pytest.raises(Refused) as named:
        walk.on_help("fan", coordinating.check_coordination)
    assert _rules(named) == ["kept-away"]


@pytest.mark.rule("coordination-agreed")
def test_nothing_goes_out_before_the_director_agreed(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped()
    part = walk.part("housing")
    with pytest.raises(Refused) as early, office.acting("director") as acting:
        acting.apply(SubjectKind.PART, part.id, Action.ASK_PART, version=part.version)
    assert _rules(early) == ["coordination-agreed"]
    with office.acting("other") as acting:
        assert parts_for_unit(acting, office.unit_id("housing")) == []
        with pytest.raises(KeyLocked):
            acting.open(part.body_id)
    with pytest.raises(Refused) as desk:
        walk.on_help("fan", coordinating.agree_coordination)
    assert _rules(desk) == ["permission"]
    walk.on_help("director", coordinating.agree_coordination)
    assert _states(walk) == [PartState.ASKED] * 3
    assert Action.AGREE_COORDINATION in acts_resting_on("coordination-agreed")
    with office.database.read() as session:
        told = session.scalars(select(StaffNotice.staff_id).where(StaffNotice.code == "part.asked")).all()
        assert set(told) == {office.staff_id(login) for login in ("lian", "other", "shui")}


def test_department_opens_its_part_title_and_goal_and_nothing_else(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    with office.acting("other") as acting:
        (card,) = parts_for_unit(acting, office.unit_id("housing"))
        own = view_own_part(acting, card.row)
        assert (own.card.title, own.goal, own.work) == (TITLE, GOAL, WORK["housing"])
        assert [(one.unit.code, one.due_on, one.is_lead, one.is_waited_for) for one in own.neighbours] == [
            ("transport", walk.in_days(10), True, True), ("water", walk.in_days(15), False, False),
        ]  # fmt: skip
        for sealed in (walk.help.body_id, walk.part("transport").body_id, walk.case.brief_id):
            with pytest.raises(KeyLocked):
                acting.open(sealed)
        with pytest.raises(KeyLocked):
            view_own_part(acting, walk.part("transport"))
    with office.acting("chen") as acting:
        assert read_item(acting, walk.help).obstacle == OBSTACLE


def test_returned_proposal_says_why_and_is_written_anew(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped()
    with pytest.raises(Refused) as silent:
        walk.on_help("director", coordinating.return_coordination, note=" ")
    assert _rules(silent) == ["return-reason"]
    walk.on_help("director", coordinating.return_coordination, note="水利局不必参加。")
    assert walk.help.state is H.RETURNED
    with office.acting("fan") as acting:
        assert read_item(acting, walk.help).note == "水利局不必参加。"
    walk.on_help("fan", coordinating.revise_coordination, new=walk.new_item(parts=walk.new_item().parts[:2]))
    assert (walk.help.state, walk.help.note_id) == (H.PROPOSED, None)
    with office.database.read() as session:
        assert len(session.scalars(select(CoordinationPart.id)).all()) == 2


# --- the end -----------------------------------------------------------------------------------------------


@pytest.mark.rule("coordination-done")
def test_item_is_done_when_every_part_is_and_says_what_was_reached(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    walk.taken_on(*WORK).part_reported(*WORK).confirmed("transport", "housing")
    with pytest.raises(Refused) as open_part:
        walk.on_help("fan", coordinating.finish_coordination, note="管线已迁改。")
    assert _rules(open_part) == ["coordination-done"]
    walk.confirmed("water")
    with pytest.raises(Refused) as silent:
        walk.on_help("fan", coordinating.finish_coordination, note="")
    assert _rules(silent) == ["coordination-done"]
    with pytest.raises(Refused) as nothing_left:
        walk.on_help("director", coordinating.carry_on, mechanism="管线联席会议", note="继续。")
    assert _rules(nothing_left) == ["coordination-done"]
    walk.on_help("du", coordinating.finish_coordination, note="管线已迁改，路面一次修成。")
    assert (walk.help.state, walk.help.ended_by) == (H.DONE, office.staff_id("du"))


def test_withdrawn_item_takes_every_open_part_along(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    walk.taken_on("transport").part_reported("transport").confirmed("transport")
    part = walk.part("water")
    with pytest.raises(Refused) as alone, office.acting("fan") as acting:
        acting.apply(SubjectKind.PART, part.id, Action.WITHDRAW_PART, version=part.version)
    assert _rules(alone) == ["coordination-departments"]
    walk.on_help("fan", coordinating.withdraw_coordination, note="县里已另行部署。")
    assert _states(walk) == [PartState.DONE, PartState.WITHDRAWN, PartState.WITHDRAWN]
    assert [walk.clocks_of(code) for code in WORK] == [{}, {}, {}]
    assert _line(walk) is None
    with office.acting("shui") as acting:
        assert [card.row.state for card in parts_for_unit(acting, part.unit_id)] == [PartState.WITHDRAWN]


@pytest.mark.rule("close-coordination")
def test_case_is_not_closed_over_an_open_item(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    _ready_to_close(walk)
    with pytest.raises(Refused) as still:
        walk.on_case("fan", answering.close_case)
    assert _rules(still) == ["close-coordination"]
    assert _line(walk) == (Met.NOT_YET, 0, 1)
    walk.all_done()
    walk.on_help("fan", coordinating.finish_coordination, note="已办结。")
    walk.on_case("fan", answering.close_case)
    assert walk.case.state is CaseState.CLOSED
    assert _line(walk) == (Met.DONE, 1, 1)


@pytest.mark.rule("close-coordination")
def test_director_carries_an_item_on_outside_its_case(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    _ready_to_close(walk)
    for given in ({"mechanism": "", "note": "周期长。"}, {"mechanism": "管线联席会议", "note": ""}):
        with pytest.raises(Refused) as unfounded:
            walk.on_help("director", coordinating.carry_on, **given)
        assert _rules(unfounded) == ["close-coordination"]
    with pytest.raises(Refused) as desk:
        walk.on_help("fan", coordinating.carry_on, mechanism="管线联席会议", note="周期长。")
    assert _rules(desk) == ["permission"]
    walk.on_help("director", coordinating.carry_on, mechanism="管线联席会议", note="迁改周期长。")
    walk.on_case("fan", answering.close_case)
    assert walk.clocks_of("water") == {"clock-coordinate": walk.part("water").due_on}
    with office.acting("shui") as acting:
        assert view_own_part(acting, walk.part("water")).mechanism == "管线联席会议"
    office.clock.advance(timedelta(days=16))
    walk.taken_on("water")
    with office.acting("director") as acting:
        spots = weak_spots(acting)
        assert [card.row.id for card in spots.carried_on] == [walk.help_id]
        late = {one.subject_id for one in spots.lagging if one.rule_id == "clock-coordinate"}
        assert late == {walk.part("water").id, walk.part("transport").id}
        assert spots.units_late == [], "help is held against nobody"
    walk.taken_on("transport", "housing").part_reported(*WORK).confirmed(*WORK)
    walk.on_help("fan", coordinating.finish_coordination, note="已建成。")
    with office.acting("director") as acting:
        assert carried_on_items(acting) == []


# --- meetings, lists ---------------------------------------------------------------------------------------


@pytest.mark.rule("coordination-help")
def test_it_is_help_and_gives_no_ground_for_anything(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    walk.taken_on("water").part_reported("water")
    walk.on_part("du", "water", coordination_parts.return_part, note="照片看不清接口。")
    with office.acting("fan") as acting:
        assert items.false_reports(acting, walk.case_id) == []
        steps = {step.code for step in steps_of(acting, acting.session.get_one(Case, walk.case_id))}
        assert StepCode.FALSE_REPORTS not in steps
        assert weak_spots(acting).returned == []
    assert "coordination-help" in shipped_rules()
    assert Action.PROPOSE_COORDINATION in acts_resting_on("coordination-help")


def test_meeting_is_recorded_by_the_team_or_the_desk(office: TestOffice) -> None:
    walk = Coordinating(office).agreed()
    given: dict[str, Any] = {"held_on": walk.today, "people": "三局分管负责人", "agreed": "先迁管线后修路。"}
    with pytest.raises(InvalidInput) as wrong:
        walk.on_help("fan", coordinating.record_meeting, held_on=walk.in_days(1), people="", agreed=" ")
    assert set(wrong.value.errors) == {"held_on", "people", "agreed"}
    with pytest.raises(Refused) as stranger:
        walk.on_help("wei", coordinating.record_meeting, **given)
    assert _rules(stranger) == ["coordination-checked"]
    walk.on_help("chen", coordinating.record_meeting, **given)
    with office.acting("director") as acting:
        (meeting,) = coordinating.read_meetings(acting, walk.help_id)
        assert (meeting.people, meeting.agreed) == ("三局分管负责人", "先迁管线后修路。")
        body = meeting.row.body_id
    with pytest.raises(KeyLocked), office.acting("lian") as acting:
        acting.open(body)


def test_who_is_waited_for_finds_it_in_a_list(office: TestOffice) -> None:
    walk = Coordinating(office)
    walk.ordered()
    walk.helped("du")

    def waits(login: str) -> list[Action]:
        with office.acting(login) as acting:
            return [one.action for one in waiting_coordination(acting)]

    assert (waits("fan"), waits("director"), waits("head")) == ([Action.CHECK_COORDINATION], [], [])
    walk.on_help("fan", coordinating.check_coordination)
    assert (waits("fan"), waits("director")) == ([], [Action.AGREE_COORDINATION])
    walk.on_help("director", coordinating.agree_coordination)
    walk.declined().taken_on("transport").part_reported("transport")
    assert (waits("du"), waits("wei"), waits("fan")) == ([Action.CONFIRM_PART], [], [Action.CONFIRM_PART])
    assert waits("director") == [Action.RULE_PART]
    walk.on_part("director", "water", coordination_parts.rule_part, note="产权档案登记在水利局。")
    assert (waits("director"), waits("head")) == ([], [Action.ENDORSE_RULING])
    with office.acting("fan") as acting:
        assert [card.unit.code for card in open_parts(acting)] == ["transport", "water", "housing"]
