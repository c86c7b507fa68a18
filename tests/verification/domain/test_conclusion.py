"""Findings, the conclusion, its approval and delivery: who may, on what grounds, who can read it."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.clock import CIVIL_ZONE
from portal.models import SealedObject
from portal.storage.received import SealedFile
from tests.support.journey import RECEIPT, Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from verification.domain import (
    conclusions,
    dispatch,
    drafting,
    fieldwork,
    findings,
    items,
    paper,
    weighing,
)
from verification.domain.weighing import Mark
from verification.errors import InvalidInput, KeyLocked, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    Case,
    Conclusion,
    Deadline,
    Finding,
    Method,
    Stance,
    StatementKind,
)
from verification.workflow.states import Action


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


# --- findings ---


def test_finding_and_statement_are_read_back_and_count_their_changes(office: TestOffice) -> None:
    walk = Journey(office).signed().logged().found(Finding.PARTLY)
    exhibit = walk.exhibits()[0].object_id
    with office.acting("chen") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        first, _second = findings.read_allegations(acting, case)
        assert (first.text, first.row.finding, first.row.version) == ("道路长期破损", Finding.PARTLY, 3)
        assert (first.reasons, first.exhibits) == ("现场所见与照片相符。", (exhibit,))
        assert first.statement == "情况属实，正在安排修复。"


def test_finding_on_an_old_page_is_stale_and_overwrites_nothing(office: TestOffice) -> None:
    walk = Journey(office).signed().logged()
    old = walk.allegations()[0].version
    walk.found()
    with pytest.raises(StaleSubject), office.acting("chen") as acting:
        findings.record_statement(
            acting,
            allegation_id=walk.allegations()[0].id,
            version=old,
            kind=StatementKind.DECLINED,
        )
    assert walk.allegations()[0].statement is StatementKind.GIVEN


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("finding", "rule"), [(Finding.TRUE, "finding-exhibit"), (Finding.UNTRUE, "finding-exhibit")]
)
def test_finding_without_an_exhibit_is_refused(office: TestOffice, finding: Finding, rule: str) -> None:
    walk = Journey(office).signed()
    with pytest.raises(Refused) as refused:
        walk.found(finding)
    assert _rules(refused) == [rule]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("finding", [Finding.UNVERIFIABLE, Finding.SEPARATE])
def test_finding_that_needs_no_exhibit_needs_its_reason(office: TestOffice, finding: Finding) -> None:
    walk = Journey(office).signed()
    row = walk.allegations()[0]
    with pytest.raises(InvalidInput) as invalid, office.acting("du") as acting:
        findings.record_finding(acting, allegation_id=row.id, version=1, finding=finding, reasons=" ")
    assert set(invalid.value.errors) == {"reasons"}
    walk.found(finding)
    assert [one.finding for one in walk.allegations()] == [finding] * 2


@pytest.mark.rule("off-plan")
def test_finding_does_not_rest_on_what_lies_outside_the_plan_or_the_case(office: TestOffice) -> None:
    other = Journey(office).signed().logged()
    walk = Journey(office).signed().logged(method=Method.SUMMONS)
    given: dict[str, Any] = {"allegation_id": walk.allegations()[0].id, "version": 1}
    marks = {row.object_id: Mark(Stance.SUPPORTS, 0) for row in other.exhibits()}
    with pytest.raises(InvalidInput) as invalid, office.acting("du") as acting:
        weighing.weigh_evidence(acting, marks=marks, **given)
    assert set(invalid.value.errors) == {"marks"}
    walk.weighed(off_plan=True)
    with pytest.raises(Refused) as refused, office.acting("du") as acting:
        findings.record_finding(acting, finding=Finding.TRUE, reasons="见照片。", **given)
    assert _rules(refused) == ["off-plan"]


def test_only_the_team_at_work_records_findings_while_the_case_is_verified(office: TestOffice) -> None:
    walk = Journey(office).planned().dispatched()
    with pytest.raises(Refused) as unsigned:
        walk.found(stated=False)
    assert _rules(unsigned) == ["team-two"]
    walk.on_task("du", dispatch.sign_task)
    row = walk.allegations()[0]
    for login, rule in (("wei", "team-two"), ("fan", "permission")):
        with pytest.raises(Refused) as refused, office.acting(login) as acting:
            findings.record_statement(acting, allegation_id=row.id, version=1, kind=StatementKind.DECLINED)
        assert _rules(refused) == [rule]
    walk.logged().found()
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    walk.on_case("fan", conclusions.begin_conclusion)
    with pytest.raises(Refused) as too_late:
        walk.found()
    assert _rules(too_late) == ["state"]


@pytest.mark.parametrize(
    ("found", "result"),
    [
        ((), None),
        ((Finding.TRUE, None), None),
        ((Finding.TRUE, Finding.TRUE), Finding.TRUE),
        ((Finding.TRUE, Finding.MOSTLY), Finding.MOSTLY),
        ((Finding.TRUE, Finding.UNTRUE), Finding.PARTLY),
        ((Finding.TRUE, Finding.UNVERIFIABLE), Finding.PARTLY),
        ((Finding.UNTRUE, Finding.UNTRUE), Finding.UNTRUE),
        ((Finding.UNTRUE, Finding.UNVERIFIABLE), Finding.UNVERIFIABLE),
        ((Finding.UNTRUE, Finding.SEPARATE), Finding.UNTRUE),
        ((Finding.SEPARATE,), Finding.SEPARATE),
    ],
)
def test_result_follows_from_the_findings(found: tuple[Finding | None, ...], result: Finding | None) -> None:
    for order in itertools.permutations(found):
        assert findings.result_of(order) is result


# --- the conclusion ---


def test_draft_is_rewritten_in_place_by_its_writer_and_begun_anew_by_others(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.drafted(file_text="修改后的文件版。")
    with office.database.read() as session:
        (only,) = session.scalars(select(Conclusion)).all()
        first = only.file_version_id
        documents = session.scalars(select(SealedObject.id).where(SealedObject.kind == 10)).all()
        assert len(documents) == 3, "a plan and the two texts: the first draft's texts are gone"
    walk.drafted("shen", file_text="另一人的草稿。")
    with office.acting("shen") as acting:
        conclusion = conclusions.latest_conclusion(acting, walk.case_id)
        assert conclusion is not None
        assert (conclusion.number, conclusion.drafted_by) == (2, office.staff_id("shen"))
        assert conclusions.read_conclusion(acting, conclusion).file_text == "另一人的草稿。"
        assert acting.open(first)["text"] == "修改后的文件版。"


def test_draft_on_an_old_page_is_stale(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    version = walk.case.version
    walk.drafted("shen")
    with pytest.raises(StaleSubject), office.acting("fan") as acting:
        conclusions.draft_conclusion(
            acting, case_id=walk.case_id, version=version, file_text="旧", unit_text="旧"
        )


@pytest.mark.parametrize(
    "leak", ["13812345678", "１３８ １２３４ ５６７８", "11010519491231002X", "0990-1234567"]
)
def test_unit_version_with_a_number_of_a_person_is_stopped_beside_its_field(
    office: TestOffice, leak: str
) -> None:
    walk = Journey(office).concluding()
    with pytest.raises(InvalidInput) as invalid:
        walk.drafted(unit_text=f"请联系 {leak} 修复。")
    assert set(invalid.value.errors) == {"unit_text"}
    walk.drafted(file_text=f"证人电话 {leak}。")


@pytest.mark.rule("finding-statement")
def test_conclusion_without_the_units_statement_is_refused(office: TestOffice) -> None:
    walk = Journey(office).signed().logged().found(stated=False)
    walk.on_task("du", fieldwork.begin_follow)
    walk.on_task("du", fieldwork.begin_fix)
    walk.on_case("fan", conclusions.begin_conclusion)
    with pytest.raises(Refused) as refused:
        walk.on_case("fan", conclusions.propose_conclusion)
    assert _rules(refused) == ["reg-16", "finding-statement"]


def test_conclusion_is_approved_by_the_head_who_can_then_read_it(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    for login in ("fan", "director", "deputy"):
        with pytest.raises(Refused) as refused:
            walk.on_case(login, conclusions.approve_conclusion)
        assert "permission" in _rules(refused)
    walk.on_case("head", conclusions.approve_conclusion)
    with office.acting("head") as acting:
        conclusion = conclusions.latest_conclusion(acting, walk.case_id)
        assert conclusion is not None
        assert conclusions.read_conclusion(acting, conclusion).unit_text == "请于三十日内修复路面。"


@pytest.mark.rule("reg-16")
def test_returned_conclusion_is_not_proposed_again_unchanged(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    with pytest.raises(Refused) as silent:
        walk.on_case("head", conclusions.return_conclusion, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_case("head", conclusions.return_conclusion, note="处理意见不够具体。")
    with pytest.raises(Refused) as unchanged:
        walk.on_case("fan", conclusions.propose_conclusion)
    assert _rules(unchanged) == ["reg-16"]
    walk.drafted(unit_text="请于三十日内填平三处坑洼。").read_over()
    walk.on_case("fan", conclusions.propose_conclusion)
    with office.database.read() as session:
        numbers = session.scalars(select(Conclusion.number).order_by(Conclusion.number))
        assert list(numbers) == [1, 2]


def test_approval_signed_on_paper_is_carried_out_in_the_heads_name(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    scan: SealedFile = seal_upload(office, b"a scan", name="scan.jpg")
    with office.acting("fan") as acting:
        recorded = paper.record_paper(
            acting,
            case=acting.session.get_one(Case, walk.case_id),
            action=Action.APPROVE_CONCLUSION,
            signed_by=office.staff_id("head"),
            signed_on=walk.today,
            scan=scan,
            note="",
        )
    with office.acting("shen") as acting:
        paper.confirm_paper(acting, paper_id=recorded.id)
    with office.database.read() as session:
        approved = session.scalars(select(Conclusion)).one()
        assert approved.approved_by == office.staff_id("head")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.event == "conclusion.approved")).one()
        assert entry.facts["paper"] == recorded.id.hex


def test_delivery_lets_the_unit_read_its_version_and_nothing_else(office: TestOffice) -> None:
    walk = Journey(office).approved()
    with office.acting("lian") as acting:
        assert items.deliveries_for_unit(acting, office.unit_id("transport")) == []
        draft = conclusions.latest_conclusion(acting, walk.case_id)
        assert draft is not None
        with pytest.raises(KeyLocked):
            acting.open(draft.unit_version_id)
    conclusion = walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    with office.acting("lian") as acting:
        ((row, _case),) = items.deliveries_for_unit(acting, office.unit_id("transport"))
        assert acting.open(row.unit_version_id)["text"] == "请于三十日内修复路面。"
        case = acting.session.get_one(Case, walk.case_id)
        for sealed in (row.file_version_id, case.brief_id, walk.allegations()[0].text_id):
            with pytest.raises(KeyLocked):
                acting.open(sealed)
        assert items.deliveries_for_unit(acting, office.unit_id("housing")) == []
    with pytest.raises(KeyLocked), office.acting("other") as acting:
        acting.open(conclusion.unit_version_id)


def test_thirty_days_run_from_the_day_the_unit_received_it(office: TestOffice) -> None:
    walk = Journey(office).approved()
    office.clock.advance(timedelta(days=5))
    for day in (walk.today + timedelta(days=1), walk.today - timedelta(days=6), None):
        with pytest.raises(InvalidInput) as invalid:
            walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=day, receipt=RECEIPT)
        assert set(invalid.value.errors) == {"delivered_on"}
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=date(2026, 3, 4), receipt=RECEIPT)
    with office.database.read() as session:
        query = select(Deadline).where(Deadline.rule_id == "reg-17-objection")
        clock = session.scalars(query).one()
        assert clock.began_on == date(2026, 3, 4)
        assert clock.due_at == datetime(2026, 4, 3, 23, 59, 59, tzinfo=CIVIL_ZONE)


def test_draft_material_holds_everything_a_first_draft_says(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        material = drafting.material_for_draft(acting, case)
    assert (material.title, material.units, material.result) == (
        "道路修复情况",
        ("交通运输局",),
        Finding.TRUE,
    )
    assert [one.text for one in material.allegations] == ["道路长期破损", "多次反映未处理"]
