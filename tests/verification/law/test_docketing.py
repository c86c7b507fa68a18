"""From the tip to an approved plan: what the law asks for before anybody goes out (Art. 4, 11, 12, 15)."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import delete, update

from portal.models import Priority, Tip
from tests.support.journey import PLAN_TEXT, Journey
from tests.support.law import acts_resting_on, roles_that_may, rules_of
from tests.support.office import TestOffice
from verification.domain import casework, dispatch, planning, triage
from verification.domain.casework import Brief, CaseFrame
from verification.errors import InvalidInput, KeyLocked, Refused
from verification.models import (
    Allegation,
    Case,
    CaseState,
    CaseType,
    ContentBasis,
    Method,
    PlanUnit,
    Role,
)
from verification.policy.codes import DECLINE_REASONS
from verification.workflow.states import Action, SubjectKind

OWN_WORDS = Brief(
    title="道路修复情况", text="核查该路段破损与主管单位处理的过程。", allegations=("道路长期破损",)
)


def _accepted(office: TestOffice) -> tuple[uuid.UUID, int]:
    tip_id, _receipt = office.send_tip()
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("fan") as acting:
        tip = triage.accept_tip(
            acting, tip_id=tip_id, version=2, category="405", priority=Priority.P3, town_id=None
        )
        return tip_id, tip.version


def drafted(
    office: TestOffice, *, basis: ContentBasis | None = ContentBasis.DUTIES, brief: Brief = OWN_WORDS
) -> Journey:
    walk, tip = Journey(office), _accepted(office)
    frame = CaseFrame(CaseType.VERIFICATION, basis, "405", Priority.P3, None, (office.unit_id("transport"),))
    with office.acting("fan") as acting:
        walk.case_id = casework.open_case(acting, tips=[tip], brief=brief, frame=frame).id
    return walk


# --- the tip -----------------------------------------------------------------------------------------------


@pytest.mark.rule("decline-reason")
@pytest.mark.parametrize(("reason", "channel"), [("", "court"), (next(iter(DECLINE_REASONS)), "")])
def test_declining_names_reason_and_channel(office: TestOffice, reason: str, channel: str) -> None:
    tip_id, _receipt = office.send_tip()
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        triage.decline_tip(acting, tip_id=tip_id, version=2, reason=reason, channel=channel, note="")
    assert rules_of(refused) == {"decline-reason"}


@pytest.mark.rule("brief-no-identity")
def test_brief_is_the_offices_own_wording_before_a_tip_joins_a_case(office: TestOffice) -> None:
    for text in ("清溪镇卫生院门前的路坏了半年没人修，请核查。", "核查该路段，联系 13812345678。"):
        with pytest.raises(InvalidInput) as copied:
            drafted(office, brief=replace(OWN_WORDS, text=text))
        assert "brief" in copied.value.errors
    assert acts_resting_on("brief-no-identity") == {Action.JOIN_CASE}


@pytest.mark.rule("pet-30")
def test_the_reported_unit_opens_neither_tip_nor_brief(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    with office.acting("lian") as acting:
        tip = acting.session.query(Tip).filter(Tip.case_id == walk.case_id).one()
        with pytest.raises(KeyLocked):
            acting.open(tip.statement_id)
        with pytest.raises(KeyLocked):
            casework.read_brief(acting, walk.case)
    assert acts_resting_on("pet-30") >= {Action.OPEN_TIP, Action.ASSIGN_CASE, Action.CLOSE_CASE}


# --- the case ----------------------------------------------------------------------------------------------


@pytest.mark.rule("reg-4")
def test_there_are_four_contents_and_docketing_rests_on_one(office: TestOffice) -> None:
    assert len(ContentBasis) == 4
    docketing = {Action.PROPOSE_DOCKETING, Action.DOCKET_BY_INSTRUCTION, Action.ASSIGN_CASE}
    assert acts_resting_on("reg-4") >= docketing


@pytest.mark.rule("case-basis")
def test_case_without_content_basis_is_not_proposed(office: TestOffice) -> None:
    walk = drafted(office, basis=None)
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", casework.propose_docketing)
    assert rules_of(refused) == {"case-basis"}


@pytest.mark.rule("brief-allegations")
def test_case_without_allegations_is_not_proposed(office: TestOffice) -> None:
    walk = drafted(office)
    with office.database.write() as session:
        session.execute(delete(Allegation).where(Allegation.case_id == walk.case_id))
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", casework.propose_docketing)
    assert rules_of(refused) == {"brief-allegations"}


@pytest.mark.rule("reg-15-overlap")
def test_every_proposal_is_searched_for_a_duplicate(office: TestOffice) -> None:
    first = Journey(office).docketed()
    walk = drafted(office)
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", casework.propose_docketing)
    assert rules_of(refused) & {"overlap-reason", "reg-15-overlap"}
    assert first.case.state is CaseState.DOCKETED
    assert Action.PROPOSE_DOCKETING in acts_resting_on("reg-15-overlap")


@pytest.mark.rule("reg-11-1")
def test_instruction_dockets_with_its_paper_alone(office: TestOffice) -> None:
    walk = drafted(office)
    with pytest.raises(Refused) as refused:
        walk.on_case("head", casework.docket_by_instruction)
    assert rules_of(refused) == {"reg-11-1"}


@pytest.mark.rule("reg-11-2")
def test_a_proposal_is_decided_by_the_head_of_government_and_nobody_else(office: TestOffice) -> None:
    deciding = {Action.APPROVE_DOCKETING, Action.RETURN_DOCKETING}
    assert acts_resting_on("reg-11-2") >= deciding
    assert [roles_that_may(action) for action in deciding] == [{Role.HEAD}] * 2


@pytest.mark.rule("deputy-endorses")
def test_a_deputy_endorses_and_approves_nothing(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with pytest.raises(Refused) as refused:
        walk.on_case("deputy", casework.approve_docketing)
    assert rules_of(refused) == {"permission"}
    walk.on_case("deputy", casework.endorse_docketing, note="拟同意。")
    assert walk.case.state is CaseState.PROPOSED
    assert acts_resting_on("deputy-endorses") == {Action.ENDORSE_DOCKETING}


@pytest.mark.rule("docket-separate")
def test_nobody_approves_their_own_proposal(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with office.database.write() as session:
        proposer = update(Case).where(Case.id == walk.case_id)
        session.execute(proposer.values(proposed_by=office.staff_id("head")))
    with pytest.raises(Refused) as refused:
        walk.on_case("head", casework.approve_docketing)
    assert rules_of(refused) == {"docket-separate"}


@pytest.mark.rule("return-reason")
def test_a_returned_proposal_says_why(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with pytest.raises(Refused) as refused:
        walk.on_case("head", casework.return_docketing, note=" ")
    assert rules_of(refused) == {"return-reason"}


# --- the plan ----------------------------------------------------------------------------------------------


@pytest.mark.rule("reg-12", "method-named")
def test_plan_and_record_name_one_of_eight_methods(office: TestOffice) -> None:
    assert len(Method) == 8
    walk = Journey(office).docketed()
    with pytest.raises(Refused) as refused:
        walk.plan_proposed(methods=())
    assert rules_of(refused) == {"reg-15-plan"}
    assert Action.PROPOSE_PLAN in acts_resting_on("reg-12")
    assert acts_resting_on("method-named") >= {Action.PROPOSE_PLAN, Action.LOG_RECORD}


@pytest.mark.rule("reg-15-scope")
def test_plan_names_no_unit_that_the_docketed_case_does_not(office: TestOffice) -> None:
    walk = Journey(office).docketed().plan_proposed()
    walk.on_case("director", planning.return_plan, note="范围过宽。")
    with office.acting("fan") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        acting.session.add(PlanUnit(plan_id=plan.id, unit_id=office.unit_id("housing")))
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        acting.apply(SubjectKind.CASE, walk.case_id, Action.PROPOSE_PLAN, version=walk.case.version)
    assert rules_of(refused) == {"reg-15-scope"}


@pytest.mark.rule("plan-lock")
def test_an_approved_plan_is_changed_by_a_new_version_alone(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with pytest.raises(Refused) as locked:
        walk.on_case("fan", planning.write_and_propose_plan, text=PLAN_TEXT, frame=walk.plan_frame())
    assert rules_of(locked) == {"state"}
    with office.acting("fan") as acting:
        plan = planning.latest_plan(acting, walk.case_id)
        assert plan is not None
        plan.approved_at = None
    team = [office.staff_id("du"), office.staff_id("chen")]
    with pytest.raises(Refused) as unapproved:
        walk.on_case(
            "fan", dispatch.dispatch_task, plan_id=plan.id, team=team, leader=team[0], due_on=walk.today
        )
    assert rules_of(unapproved) == {"plan-lock"}
