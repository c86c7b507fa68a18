"""四不两直: an unannounced visit is known to its team, the director and the plan's people alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.journey import PLAN_TEXT, Journey
from tests.support.office import TestOffice
from verification.audit.events import Event
from verification.domain import casework, conclusions, dispatch, embargo, fieldwork, notifying, planning
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import AuditEntry, Case, CaseState, InspectionNotice, Plan, RecordKind, StaffNotice
from verification.policy.embargo import insiders, is_embargoed, is_hidden
from verification.queries.boards import cases_in
from verification.queries.cases import case_rows
from verification.queries.interference import list_interference
from verification.queries.materials import earlier_materials
from verification.queries.weak_spots import weak_spots


def _inside(office: TestOffice, walk: Journey) -> set[str]:
    with office.database.read() as session:
        people = insiders(session, case_id=walk.case_id)
        agreed = {
            login
            for login in office.staff
            if not is_hidden(session, staff_id=office.staff_id(login), case_id=walk.case_id)
        }
        found = {login for login in office.staff if office.staff_id(login) in people}
        assert found <= agreed, "both questions have one answer"
        assert agreed == found or not is_embargoed(session, walk.case_id)
        return found


def _reads_plan(office: TestOffice, walk: Journey, login: str) -> bool:
    with office.acting(login) as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        try:
            return bool(planning.read_plan(acting, plan))
        except KeyLocked:
            return False


def _secret(office: TestOffice, walk: Journey) -> bool:
    with office.database.read() as session:
        return is_embargoed(session, walk.case_id)


def test_plan_is_sealed_from_whoever_reads_the_case_and_need_not_know(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    assert not _secret(office, walk)
    walk.plan_proposed()
    assert _inside(office, walk) == {"fan", "director"}
    with office.acting("head") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert casework.read_brief(acting, case).title, "the head reads the case, and not its plan"
    reading = {login: _reads_plan(office, walk, login) for login in ("fan", "director", "head", "shen")}
    assert reading == {"fan": True, "director": True, "head": False, "shen": False}


def test_team_and_guests_read_the_plan_from_their_dispatch_and_lose_it_with_the_task(
    office: TestOffice,
) -> None:
    walk = Journey(office).planned()
    assert not _reads_plan(office, walk, "du")
    walk.dispatched("du", "chen", outside=("guest",))
    assert _inside(office, walk) == {"fan", "director", "du", "chen", "guest"}
    assert all(_reads_plan(office, walk, login) for login in ("du", "chen", "guest"))
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    walk.on_task("fan", dispatch.rule_on_hand_back, uphold=True, note="同意，另行派发。")
    assert _inside(office, walk) == {"fan", "director"}
    assert not any(_reads_plan(office, walk, login) for login in ("du", "chen", "guest"))


def test_card_shown_on_site_ends_it_for_every_reader_of_the_case(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged(photos=0, words={"card_shown": False, "seen": "在外围查看路面。"})
    walk.logged(
        photos=0,
        kind=RecordKind.INTERVIEW,
        words={
            "card_shown": True,
            "person": "证人甲",
            "questions": "问：……答：……",
            "read_back": True,
            "signed": True,
        },
    )
    assert _secret(office, walk), "neither a look from outside nor a talk with a witness ends it"
    assert not _reads_plan(office, walk, "head")
    walk.logged(photos=0)
    assert not _secret(office, walk)
    assert all(_reads_plan(office, walk, login) for login in ("head", "shen", "director", "chen"))
    with office.database.read() as session:
        ended = session.scalars(select(AuditEntry).where(AuditEntry.event == Event.EMBARGO_ENDED)).all()
        assert [(entry.subject_id, entry.actor_id) for entry in ended] == [
            (walk.case_id, office.staff_id("du"))
        ]
        assert session.get_one(Case, walk.case_id).embargo_ended_at == office.clock.now()


def test_announced_plan_is_for_every_reader_of_the_case(office: TestOffice) -> None:
    walk = Journey(office).docketed().plan_proposed(unannounced=False)
    assert not _secret(office, walk)
    assert _reads_plan(office, walk, "head")


def test_proposing_to_announce_it_lifts_nothing_and_approving_does(office: TestOffice) -> None:
    walk = Journey(office).planned()
    walk.on_case("fan", planning.revise_plan)
    walk.plan_proposed(unannounced=False)
    assert _secret(office, walk)
    assert not _reads_plan(office, walk, "head")
    walk.on_case("director", planning.approve_plan)
    assert not _secret(office, walk)
    assert _reads_plan(office, walk, "head")


def test_end_of_field_work_ends_it_where_no_card_was_ever_shown(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged(words={"card_shown": False, "seen": "在外围查看路面。"})
    walk.found()
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    assert _secret(office, walk)
    walk.on_case("fan", conclusions.begin_conclusion)
    assert not _secret(office, walk)
    assert _reads_plan(office, walk, "head")
    walk.on_case("fan", conclusions.resume_verification)
    assert not _secret(office, walk), "what became known stays known"


def test_nobody_outside_is_told_of_its_steps(office: TestOffice) -> None:
    walk = Journey(office).docketed()
    with office.acting("shen") as acting:
        planning.write_and_propose_plan(
            acting, case_id=walk.case_id, version=walk.case.version, text=PLAN_TEXT, frame=walk.plan_frame()
        )
    walk.on_case("director", planning.approve_plan)
    with office.database.read() as session:
        told = session.execute(
            select(StaffNotice.staff_id, StaffNotice.code).where(
                StaffNotice.code.in_(("plan.proposed", "plan.approved"))
            )
        )
        assert set(told) == {(office.staff_id("director"), "plan.proposed")}, "fan proposed the case only"
    loud = Journey(office).docketed()
    with office.acting("shen") as acting:
        planning.write_and_propose_plan(
            acting,
            case_id=loud.case_id,
            version=loud.case.version,
            text=PLAN_TEXT,
            frame=loud.plan_frame(unannounced=False),
        )
    loud.on_case("director", planning.approve_plan)
    with office.database.read() as session:
        approved = session.scalars(select(StaffNotice.staff_id).where(StaffNotice.code == "plan.approved"))
        assert set(approved) == {office.staff_id("fan")}


def test_colleague_is_let_in_by_somebody_inside_alone(office: TestOffice) -> None:
    walk = Journey(office).planned()
    shen = office.staff_id("shen")
    with pytest.raises(NotHere), office.acting("shen") as acting:
        embargo.let_in(acting, case_id=walk.case_id, staff_id=shen)
    with pytest.raises(InvalidInput) as invalid, office.acting("fan") as acting:
        embargo.let_in(acting, case_id=walk.case_id, staff_id=office.staff_id("head"))
    assert set(invalid.value.errors) == {"colleague"}
    with office.acting("fan") as acting:
        embargo.let_in(acting, case_id=walk.case_id, staff_id=shen)
    assert _inside(office, walk) == {"fan", "director", "shen"}
    assert _reads_plan(office, walk, "shen")
    with office.acting("shen") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        team = [office.staff_id("du"), office.staff_id("chen")]
        dispatch.dispatch_task(
            acting,
            case_id=walk.case_id,
            version=walk.case.version,
            plan_id=plan.id,
            team=team,
            leader=team[0],
            due_on=walk.today,
        )
    assert _reads_plan(office, walk, "du"), "whoever was let in can go on with it"
    loud = Journey(office).planned(unannounced=False)
    with pytest.raises(Refused) as nothing, office.acting("fan") as acting:
        embargo.let_in(acting, case_id=loud.case_id, staff_id=shen)
    assert [refusal.rule_id for refusal in nothing.value.refusals] == ["state"]


def test_lists_show_the_case_as_docketed_to_whoever_is_outside(office: TestOffice) -> None:
    walk = Journey(office).planned()
    shown = {}
    for login in ("fan", "shen", "director", "head"):
        with office.acting(login) as acting:
            case = acting.session.get_one(Case, walk.case_id)
            shown[login] = case_rows(acting, [case])[0].state
    planned, docketed = CaseState.PLANNED, CaseState.DOCKETED
    assert shown == {"fan": planned, "shen": docketed, "director": planned, "head": docketed}
    with office.acting("shen") as acting:
        assert cases_in(acting, (planned,)) == []
    with office.acting("fan") as acting:
        assert [row.id for row in cases_in(acting, (planned,))] == [walk.case_id]


def test_material_taken_on_a_secret_visit_shows_to_nobody_outside(office: TestOffice) -> None:
    before = Journey(office).signed()
    before.logged(photos=0, kind=RecordKind.DOCUMENT, words={"what": "养护合同", "from_whom": "办公室"})
    walk = Journey(office).docketed()
    units = [office.unit_id("transport")]
    for login, seen in (("fan", 1), ("shen", 0)):
        with office.acting(login) as acting:
            assert len(earlier_materials(acting, case_id=walk.case_id, units=units)) == seen


def test_who_must_keep_away_is_never_inside(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with office.database.write() as session:
        session.get_one(type(office.staff["director"]), office.staff_id("director")).unit_id = office.unit_id(
            "transport"
        )
    with office.database.read() as session:
        assert office.staff_id("director") not in insiders(session, case_id=walk.case_id)
        assert session.scalars(select(Plan.unannounced)).all() == [True]


@pytest.mark.rule("unannounced-embargo")
def test_nobody_outside_acts_on_it_either(office: TestOffice) -> None:
    walk = Journey(office).planned()
    team = [office.staff_id("du"), office.staff_id("chen")]
    with office.acting("fan") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
    with pytest.raises(Refused) as refused, office.acting("shen") as acting:
        dispatch.dispatch_task(
            acting,
            case_id=walk.case_id,
            version=walk.case.version,
            plan_id=plan.id,
            team=team,
            leader=team[0],
            due_on=walk.today,
        )
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["unannounced-embargo"]
    walk.dispatched()
    walk.on_task("du", dispatch.hand_back_task, note="与组员在办案件时间冲突。")
    with pytest.raises(Refused) as ruling:
        walk.on_task("shen", dispatch.rule_on_hand_back, uphold=True, note="同意。")
    assert [refusal.rule_id for refusal in ruling.value.refusals] == ["unannounced-embargo"]


# --- notices to the unit -----------------------------------------------------------------------------------


def _notify(walk: Journey, login: str = "fan", words: str = "请安排一间办公室。") -> None:
    walk.on_case(login, notifying.issue_notice, words=words, materials=("养护合同",))


@pytest.mark.rule("unannounced-no-notice")
def test_no_notice_goes_out_before_the_card_is_shown(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with pytest.raises(Refused) as refused:
        _notify(walk)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["unannounced-no-notice"]
    walk.dispatched()
    walk.on_task("du", dispatch.sign_task)
    with pytest.raises(Refused):
        _notify(walk)
    with office.database.read() as session:
        assert session.scalars(select(InspectionNotice)).all() == []
        liaison = office.staff_id("lian")
        assert session.scalars(select(StaffNotice).where(StaffNotice.staff_id == liaison)).all() == []
    walk.logged(photos=0)
    _notify(walk)
    with office.acting("lian") as acting:
        (notice,) = notifying.notices_for_unit(acting, office.unit_id("transport"))
        assert (notice.materials, notice.words) == (("养护合同",), "请安排一间办公室。")
    with office.database.read() as session:
        told = session.scalars(select(StaffNotice.code).where(StaffNotice.staff_id == liaison))
        assert list(told) == ["notice.issued"]


def test_notice_opens_to_its_unit_alone_and_goes_out_once_for_each_version(office: TestOffice) -> None:
    walk = Journey(office).planned(unannounced=False)
    with pytest.raises(InvalidInput) as long:
        _notify(walk, words="x" * 2_001)
    assert set(long.value.errors) == {"words"}
    _notify(walk)
    with pytest.raises(Refused) as twice:
        _notify(walk)
    assert [refusal.rule_id for refusal in twice.value.refusals] == ["reg-15-plan"]
    with office.acting("other") as acting:
        assert notifying.notices_for_unit(acting, office.unit_id("transport")) == []
    with pytest.raises(Refused) as role:
        _notify(walk, "director")
    assert "permission" in {refusal.rule_id for refusal in role.value.refusals}
    walk.on_case("fan", planning.revise_plan)
    walk.plan_proposed(unannounced=False)
    walk.on_case("director", planning.approve_plan)
    _notify(walk)
    with office.acting("lian") as acting:
        assert len(notifying.notices_for_unit(acting, office.unit_id("transport"))) == 2


def test_boards_of_the_office_tell_nothing_of_it_either(office: TestOffice) -> None:
    walk = Journey(office).signed()
    walk.logged(photos=0, kind=RecordKind.OBSTRUCTION, words={"who": "门卫", "happened": "不让进门。"})
    waiting = Journey(office).planned().dispatched()
    office.clock.set(office.clock.now() + timedelta(days=6))
    found = {}
    for login in ("fan", "director", "shen", "head"):
        with office.acting(login) as acting:
            late = {one.subject_id for one in weak_spots(acting).lagging}
            found[login] = (waiting.task_id in late, len(list_interference(acting)))
    assert found == {"fan": (True, 1), "director": (True, 1), "shen": (False, 0), "head": (False, 0)}
