"""Ways around the law that a review found, each closed: stale paper, unseen signatures, early plans."""

from __future__ import annotations

import secrets
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.clock import civil_day
from portal.crypto.header import ObjectKind
from portal.models import Tip, TipState
from portal.storage.received import SealedFile
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import casework, paper
from verification.errors import InvalidInput, Refused
from verification.models import Case, CaseState, StaffNotice
from verification.workflow.facts import Facts
from verification.workflow.guards import informants_are_answered, plan_starts_after_docketing
from verification.workflow.states import Action


def _scan(office: TestOffice) -> SealedFile:
    """A scan as the sink hands it over; what is in it does not matter here."""
    return SealedFile(
        field="scan", name="scan.jpg", declared_type="image/jpeg", true_bytes=3, sealed_bytes=200,
        kind=ObjectKind.EXHIBIT, object_id=uuid.UUID(bytes=office.rng(16), version=4),
        file_key=secrets.token_bytes(32), blob_name=office.rng(16).hex(),
    )  # fmt: skip


def _record(office: TestOffice, case_id: uuid.UUID, action: Action, login: str = "fan") -> uuid.UUID:
    with office.acting(login) as acting:
        recorded = paper.record_paper(
            acting, case=acting.session.get_one(Case, case_id), action=action,
            signed_by=office.staff_id("head"), signed_on=civil_day(office.clock), scan=_scan(office), note="",
        )  # fmt: skip
        return recorded.id


@pytest.mark.rule("paper-second")
def test_paper_recorded_against_another_version_of_the_case_carries_nothing(office: TestOffice) -> None:
    case_id = Journey(office).proposed().case_id
    paper_id = _record(office, case_id, Action.APPROVE_DOCKETING)
    with office.acting("head") as acting:
        version = acting.session.get_one(Case, case_id).version
        casework.return_docketing(acting, case_id=case_id, version=version, note="对象不明确，请重拟。")
    with office.acting("fan") as acting:
        version = acting.session.get_one(Case, case_id).version
        casework.propose_docketing(acting, case_id=case_id, version=version)
    with pytest.raises(Refused) as refused, office.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=paper_id)
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["paper-second"]
    with office.database.read() as session:
        assert session.get_one(Case, case_id).state is CaseState.PROPOSED


def test_paper_that_could_not_be_carried_out_is_not_recorded(office: TestOffice) -> None:
    case_id = Journey(office).proposed().case_id
    with pytest.raises(InvalidInput) as error:
        _record(office, case_id, Action.APPROVE_CONCLUSION)
    assert set(error.value.errors) == {"action"}


def test_whoever_is_said_to_have_signed_is_told_twice(office: TestOffice) -> None:
    case_id = Journey(office).proposed().case_id
    paper_id = _record(office, case_id, Action.APPROVE_DOCKETING)
    with office.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=paper_id)
    with office.database.read() as session:
        told = session.scalars(
            select(StaffNotice.code).where(
                StaffNotice.staff_id == office.staff_id("head"), StaffNotice.subject_id == case_id
            )
        ).all()
    assert {"paper.recorded", "paper.confirmed"} <= set(told)


@pytest.mark.rule("field-after-docket")
def test_plan_that_starts_before_docketing_is_refused(office: TestOffice) -> None:
    walk = Journey(office).planned()
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        facts = Facts(acting.session, case, acting.actor, acting.clock, acting.rules, {})
        assert plan_starts_after_docketing(facts) is None
        plan = facts.latest_plan()
        assert plan is not None
        assert case.docketed_at is not None
        plan.starts_on = civil_day(office.clock) - timedelta(days=20)
        refusal = plan_starts_after_docketing(facts)
        assert refusal is not None
        assert (refusal.rule_id, refusal.field) == ("field-after-docket", "starts_on")
        acting.session.rollback()


def test_case_counts_a_tip_as_answered_by_its_answer(office: TestOffice) -> None:
    walk = Journey(office).delivered()
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        facts = Facts(acting.session, case, acting.actor, acting.clock, acting.rules, {})
        assert informants_are_answered(facts) is not None
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        assert tip.state is TipState.IN_CASE
