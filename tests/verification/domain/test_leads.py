"""What is found beyond a case: noted, taken up as a case of its own or declined, linked both ways."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from portal.models import Priority
from tests.support.journey import PLAN_TEXT, Journey
from tests.support.law import rules_of
from tests.support.office import TestOffice
from verification.domain import answering, casework, leads, planning
from verification.domain.casework import Brief, CaseFrame
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.models import (
    Case,
    CaseKeptAway,
    CaseSource,
    CaseState,
    CaseType,
    CaseUnit,
    ContentBasis,
    DerivedLead,
    LeadState,
    Method,
    StaffNotice,
)
from verification.policy.recusal import kept_away

FOUND = "相邻路段由同一养护站负责，同样未修。"
BRIEF = Brief("相邻路段修复情况", "核查相邻路段的破损与处理过程，查清养护责任。", ("相邻路段长期破损",))


class Leading(Journey):
    """A case in which something else came to light."""

    lead_id = uuid.UUID(int=0)

    @property
    def lead(self) -> DerivedLead:
        """The lead as it stands."""
        with self.office.database.read() as session:
            return session.get_one(DerivedLead, self.lead_id)

    def noted(self, login: str = "du", **given: Any) -> Leading:
        """Somebody of the team notes it."""
        with self.acting(login) as acting:
            self.lead_id = leads.note_lead(acting, case_id=self.case_id, text=FOUND, **given).id
        return self

    def frame(self, *units: str) -> CaseFrame:
        """For a case on these units."""
        return CaseFrame(
            case_type=CaseType.SPECIAL,
            content_basis=ContentBasis.DUTIES,
            category="405",
            priority=Priority.P3,
            town_id=None,
            unit_ids=tuple(self.office.unit_id(unit) for unit in units),
        )

    def taken_up(self, *units: str, login: str = "fan") -> uuid.UUID:
        """It becomes a draft case; returns its id."""
        with self.acting(login) as acting:
            return leads.take_up_lead(
                acting, lead_id=self.lead_id, version=self.lead.version, brief=BRIEF,
                frame=self.frame(*(units or ("transport",))),
            ).id  # fmt: skip


@pytest.fixture
def walk(office: TestOffice) -> Leading:
    """A task signed for."""
    journey = Leading(office)
    journey.signed()
    return journey


def test_lead_becomes_a_draft_of_its_own_and_both_cases_know_of_it(walk: Leading) -> None:
    walk.noted()
    became = walk.taken_up()
    lead = walk.lead
    assert (lead.state, lead.became_id, lead.decided_by) == (
        LeadState.TAKEN_UP, became, walk.office.staff_id("fan"),
    )  # fmt: skip
    with walk.acting("fan") as acting:
        case = acting.session.get_one(Case, became)
        assert (case.source, case.state) == (CaseSource.DERIVED, CaseState.DRAFT)
        behind = leads.lead_behind(acting, became)
        assert behind is not None
        assert behind.case_id == walk.case_id
        (read,) = leads.read_leads(acting, leads.leads_of(acting, walk.case_id))
        assert read.text == FOUND
    with pytest.raises(KeyLocked), walk.acting("wei") as acting:
        leads.read_leads(acting, [lead])
    with pytest.raises(KeyLocked), walk.acting("du") as acting:
        # The team of the one case is not the team of the other.
        casework.read_brief(acting, acting.session.get_one(Case, became))


def test_supervisor_is_told_and_whoever_must_keep_away_keeps_away_from_both(walk: Leading) -> None:
    with walk.office.database.write() as session:
        session.add(CaseKeptAway(case_id=walk.case_id, staff_id=walk.office.staff_id("wei")))
    walk.noted()
    with walk.office.database.read() as session:
        told = {row.staff_id for row in session.query(StaffNotice).filter(StaffNotice.code == "lead.noted")}
    assert told == {walk.office.staff_id("fan")}
    became = walk.taken_up()
    with walk.office.database.read() as session:
        assert kept_away(session, case_id=became) == {walk.office.staff_id("wei")}


@pytest.mark.databases("sqlite")
def test_the_same_elsewhere_is_one_case_over_several_units(walk: Leading) -> None:
    walk.noted(is_sweep=True)
    with pytest.raises(InvalidInput) as invalid:
        walk.taken_up("transport")
    assert set(invalid.value.errors) == {"units"}
    became = walk.taken_up("transport", "housing")
    with walk.acting("fan") as acting:
        units = acting.session.query(CaseUnit.unit_id).filter(CaseUnit.case_id == became)
        assert {unit for (unit,) in units} == {walk.office.unit_id(one) for one in ("transport", "housing")}


@pytest.mark.databases("sqlite")
def test_lead_is_declined_with_a_reason_by_a_supervisor_and_once(walk: Leading) -> None:
    walk.noted()
    given: dict[str, Any] = {"lead_id": walk.lead_id, "version": walk.lead.version}
    with pytest.raises(Refused) as silent, walk.acting("fan") as acting:
        leads.decline_lead(acting, note=" ", **given)
    assert rules_of(silent) == {"return-reason"}
    with pytest.raises(Refused) as other, walk.acting("du") as acting:
        leads.decline_lead(acting, note="不归我们管。", **given)
    assert rules_of(other) == {"permission"}
    with walk.acting("fan") as acting:
        leads.decline_lead(acting, note="已由养护站当场修复。", **given)
    assert walk.lead.state is LeadState.DECLINED
    with pytest.raises(StaleSubject), walk.acting("fan") as acting:
        leads.decline_lead(acting, note="再写一次。", **given)
    with pytest.raises(NotHere), walk.acting("fan") as acting:
        leads.decline_lead(acting, lead_id=uuid.UUID(int=9), version=1, note="无。")


@pytest.mark.databases("sqlite")
def test_what_is_noted_holds_no_identifier_and_no_record_of_another_case(walk: Leading) -> None:
    with pytest.raises(InvalidInput) as invalid, walk.acting("du") as acting:
        leads.note_lead(acting, case_id=walk.case_id, text="联系13812345678。", records=[uuid.UUID(int=3)])
    assert set(invalid.value.errors) == {"text", "records"}
    with pytest.raises(Refused) as refused, walk.acting("head") as acting:
        leads.note_lead(acting, case_id=walk.case_id, text=FOUND)
    assert rules_of(refused) == {"permission"}


@pytest.mark.rule("derived-lead")
def test_case_is_not_closed_before_its_leads_are_decided_on(office: TestOffice) -> None:
    walk = Leading(office)
    walk.delivered()
    walk.noted("fan")
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", answering.close_case)
    assert "derived-lead" in rules_of(refused)
    with walk.acting("fan") as acting:
        leads.decline_lead(acting, lead_id=walk.lead_id, version=walk.lead.version, note="已修复。")
    with pytest.raises(Refused) as later:
        walk.on_case("fan", answering.close_case)
    assert "derived-lead" not in rules_of(later)


def test_record_outside_the_plan_counts_once_the_derived_case_has_a_plan_for_it(walk: Leading) -> None:
    walk.logged(unit_id=walk.office.unit_id("housing"), method=Method.INSPECTION)
    (record,) = walk.records()
    assert (record.off_plan, record.gaps) == (True, ["unit"])
    walk.noted(records=[record.id])
    became, origin = walk.taken_up("housing"), walk.case_id
    assert walk.records()[0].off_plan
    walk.case_id = became
    walk.on_case("fan", casework.propose_docketing, overlap_reason="另一路段。")
    walk.on_case("head", casework.approve_docketing)
    frame = walk.plan_frame(units=(walk.office.unit_id("housing"),))
    walk.on_case("fan", planning.write_and_propose_plan, text=PLAN_TEXT, frame=frame)
    walk.on_case("director", planning.approve_plan)
    walk.case_id = origin
    assert (walk.records()[0].off_plan, walk.records()[0].gaps) == (False, [])
    assert [exhibit.off_plan for exhibit in walk.exhibits()] == [False]
