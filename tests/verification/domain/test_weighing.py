"""Weighing evidence: who may, what two inspectors do at once, what a finding against it needs."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import conclusions, fieldwork, findings, weighing
from verification.domain.weighing import Mark
from verification.errors import InvalidInput, KeyLocked, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    Case,
    EvidenceCell,
    Finding,
    Method,
    RecordKind,
    Stance,
    StatementKind,
)
from verification.queries.matrix import Matrix, read_matrix


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str | None]]:
    return [(refusal.rule_id, refusal.field) for refusal in refused.value.refusals]


def _matrix(walk: Journey, login: str = "chen") -> Matrix:
    with walk.acting(login) as acting:
        return read_matrix(acting, acting.session.get_one(Case, walk.case_id))


def _weigh(walk: Journey, login: str, marks: dict[uuid.UUID, Mark], **given: Any) -> None:
    row = walk.allegations()[0]
    with walk.acting(login) as acting:
        weighing.weigh_evidence(
            acting, allegation_id=row.id, marks=marks, **({"version": row.version} | given)
        )


def _find(walk: Journey, finding: Finding, **given: str) -> None:
    row = walk.allegations()[0]
    with walk.acting("du") as acting:
        findings.record_finding(
            acting, allegation_id=row.id, version=row.version, finding=finding, reasons="见证据。", **given
        )


def _state(walk: Journey, stance: Stance) -> None:
    row = walk.allegations()[0]
    with walk.acting("du") as acting:
        findings.record_statement(
            acting, allegation_id=row.id, version=row.version, kind=StatementKind.GIVEN, stance=stance,
            text="我局认为已按期修复。",
        )  # fmt: skip


@pytest.fixture
def walk(office: TestOffice) -> Journey:
    """A visit with two photographs."""
    journey = Journey(office)
    journey.signed().logged(photos=2)
    return journey


def test_matrix_holds_every_allegation_against_every_exhibit_and_record(walk: Journey) -> None:
    first, second = walk.exhibits()
    (record,) = walk.records()
    marks = {
        first.object_id: Mark(Stance.SUPPORTS, 0),
        second.object_id: Mark(Stance.SILENT, 0),
        record.id: Mark(Stance.REFUTES, 0),
    }
    _weigh(walk, "du", marks, needed="养护资金下达文件。")
    matrix = _matrix(walk)
    assert [(column.kind, column.number) for column in matrix.columns] == [
        (None, 1), (None, 2), (RecordKind.VISIT, 1),
    ]  # fmt: skip
    row, other = matrix.rows
    assert [held.stance for held in row.cells()] == [Stance.SUPPORTS, Stance.SILENT, Stance.REFUTES]
    assert {held.set_by for held in row.cells()} == {walk.office.staff_id("du")}
    assert (row.supports, row.refutes, row.is_bare, row.claim.needed) == (1, 1, False, "养护资金下达文件。")
    assert row.claim.exhibits == (first.object_id,)
    assert [held.stance for held in other.cells()] == [None, None, None]
    assert other.is_bare
    with walk.office.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "evidence.weighed")).one()
    assert entry.actor_id == walk.office.staff_id("du")
    assert {cell["to"] for cell in entry.facts["cells"]} == {"supports", "silent", "refutes"}
    assert "养护资金" not in str(entry.facts)


def test_two_inspectors_judge_different_cells_and_do_not_overwrite_the_same_one(walk: Journey) -> None:
    first, second = (row.object_id for row in walk.exhibits())
    _weigh(walk, "du", {first: Mark(Stance.SUPPORTS, 0), second: Mark(None, 0)})
    _weigh(walk, "chen", {first: Mark(None, 0), second: Mark(Stance.REFUTES, 0)})
    # The page was loaded before du judged the first one.
    with pytest.raises(StaleSubject):
        _weigh(walk, "chen", {first: Mark(Stance.SILENT, 0)})
    assert [held.stance for held in _matrix(walk).rows[0].cells()][:2] == [Stance.SUPPORTS, Stance.REFUTES]
    _weigh(walk, "chen", {first: Mark(Stance.SILENT, 1)})
    cell = _matrix(walk).rows[0].cells()[0]
    assert (cell.stance, cell.version, cell.set_by) == (Stance.SILENT, 2, walk.office.staff_id("chen"))


def test_what_is_needed_is_not_overwritten_from_an_old_page(walk: Journey) -> None:
    version = walk.allegations()[0].version
    _weigh(walk, "du", {}, needed="检测报告。")
    with pytest.raises(StaleSubject):
        _weigh(walk, "chen", {}, needed="询问笔录。", version=version)
    _weigh(walk, "chen", {}, needed="")
    assert _matrix(walk).rows[0].claim.needed == ""


def test_saving_a_row_unchanged_leaves_no_trace(walk: Journey) -> None:
    exhibit = walk.exhibits()[0].object_id
    _weigh(walk, "du", {exhibit: Mark(Stance.SUPPORTS, 0)})
    _weigh(walk, "chen", {exhibit: Mark(Stance.SUPPORTS, 1)})
    with walk.office.database.read() as session:
        assert (
            len(session.scalars(select(AuditEntry).where(AuditEntry.event == "evidence.weighed")).all()) == 1
        )
        assert session.scalars(select(EvidenceCell.version)).all() == [1]


@pytest.mark.databases("sqlite")
def test_only_the_team_weighs_and_only_while_the_case_is_verified(walk: Journey) -> None:
    exhibit = walk.exhibits()[0].object_id
    for login, rule in (("wei", "team-two"), ("fan", "permission")):
        with pytest.raises(Refused) as refused:
            _weigh(walk, login, {exhibit: Mark(Stance.SUPPORTS, 0)})
        assert _rules(refused) == [(rule, None)]
    walk.found()
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    walk.on_case("fan", conclusions.begin_conclusion)
    with pytest.raises(Refused) as late:
        _weigh(walk, "du", {exhibit: Mark(Stance.SILENT, 1)})
    assert _rules(late) == [("state", None)]
    with pytest.raises(KeyLocked):
        _matrix(walk, "wei")


def test_what_lies_outside_the_plan_is_judged_but_does_not_count(office: TestOffice) -> None:
    walk = Journey(office).signed().logged(method=Method.SUMMONS)
    walk.weighed(off_plan=True)
    row = _matrix(walk).rows[0]
    assert [held.stance for held in row.cells()] == [Stance.SUPPORTS, None]
    assert (row.supports, row.is_bare, row.claim.exhibits) == (0, True, ())
    with pytest.raises(Refused) as refused:
        _find(walk, Finding.TRUE)
    assert _rules(refused) == [("off-plan", "exhibits")]


@pytest.mark.rule("finding-contradicts")
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("stance", "finding"),
    [
        (Stance.REFUTES, Finding.TRUE),
        (Stance.SUPPORTS, Finding.UNTRUE),
        (Stance.SUPPORTS, Finding.UNVERIFIABLE),
    ],
)
def test_finding_against_all_evidence_needs_its_reasons(
    walk: Journey, stance: Stance, finding: Finding
) -> None:
    walk.weighed(stance)
    with pytest.raises(Refused) as refused:
        _find(walk, finding)
    assert _rules(refused) == [("finding-contradicts", "against")]
    _find(walk, finding, against="照片摄于修复之后，不能反映来件所述时间。")
    row = _matrix(walk).rows[0]
    assert (row.contradicts, row.claim.against) == (True, "照片摄于修复之后，不能反映来件所述时间。")


@pytest.mark.rule("statement-weighed")
@pytest.mark.databases("sqlite")
def test_finding_against_the_units_statement_says_how_it_was_weighed(walk: Journey) -> None:
    walk.weighed()
    _state(walk, Stance.REFUTES)
    with pytest.raises(Refused) as refused:
        _find(walk, Finding.TRUE)
    assert _rules(refused) == [("statement-weighed", "weighed")]
    _find(walk, Finding.TRUE, weighed="修复记录晚于督查日期，不予采纳。")
    row = _matrix(walk).rows[0]
    assert (row.against_unit, row.claim.weighed) == (True, "修复记录晚于督查日期，不予采纳。")


@pytest.mark.databases("sqlite")
def test_statement_says_whether_it_admits_the_claim(walk: Journey) -> None:
    row = walk.allegations()[0]
    with pytest.raises(InvalidInput) as invalid, walk.acting("du") as acting:
        findings.record_statement(
            acting, allegation_id=row.id, version=row.version, kind=StatementKind.GIVEN, text="已修复。"
        )
    assert set(invalid.value.errors) == {"stance"}


@pytest.mark.parametrize("what", ["evidence", "statement"])
def test_conclusion_is_not_proposed_on_a_finding_that_evidence_or_unit_turned_against(
    walk: Journey, what: str
) -> None:
    walk.found()
    if what == "evidence":
        _weigh(walk, "chen", {walk.exhibits()[0].object_id: Mark(Stance.REFUTES, 1)})
    else:
        _state(walk, Stance.REFUTES)
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    walk.on_case("fan", conclusions.begin_conclusion)
    walk.drafted().read_over()
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", conclusions.propose_conclusion)
    expected = {"evidence": "finding-contradicts", "statement": "statement-weighed"}[what]
    assert expected in [rule for rule, _field in _rules(refused)]
