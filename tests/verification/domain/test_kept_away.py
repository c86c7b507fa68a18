"""Whoever must keep away from a case gets no key, no notice, no list entry of it, and signs nothing in it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from portal.models import Priority, Tip, TipState
from tests.support.journey import ALLEGATIONS, Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from verification.domain import casework, conclusions, paper, planning, triage
from verification.domain.acting import Acting
from verification.domain.casework import Brief, CaseFrame
from verification.domain.founding import declare_interest
from verification.domain.teams import BlockCode, suggest_team
from verification.errors import KeyLocked, NotHere, Refused
from verification.models import (
    Case,
    CaseState,
    CaseType,
    ContentBasis,
    InterestKind,
    StaffNotice,
    Unit,
)
from verification.queries.boards import cases_to_decide
from verification.queries.cases import Shelf, Wanted, list_cases
from verification.web.loaders import load_case
from verification.workflow.states import Action


def _in_charge(office: TestOffice, login: str, code: str = "transport") -> None:
    with office.database.write() as session:
        session.execute(
            update(Unit).where(Unit.id == office.unit_id(code)).values(in_charge_id=office.staff_id(login))
        )


def _related(office: TestOffice, login: str, code: str = "transport") -> None:
    with office.database.write() as session:
        declare_interest(
            session, staff=office.staff[login], unit_id=office.unit_id(code), kind=InterestKind.KINSHIP,
            rng=office.rng,
        )  # fmt: skip


def _can_read(office: TestOffice, login: str, case_id: uuid.UUID) -> bool:
    with office.acting(login) as acting:
        try:
            casework.read_brief(acting, acting.session.get_one(Case, case_id))
        except KeyLocked:
            return False
        return True


def _is_listed(office: TestOffice, login: str, case_id: uuid.UUID) -> bool:
    with office.acting(login) as acting:
        rows = list_cases(acting, Wanted(Shelf.OPEN)).rows
        try:
            load_case(acting, case_id)
        except NotHere:
            assert case_id not in {row.id for row in rows}
            assert case_id not in {row.id for row in cases_to_decide(acting)}
            return False
        assert case_id in {row.id for row in rows}
        return True


def _is_told(office: TestOffice, login: str, case_id: uuid.UUID) -> bool:
    with office.database.read() as session:
        query = select(StaffNotice.id).where(
            StaffNotice.staff_id == office.staff_id(login), StaffNotice.subject_id == case_id
        )
        return session.scalars(query).first() is not None


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _accepted(office: TestOffice, *, keep_away: str = "") -> tuple[uuid.UUID, int]:
    tip_id, _receipt = office.send_tip(keep_away=keep_away)
    with office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    with office.acting("fan") as acting:
        tip = triage.accept_tip(
            acting, tip_id=tip_id, version=2, category="405", priority=Priority.P3, town_id=None
        )
        return tip_id, tip.version


def _opened(
    office: TestOffice, *, keep_away: str = "", chosen: tuple[str, ...] = (), by: str = "fan"
) -> Journey:
    """A draft from a tip with this wish, in which ``chosen`` are ticked."""
    walk = Journey(office)
    tip_id, version = _accepted(office, keep_away=keep_away)
    with office.acting(by) as acting:
        frame = CaseFrame(
            CaseType.VERIFICATION, ContentBasis.DUTIES, "405", Priority.P3, None,
            (office.unit_id("transport"),), tuple(office.staff_id(login) for login in chosen),
        )  # fmt: skip
        brief = Brief(title="道路修复情况", text="核查路段破损与处理过程。", allegations=ALLEGATIONS)
        walk.case_id = casework.open_case(acting, tips=[(tip_id, version)], brief=brief, frame=frame).id
    return walk


@pytest.mark.parametrize("conflict", [_in_charge, _related])
def test_conflicted_deputy_sees_nothing_of_a_proposal_and_cannot_endorse_it(
    office: TestOffice, conflict: Callable[[TestOffice, str], None]
) -> None:
    free = Journey(office).proposed()
    assert _can_read(office, "deputy", free.case_id)
    assert _is_listed(office, "deputy", free.case_id)
    assert _is_told(office, "deputy", free.case_id)
    conflict(office, "deputy")
    assert not _is_listed(office, "deputy", free.case_id)
    walk = Journey(office).proposed()
    assert not _can_read(office, "deputy", walk.case_id)
    assert not _is_listed(office, "deputy", walk.case_id)
    assert not _is_told(office, "deputy", walk.case_id)
    with pytest.raises(Refused) as refused:
        walk.on_case("deputy", casework.endorse_docketing, note="同意。")
    assert _rules(refused) == ["csl-76"]
    walk.on_case("head", casework.approve_docketing)
    assert walk.case.state is CaseState.DOCKETED


def test_conflicted_director_is_not_given_the_case_with_a_plan(office: TestOffice) -> None:
    _related(office, "director")
    walk = Journey(office).docketed().plan_proposed()
    assert not _can_read(office, "director", walk.case_id)
    assert not _is_told(office, "director", walk.case_id)
    assert _can_read(office, "head", walk.case_id)


def test_paper_signed_by_a_conflicted_deputy_is_refused_when_recorded_and_when_confirmed(
    office: TestOffice,
) -> None:
    walk = Journey(office).proposed()
    with office.acting("fan") as acting:
        recorded = _endorsed_on_paper(walk, acting)
    _in_charge(office, "deputy")
    with pytest.raises(Refused) as refused, office.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=recorded)
    assert _rules(refused) == ["csl-76"]
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        _endorsed_on_paper(walk, acting)
    assert _rules(refused) == ["csl-76"]
    assert walk.case.endorsed_by is None


def _endorsed_on_paper(walk: Journey, acting: Acting) -> uuid.UUID:
    return paper.record_paper(
        acting, case=acting.session.get_one(Case, walk.case_id), action=Action.ENDORSE_DOCKETING,
        signed_by=walk.office.staff_id("deputy"), signed_on=walk.today,
        scan=seal_upload(walk.office, b"signed"), note="同意。",
    ).id  # fmt: skip


def test_where_the_only_head_must_keep_away_the_tip_goes_upward_and_nothing_is_lost(
    office: TestOffice,
) -> None:
    tip_id, version = _accepted(office)
    _in_charge(office, "head")
    with pytest.raises(Refused) as refused:
        _opened(office)
    assert _rules(refused) == ["head-recused"]
    with office.acting("fan") as acting:
        tip = triage.hand_on_tip(acting, tip_id=tip_id, version=version, channel="higher-office", note="")
        assert tip.state is TipState.HANDED_ON


@pytest.mark.rule("head-recused")
def test_head_who_has_come_into_conflict_stops_the_proposal_and_the_draft_can_still_go_upward(
    office: TestOffice,
) -> None:
    walk = _opened(office)
    _related(office, "head")
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", casework.propose_docketing)
    assert _rules(refused) == ["head-recused"]
    assert walk.case.state is CaseState.DRAFT
    with office.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        triage.refer_tip(
            acting, tip_id=tip.id, version=tip.version, channel="supervision-commission", note=""
        )
        assert tip.state is TipState.REFERRED


def test_head_in_conflict_approves_no_conclusion(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    _in_charge(office, "head")
    with pytest.raises(Refused) as refused:
        walk.on_case("head", conclusions.approve_conclusion)
    assert _rules(refused) == ["csl-76"]


@pytest.mark.rule("hand-on-channel")
def test_proposed_case_hands_no_tip_away(office: TestOffice) -> None:
    walk = Journey(office).proposed()
    with office.database.read() as session:
        tip = session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
    with pytest.raises(Refused) as refused, office.acting("fan") as acting:
        triage.hand_on_tip(acting, tip_id=tip.id, version=tip.version, channel="higher-office", note="")
    assert _rules(refused) == ["hand-on-channel"]


@pytest.mark.rule("kept-away")
def test_whom_the_informant_names_is_kept_away_though_nobody_ticked_them(office: TestOffice) -> None:
    walk = _opened(office, keep_away="Person deputy，还有 Person du")
    walk.on_case("fan", casework.propose_docketing)
    for login in ("deputy", "du"):
        assert not _can_read(office, login, walk.case_id)
        assert not _is_told(office, login, walk.case_id)
        assert not _is_listed(office, login, walk.case_id)
    assert _can_read(office, "director", walk.case_id)
    with pytest.raises(Refused) as refused:
        walk.on_case("deputy", casework.endorse_docketing, note="同意。")
    assert _rules(refused) == ["kept-away"]


def test_named_and_related_inspectors_are_in_no_suggested_team_and_cannot_be_sent(
    office: TestOffice,
) -> None:
    _related(office, "wei")
    walk = _opened(office, keep_away="请不要让杜某知道", chosen=("du",))
    walk.on_case("fan", casework.propose_docketing)
    walk.on_case("head", casework.approve_docketing)
    walk.plan_proposed()
    walk.on_case("director", planning.approve_plan)
    with office.database.read() as session:
        found = suggest_team(session, case_id=walk.case_id, clock=office.clock, count=5)
    assert set(found.team) == {office.staff_id("chen")}
    blocks = {one.staff_id: {block.code for block in one.blocks} for one in found.candidates}
    assert blocks[office.staff_id("du")] == {BlockCode.NAMED}
    assert blocks[office.staff_id("wei")] == {BlockCode.INTEREST}
    assert BlockCode.OWN_UNIT in blocks[office.staff_id("insider")]
    for login, rule in (("du", "kept-away"), ("wei", "csl-76"), ("insider", "csl-76")):
        with pytest.raises(Refused) as refused:
            walk.dispatched("chen", login)
        assert rule in _rules(refused)


def test_supervisor_who_is_named_keeps_the_desk_key_but_not_the_case(office: TestOffice) -> None:
    with pytest.raises(Refused) as refused:
        _opened(office, keep_away="Person shen", by="shen")
    assert _rules(refused) == ["kept-away"]
    walk = _opened(office, keep_away="Person shen")
    assert _is_listed(office, "fan", walk.case_id)
    assert not _is_listed(office, "shen", walk.case_id)
    with pytest.raises(Refused) as refused:
        walk.on_case("shen", casework.propose_docketing)
    assert _rules(refused) == ["kept-away"]


def test_whoever_comes_into_conflict_while_the_proposal_is_rewritten_loses_the_key(
    office: TestOffice,
) -> None:
    walk = Journey(office).proposed()
    assert _can_read(office, "deputy", walk.case_id)
    walk.on_case("head", casework.return_docketing, note="请补充。")
    _related(office, "deputy")
    walk.on_case("fan", casework.propose_docketing, overlap_reason="前次未涉及。")
    assert not _can_read(office, "deputy", walk.case_id)
    assert _can_read(office, "head", walk.case_id)
