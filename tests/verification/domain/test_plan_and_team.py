"""Plans are proposed, approved by somebody else and locked; a team of two or more is suggested and sent."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select

from portal.crypto.header import ObjectKind
from portal.models import RecipientKey
from tests.support.journey import PLAN_TEXT, Journey
from tests.support.office import TestOffice
from verification.domain import casework, dispatch, planning
from verification.domain.planning import PlanText
from verification.domain.teams import BlockCode, suggest_team
from verification.errors import InvalidInput, KeyLocked, Refused, StaleSubject
from verification.keys.addressees import of_case
from verification.models import (
    Case,
    CaseState,
    Deadline,
    Interest,
    InterestKind,
    KeyWrap,
    Method,
    Plan,
    StaffNotice,
    TaskMember,
    TaskState,
)
from verification.policy.workdays import add_workdays, end_of


def _rules(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {refusal.rule_id for refusal in refused.value.refusals}


def test_plan_is_read_by_desk_and_director_and_by_no_inspector(office: TestOffice) -> None:
    walk = Journey(office).docketed().plan_proposed()
    for login in ("fan", "director"):
        with office.acting(login) as acting:
            plan = planning.latest_plan(acting, walk.case_id)
            assert plan is not None
            text, frame = planning.read_plan(acting, plan)
            assert (text, frame) == (PLAN_TEXT, walk.plan_frame())
    assert plan is not None
    with pytest.raises(KeyLocked), office.acting("du") as acting:
        planning.read_plan(acting, plan)


def test_plan_with_several_problems_names_every_field_and_writes_nothing(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    frame = walk.plan_frame(units=(office.unit_id("housing"),), people=0, hours=None, ends_on=None)
    text = PlanText(content=" ", objects="", scope="x" * 20_001, leader=office.staff_id("du"))
    with pytest.raises(InvalidInput) as invalid:
        walk.on_case("fan", planning.write_and_propose_plan, text=text, frame=frame)
    fields = {"units", "people", "hours", "ends_on", "content", "scope", "leader"}
    assert set(invalid.value.errors) == fields
    with office.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Plan)) == 0


@pytest.mark.rule("reg-15-plan")
def test_plan_without_methods_or_ending_before_it_starts_is_refused_by_rule(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    with pytest.raises(Refused) as refused:
        walk.plan_proposed(methods=(), ends_on=walk.today - timedelta(days=1))
    assert [refusal.field for refusal in refused.value.refusals] == ["scope", "ends_on"]
    assert _rules(refused) == {"reg-15-plan"}


@pytest.mark.rule("plan-separate")
def test_plan_is_approved_by_the_director_and_not_by_its_writer(office: TestOffice) -> None:
    walk = Journey(office).docketed().plan_proposed()
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", planning.approve_plan)
    assert _rules(refused) == {"permission", "plan-separate"}
    walk.on_case("director", planning.approve_plan)
    assert walk.case.state is CaseState.PLANNED
    with pytest.raises(Refused) as locked:
        walk.plan_proposed()
    assert _rules(locked) == {"state"}


@pytest.mark.rule("return-reason")
def test_returned_plan_needs_a_reason_and_comes_back_as_the_next_version(office: TestOffice) -> None:
    walk = Journey(office).docketed().plan_proposed()
    with pytest.raises(Refused) as refused:
        walk.on_case("director", planning.return_plan, note="  ")
    assert _rules(refused) == {"return-reason"}
    walk.on_case("director", planning.return_plan, note="范围过宽。")
    assert walk.case.state is CaseState.DOCKETED
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    walk.on_case("fan", planning.revise_plan)
    walk.plan_proposed()
    with office.database.read() as session:
        plans = session.scalars(select(Plan).order_by(Plan.number)).all()
        assert [(plan.number, plan.approved_at is not None) for plan in plans] == [
            (1, False),
            (2, True),
            (3, False),
        ]


def test_plan_on_an_old_page_is_stale(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    version = walk.case.version
    walk.plan_proposed()
    with pytest.raises(StaleSubject), office.acting("shen") as acting:
        planning.write_and_propose_plan(
            acting, case_id=walk.case_id, version=version, text=PLAN_TEXT, frame=walk.plan_frame()
        )


def test_suggestion_names_why_somebody_cannot_go(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with office.database.write() as session:
        session.get_one(type(office.staff["chen"]), office.staff_id("chen")).active = False
        kin = {"staff_id": office.staff_id("wei"), "unit_id": office.unit_id("transport")}
        session.add(Interest(id=uuid.uuid4(), kind=InterestKind.KINSHIP, **kin))
    with office.database.read() as session:
        found = suggest_team(session, case_id=walk.case_id, clock=office.clock, count=2)
    blocks = {one.name: [block.code for block in one.blocks] for one in found.candidates}
    assert blocks == {
        "Person du": [],
        "Person chen": [BlockCode.INACTIVE],
        "Person wei": [BlockCode.INTEREST],
        "Person novice": [BlockCode.UNTRAINED, BlockCode.NO_UNDERTAKING],
        "Person insider": [BlockCode.OWN_UNIT, BlockCode.NOT_DESIGNATED],
    }
    assert (found.team, found.leader) == ((office.staff_id("du"),), office.staff_id("du"))


def test_suggestion_prefers_free_people_and_lets_the_experienced_lead(office: TestOffice) -> None:
    Journey(office).planned().dispatched("du", "chen")
    walk = Journey(office).planned()
    with office.database.read() as session:
        found = suggest_team(session, case_id=walk.case_id, clock=office.clock, count=2)
    first, second, third = (one.name for one in found.candidates[:3])
    assert (first, {second, third}) == ("Person wei", {"Person du", "Person chen"})
    assert found.leader != office.staff_id("wei"), "wei has never verified this category"


def test_suggestion_asks_as_many_queries_for_many_tasks_as_for_none(office: TestOffice) -> None:
    statements: list[str] = []
    event.listen(office.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
    counts = []
    for more in (0, 2):
        for _ in range(more):
            Journey(office).planned().dispatched()
        walk = Journey(office).planned()
        statements.clear()
        with office.database.read() as session:
            suggest_team(session, case_id=walk.case_id, clock=office.clock, count=2)
        counts.append(len(statements))
    assert counts[0] == counts[1] > 0


@pytest.mark.rule("reg-8", "reg-9", "reg-9-undertaking", "csl-76", "team-two")
def test_dispatch_lists_everything_against_a_team(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    people = [office.staff_id(login) for login in ("novice", "insider")]
    with pytest.raises(Refused) as refused:
        walk.on_case(
            "fan",
            dispatch.dispatch_task,
            plan_id=walk.case_id,
            team=people[:1],
            leader=None,
            due_on=walk.today,
        )
    assert _rules(refused) == {"state"}
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    with pytest.raises(Refused) as all_of_them:
        walk.on_case(
            "fan", dispatch.dispatch_task, plan_id=walk.case_id, team=people, leader=None, due_on=walk.today
        )
    assert _rules(all_of_them) == {"reg-7", "reg-8", "reg-9", "reg-9-undertaking", "csl-76"}
    with pytest.raises(Refused) as alone:
        walk.dispatched("du")
    assert _rules(alone) == {"team-two"}


def test_dispatch_takes_inspectors_only_and_no_date_in_the_past(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with pytest.raises(InvalidInput) as invalid:
        walk.on_case(
            "fan",
            dispatch.dispatch_task,
            plan_id=walk.case_id,
            team=[office.staff_id("head"), office.staff_id("du")],
            leader=office.staff_id("du"),
            due_on=walk.today - timedelta(days=1),
        )
    assert set(invalid.value.errors) == {"team", "due_on"}


def test_dispatch_gives_the_case_to_the_team_alone_and_tells_it(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    for login in ("du", "chen"):
        with office.acting(login) as acting:
            case = acting.session.get_one(Case, walk.case_id)
            assert casework.read_brief(acting, case).title == "道路修复情况"
    for login in ("wei", "lian", "auditor"):
        with pytest.raises(KeyLocked), office.acting(login) as acting:
            casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    with office.database.read() as session:
        told = session.scalars(select(StaffNotice.staff_id).where(StaffNotice.subject_id == walk.task_id))
        assert set(told) == {office.staff_id("du"), office.staff_id("chen")}
        leaders = session.scalars(select(TaskMember.staff_id).where(TaskMember.is_leader.is_(True)))
        assert list(leaders) == [office.staff_id("du")]
        clock = session.scalars(select(Deadline).where(Deadline.subject_id == walk.task_id)).one()
        assert (clock.rule_id, clock.due_at.date()) == ("clock-sign", walk.today + timedelta(days=1))


def test_dispatch_under_a_plan_that_is_no_longer_the_newest_is_stale(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with office.database.read() as session:
        old = session.scalars(select(Plan.id)).one()
    walk.on_case("fan", planning.revise_plan)
    walk.plan_proposed(methods=(Method.READING,))
    walk.on_case("director", planning.approve_plan)
    team = [office.staff_id("du"), office.staff_id("chen")]
    with pytest.raises(StaleSubject):
        walk.on_case("fan", dispatch.dispatch_task, plan_id=old, team=team, leader=team[0], due_on=walk.today)


def test_hand_back_upheld_withdraws_the_task_and_the_teams_access(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    with pytest.raises(Refused) as outsider:
        walk.on_task("wei", dispatch.hand_back_task, note="与本人无关。")
    assert _rules(outsider) == {"unannounced-embargo", "team-two"}
    with pytest.raises(Refused) as silent:
        walk.on_task("du", dispatch.hand_back_task, note="")
    assert _rules(silent) == {"return-reason"}
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    assert walk.task.state is TaskState.WITHDRAWN
    with pytest.raises(KeyLocked), office.acting("du") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    walk.dispatched("wei", "chen")
    with office.acting("chen") as acting:
        assert casework.read_brief(acting, acting.session.get_one(Case, walk.case_id)).title


def test_whoever_has_left_opens_nothing_that_is_written_afterwards_with_a_wrap_they_kept(
    office: TestOffice,
) -> None:
    walk = Journey(office).planned().dispatched()
    with office.database.read() as session:
        old_key = session.get_one(Case, walk.case_id).key_id
        kept = session.get_one(KeyWrap, (old_key, office.staff["du"].key_id)).sealed_private
        before = session.get_one(Case, walk.case_id).brief_id
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    with office.database.write() as session:
        assert session.get_one(Case, walk.case_id).key_id != old_key
        session.add(KeyWrap(key_id=old_key, holder_key_id=office.staff["du"].key_id, sealed_private=kept))
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        after = acting.seal({"text": "此后所写"}, kind=ObjectKind.RECORD, to=[of_case(case)])
    with office.acting("du") as acting:
        assert acting.open(before)
        with pytest.raises(KeyLocked):
            acting.open(after)
    for login in ("fan", "director", "head"):
        with office.acting(login) as acting:
            assert acting.open(before)
            assert acting.open(after)["text"] == "此后所写"


def test_old_writings_stay_one_step_away_however_often_somebody_leaves(office: TestOffice) -> None:
    walk = Journey(office).planned()
    for _ in range(4):
        walk.dispatched("du", "chen")
        walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
        walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    with office.acting("head") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert acting.session.get_one(RecipientKey, case.key_id).generation == 5
        assert casework.read_brief(acting, case).title


def test_withdrawing_one_task_leaves_the_key_to_members_of_another(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched("du", "chen")
    first = walk.task_id
    walk.dispatched("du", "wei")
    walk.on_task("wei", dispatch.hand_back_task, note="人手不足。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意。")
    with office.database.read() as session:
        case_key = session.get_one(Case, walk.case_id).key_id
        holders = set(session.scalars(select(KeyWrap.holder_key_id).where(KeyWrap.key_id == case_key)))
    assert first != walk.task_id
    keys = {login: office.staff[login].key_id for login in ("du", "chen", "wei", "head", "director")}
    assert {login for login, key in keys.items() if key in holders} == {"du", "chen", "head", "director"}


def test_hand_back_overruled_is_final_and_the_clock_of_signing_runs_again(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    walk.on_task("du", dispatch.hand_back_task, note="路途较远。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=False, note="仍由你组核查。")
    with office.database.read() as session:
        clocks = session.scalars(select(Deadline).where(Deadline.subject_id == walk.task_id)).all()
        running = {clock.rule_id for clock in clocks if clock.met_on is None}
        assert ({clock.rule_id for clock in clocks}, running) == (
            {"clock-sign", "hand-back-once"},
            {"clock-sign"},
        )
    walk.on_task("du", dispatch.sign_task)
    with pytest.raises(Refused) as again:
        walk.on_task("du", dispatch.hand_back_task, note="再退一次。")
    assert _rules(again) == {"hand-back-once"}


@pytest.mark.rule("hand-back-once")
def test_a_task_is_handed_back_within_one_working_day_of_its_dispatch(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    with office.database.read() as session:
        last = end_of(add_workdays(session, start=walk.today, count=1))
    office.clock.set(last + timedelta(seconds=1))
    with pytest.raises(Refused) as late:
        walk.on_task("du", dispatch.hand_back_task, note="人手不足。")
    assert _rules(late) == {"hand-back-once"}
    office.clock.set(last)
    walk.on_task("du", dispatch.hand_back_task, note="人手不足。")
    assert walk.task.state is TaskState.HANDED_BACK
