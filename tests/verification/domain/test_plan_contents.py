"""A plan says what burdens the unit and what was asked for before; it changes while a team is out; guests."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import event, select

from tests.support.journey import PLAN_TEXT, Journey
from tests.support.office import TestOffice
from verification.domain import casework, dispatch, planning
from verification.domain.offplan import approved_plan
from verification.domain.teams import BlockCode, readiness_of
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import Case, CaseState, Method, Plan, RecordKind, StaffNotice, TaskMember
from verification.queries.boards import cases_to_decide
from verification.queries.cases import tips_of
from verification.queries.materials import alike, earlier_materials, same_materials


def _rules(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {refusal.rule_id for refusal in refused.value.refusals}


def _propose(walk: Journey, **texts: object) -> Plan:
    text = replace(PLAN_TEXT, **texts)  # type: ignore[arg-type]  # fields of the text
    plan: Plan = walk.on_case("fan", planning.write_and_propose_plan, text=text, frame=walk.plan_frame())
    return plan


# --- burdens -----------------------------------------------------------------------------------------------


@pytest.mark.rule("burden-meeting", "burden-forms", "burden-escort", "burden-layers")
def test_plan_that_burdens_the_unit_needs_a_reason_for_it(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    heavy = {"scope": "请单位陪同，各村逐级自查。", "materials": ("填写自查表",), "meeting_people": 31}
    with pytest.raises(Refused) as refused:
        _propose(walk, **heavy)
    assert _rules(refused) == {"burden-meeting", "burden-forms", "burden-escort", "burden-layers"}
    assert {refusal.field for refusal in refused.value.refusals} == {"burden_reason"}
    plan = _propose(walk, **heavy, burden_reason="涉及多处隐蔽工程，须由单位指认点位。")
    assert plan.burdens == ["burden-meeting", "burden-forms", "burden-escort", "burden-layers"]
    with office.acting("director") as acting:
        read, _frame = planning.read_plan(acting, acting.session.get_one(Plan, plan.id))
    assert (read.burden_reason, read.meeting_people) == ("涉及多处隐蔽工程，须由单位指认点位。", 31)
    assert read.materials == ("填写自查表",)


def test_light_plan_needs_no_reason(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    assert _propose(walk, scope="不用陪同，不填报表。", meeting_people=30).burdens == []


def test_materials_and_people_of_a_plan_are_checked_beside_their_fields(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    with pytest.raises(InvalidInput) as invalid:
        _propose(
            walk,
            materials=("x" * 201,),
            outside=(office.staff_id("du"),),
            members=(office.staff_id("guest"),),
            meeting_people=10_000,
            burden_reason="x" * 2_001,
        )
    fields = {"materials", "outside", "members", "meeting_people", "burden_reason"}
    assert set(invalid.value.errors) == fields


# --- versions while a team is out --------------------------------------------------------------------------


def test_plan_is_changed_while_a_team_is_out_and_covers_what_lay_outside(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged(method=Method.DISCUSSION)
    assert [record.gaps for record in walk.records()] == [["method"]]
    frame = walk.plan_frame(methods=(Method.INSPECTION, Method.READING, Method.DISCUSSION))
    walk.on_case("fan", planning.write_and_propose_plan, text=PLAN_TEXT, frame=frame)
    assert walk.case.state is CaseState.VERIFYING, "the team goes on under the version before"
    with office.acting("director") as acting:
        binding = approved_plan(acting, walk.case_id)
        assert binding is not None
        assert binding.number == 1
        assert [row.id for row in cases_to_decide(acting)] == [walk.case_id]
    assert walk.records()[0].off_plan
    with pytest.raises(Refused) as own:
        walk.on_case("fan", planning.approve_plan)
    assert _rules(own) == {"permission", "plan-separate"}
    walk.on_case("director", planning.approve_plan)
    assert not walk.records()[0].off_plan
    with office.acting("director") as acting:
        assert cases_to_decide(acting) == []
    assert walk.case.state is CaseState.VERIFYING


def test_version_that_was_returned_is_never_approved_and_blocks_nothing(office: TestOffice) -> None:
    walk = Journey(office).signed()
    with pytest.raises(Refused) as none:
        walk.on_case("director", planning.approve_plan)
    assert _rules(none) == {"plan-lock"}
    _propose(walk)
    walk.on_case("director", planning.return_plan, note="无需变更。")
    with pytest.raises(Refused) as returned:
        walk.on_case("director", planning.approve_plan)
    assert _rules(returned) == {"plan-lock"}
    with pytest.raises(Refused) as twice:
        walk.on_case("director", planning.return_plan, note="无需变更。")
    assert _rules(twice) == {"plan-lock"}
    walk.dispatched("wei", "chen")
    assert walk.case.state is CaseState.VERIFYING


# --- outside members ---------------------------------------------------------------------------------------


def test_outside_member_reads_the_one_case_and_never_the_informant(office: TestOffice) -> None:
    other = Journey(office).planned()
    walk = Journey(office).planned()
    with pytest.raises(KeyLocked), office.acting("guest") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    walk.dispatched(outside=("guest",))
    with office.acting("guest") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert casework.read_brief(acting, case).title
        assert dispatch.may_see_task(acting, walk.task_id)
        assert tips_of(acting, walk.case_id) == []
        elsewhere = acting.session.get_one(Case, other.case_id)
        assert not acting.keyring.holds(acting.session, elsewhere.key_id)
    with office.acting("fan") as acting:
        assert len(tips_of(acting, walk.case_id)) == 1, "there is an informant to keep from them"
    with office.database.read() as session:
        told = session.scalars(select(StaffNotice.staff_id).where(StaffNotice.subject_id == walk.task_id))
        assert office.staff_id("guest") in set(told)
        assert session.get(TaskMember, (walk.task_id, office.staff_id("guest"))) is None


def test_outside_member_loses_the_case_with_the_task(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched(outside=("guest",))
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    with pytest.raises(KeyLocked), office.acting("guest") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))


@pytest.mark.rule("outside-member")
def test_outside_member_counts_for_no_inspector_and_must_be_ready(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with pytest.raises(Refused) as alone:
        walk.dispatched("du", outside=("guest",))
    assert _rules(alone) == {"team-two"}
    with office.database.write() as session:
        session.get_one(type(office.staff["guest"]), office.staff_id("guest")).undertaking_on = None
    with pytest.raises(Refused) as unsworn:
        walk.dispatched(outside=("guest",))
    assert _rules(unsworn) == {"outside-member"}
    with office.database.write() as session:
        guest = session.get_one(type(office.staff["guest"]), office.staff_id("guest"))
        guest.undertaking_on, guest.unit_id = guest.trained_on, office.unit_id("transport")
    with pytest.raises(Refused) as partial:
        walk.dispatched(outside=("guest",))
    assert _rules(partial) == {"csl-76"}
    with pytest.raises(InvalidInput) as invalid:
        walk.dispatched(outside=("lian",))
    assert set(invalid.value.errors) == {"outside"}


def test_plan_shows_training_and_undertaking_of_everybody_it_proposes(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    people = [office.staff_id(login) for login in ("guest", "novice", "du")]
    with office.database.read() as session:
        found = readiness_of(session, case_id=walk.case_id, staff_ids=people, day=walk.today)
    assert [(one.name, one.trained_on is not None, one.undertaking_on is not None) for one in found] == [
        ("Person guest", True, True),
        ("Person novice", False, False),
        ("Person du", True, True),
    ]
    assert [block.code for block in found[1].blocks] == [BlockCode.UNTRAINED, BlockCode.NO_UNDERTAKING]


# --- material asked for before -----------------------------------------------------------------------------


def test_material_asked_for_or_supplied_before_is_found_in_readable_cases_alone(office: TestOffice) -> None:
    before = Journey(office).docketed()
    _propose(before, materials=("2026年路面养护合同", "巡查台账"))
    before.on_case("director", planning.approve_plan)
    before.dispatched()
    before.on_task("du", dispatch.sign_task)
    before.logged(
        photos=0, kind=RecordKind.DOCUMENT, method=Method.READING,
        words={"what": "路面养护合同、验收单", "from_whom": "办公室"},
    )  # fmt: skip
    walk = Journey(office).docketed()
    units = [office.unit_id("transport")]
    with office.acting("fan") as acting:
        found = earlier_materials(acting, case_id=walk.case_id, units=units)
        assert {(one.name, one.supplied) for one in found} == {
            ("2026年路面养护合同", False),
            ("巡查台账", False),
            ("路面养护合同、验收单", True),
        }
        same = same_materials("路面养护合同", found)
        assert [(one.supplied, one.case_id) for one in same] == [
            (True, before.case_id),
            (False, before.case_id),
        ]
        assert same_materials("财政拨款凭证", found) == []
        assert earlier_materials(acting, case_id=walk.case_id, units=[office.unit_id("housing")]) == []
        assert earlier_materials(acting, case_id=before.case_id, units=units) == [], "not its own"
    with office.acting("wei") as acting:
        assert earlier_materials(acting, case_id=walk.case_id, units=units) == []


def test_lookup_of_material_costs_the_same_for_one_case_and_for_three(office: TestOffice) -> None:
    statements: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    walk, counts = Journey(office).docketed(), []
    for more in (1, 2):
        for _ in range(more):
            before = Journey(office).docketed()
            _propose(before, materials=("巡查台账",))
            before.on_case("director", planning.approve_plan)
        with office.acting("director") as acting:
            statements.clear()
            found = earlier_materials(acting, case_id=walk.case_id, units=[office.unit_id("transport")])
            counts.append(len(statements))
    assert len(found) == 3
    assert counts[0] == counts[1] > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2026年路面养护合同", "路面养护合同", True),
        ("低保发放名单", "低保发放名册", True),
        ("巡查台账", "财政拨款凭证", False),
        ("合同", "合作", False),
        ("", "", False),
    ],
)
def test_names_of_material_are_compared_by_their_letters(one: str, other: str, same: bool) -> None:
    assert alike(one, other) is same
