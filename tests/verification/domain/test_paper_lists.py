"""One signed paper dockets a list of cases: all of them, or none, and then it is said of each why."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from tests.verification.domain.test_openings import Opening
from verification.domain import casework, paper, paper_lists
from verification.domain.paper_lists import ListRefused
from verification.errors import InvalidInput, NotHere, Refused
from verification.models import Case, CaseKeptAway, CaseState, CaseType, PaperAct


def proposed(office: TestOffice, category: str = "405") -> uuid.UUID:
    """A proposal of the office."""
    walk = Opening(office).opened(category=category, case_type=CaseType.VERIFICATION)
    walk.on_case("fan", casework.propose_docketing, overlap_reason="内容不同。")
    return walk.case_id


def draft(office: TestOffice) -> uuid.UUID:
    """A case that an instruction is about."""
    return Opening(office).opened(category="502").case_id


def record(office: TestOffice, cases: Sequence[uuid.UUID], login: str = "fan", **changes: Any) -> uuid.UUID:
    """The desk records the list; returns its id."""
    values: dict[str, Any] = {
        "signed_by": office.staff_id("head"),
        "signed_on": office.intake.today,
        "scan": seal_upload(office, b"the signed list"),
    }
    with office.acting(login) as acting:
        rows = paper_lists.record_list(acting, case_ids=cases, **(values | changes))
        list_id = rows[0].list_id
    assert list_id is not None
    return list_id


def states(office: TestOffice, cases: Sequence[uuid.UUID]) -> list[CaseState]:
    """How they stand."""
    with office.database.read() as session:
        return [session.get_one(Case, case_id).state for case_id in cases]


def test_one_paper_dockets_proposals_and_an_instruction_together(office: TestOffice) -> None:
    cases = [proposed(office), proposed(office, "404"), draft(office)]
    list_id = record(office, cases)
    assert set(states(office, cases)) == {CaseState.PROPOSED, CaseState.DRAFT}
    with office.acting("shen") as acting:
        paper_lists.confirm_list(acting, list_id=list_id)
    assert set(states(office, cases)) == {CaseState.DOCKETED}
    with office.database.read() as session:
        rows = [session.get_one(Case, case_id) for case_id in cases]
        assert len({row.number for row in rows}) == 3
        assert {row.docketed_by for row in rows} == {office.staff_id("head")}
        papers = session.query(PaperAct).filter(PaperAct.list_id == list_id).all()
        assert len({row.scan_id for row in papers}) == 1
        assert {row.confirmed_by for row in papers} == {office.staff_id("shen")}


def test_nothing_is_docketed_where_one_cannot_be_and_each_reason_is_told(office: TestOffice) -> None:
    good, changed, kept = proposed(office), proposed(office, "404"), proposed(office, "501")
    list_id = record(office, [good, changed, kept])
    walk = Opening(office)
    walk.case_id = changed
    walk.on_case("deputy", casework.endorse_docketing, note="同意。")
    with office.database.write() as session:
        session.add(CaseKeptAway(case_id=kept, staff_id=office.staff_id("head")))
    with pytest.raises(ListRefused) as refused, office.acting("shen") as acting:
        paper_lists.confirm_list(acting, list_id=list_id)
    told = {case_id: [one.rule_id for one in refusals] for case_id, refusals in refused.value.by_case.items()}
    assert told == {changed: ["paper-second"], kept: ["kept-away"]}
    assert set(states(office, [good, changed, kept])) == {CaseState.PROPOSED}


@pytest.mark.databases("sqlite")
def test_whoever_recorded_the_list_does_not_confirm_it_nor_one_case_of_it_alone(office: TestOffice) -> None:
    cases = [proposed(office), proposed(office, "404")]
    list_id = record(office, cases)
    with office.acting("fan") as acting, pytest.raises(Refused) as own:
        paper_lists.confirm_list(acting, list_id=list_id)
    assert {one.rule_id for one in own.value.refusals} == {"paper-second"}
    with office.database.read() as session:
        one = session.query(PaperAct).filter(PaperAct.list_id == list_id).first()
    assert one is not None
    with office.acting("shen") as acting, pytest.raises(NotHere):
        paper.confirm_paper(acting, paper_id=one.id)
    assert set(states(office, cases)) == {CaseState.PROPOSED}


@pytest.mark.databases("sqlite")
def test_list_that_does_not_agree_is_taken_out_whole(office: TestOffice) -> None:
    list_id = record(office, [proposed(office), proposed(office, "404")])
    with office.acting("shen") as acting:
        paper_lists.refuse_list(acting, list_id=list_id)
    with office.acting("shen") as acting, pytest.raises(NotHere):
        paper_lists.papers_of(acting, list_id)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("missing", ["cases", "signed_by", "signed_on", "future", "scan", "docketed"])
def test_what_is_missing_on_the_record_is_named(office: TestOffice, missing: str) -> None:
    cases, changes = [proposed(office), proposed(office, "404")], dict[str, Any]()
    field = {"future": "signed_on", "docketed": "cases"}.get(missing, missing)
    if missing == "cases":
        cases = cases[:1]
    elif missing == "signed_by":
        changes["signed_by"] = office.staff_id("deputy")
    elif missing == "future":
        changes["signed_on"] = office.intake.today + timedelta(days=1)
    elif missing == "docketed":
        walk = Opening(office)
        walk.case_id = cases[0]
        walk.on_case("head", casework.approve_docketing)
    else:
        changes[missing] = None
    with pytest.raises(InvalidInput) as wrong:
        record(office, cases, **changes)
    assert set(wrong.value.errors) == {field}


@pytest.mark.databases("sqlite")
def test_readers_of_every_case_open_the_one_scan(office: TestOffice) -> None:
    cases = [proposed(office), proposed(office, "404")]
    list_id = record(office, cases)
    with office.acting("director") as acting:
        (scan_id,) = {row.scan_id for row in paper_lists.papers_of(acting, list_id)}
        assert acting.keyring.file_key(acting.session, scan_id)
    with office.acting("du") as acting:
        assert scan_id not in acting.keyring.file_keys(acting.session, {scan_id})
