"""Findings, conclusion, delivery, rectification to the close-off: who may, on what grounds, who can read."""

from __future__ import annotations

import itertools
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.clock import CIVIL_ZONE
from portal.models import SealedObject, Tip
from portal.storage.received import SealedFile
from tests.support.journey import Journey, read_original, seal_upload
from tests.support.office import TestOffice
from verification.audit.verify import verify_chain
from verification.domain import (
    answering,
    casework,
    conclusions,
    dispatch,
    fieldwork,
    findings,
    items,
    paper,
    rectification,
)
from verification.domain.exhibits import NewExhibit, read_exhibits
from verification.domain.items import ItemText
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    Case,
    CaseState,
    Conclusion,
    Deadline,
    Finding,
    Interest,
    InterestKind,
    ItemState,
    Method,
    StaffNotice,
    StatementKind,
    TaskState,
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
        findings.record_finding(
            acting, allegation_id=row.id, version=1, finding=finding, reasons=" ", exhibits=[]
        )
    assert set(invalid.value.errors) == {"reasons"}
    walk.found(finding)
    assert [one.finding for one in walk.allegations()] == [finding] * 2


def test_finding_does_not_rest_on_what_lies_outside_the_plan_or_the_case(office: TestOffice) -> None:
    other = Journey(office).signed().logged()
    walk = Journey(office).signed().logged(method=Method.SUMMONS)
    outside, foreign = ([row.object_id for row in one.exhibits()] for one in (walk, other))
    given: dict[str, Any] = {"allegation_id": walk.allegations()[0].id, "version": 1, "reasons": "见照片。"}
    with pytest.raises(Refused) as refused, office.acting("du") as acting:
        findings.record_finding(acting, finding=Finding.TRUE, exhibits=outside, **given)
    assert _rules(refused) == ["off-plan"]
    with pytest.raises(InvalidInput) as invalid, office.acting("du") as acting:
        findings.record_finding(acting, finding=Finding.TRUE, exhibits=foreign, **given)
    assert set(invalid.value.errors) == {"exhibits"}


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
    walk.drafted(unit_text="请于三十日内填平三处坑洼。")
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
    conclusion = walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today)
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
            walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=day)
        assert set(invalid.value.errors) == {"delivered_on"}
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=date(2026, 3, 4))
    with office.database.read() as session:
        query = select(Deadline).where(Deadline.rule_id == "reg-17-objection")
        clock = session.scalars(query).one()
        assert clock.began_on == date(2026, 3, 4)
        assert clock.due_at == datetime(2026, 4, 3, 23, 59, 59, tzinfo=CIVIL_ZONE)


def test_draft_material_holds_everything_a_first_draft_says(office: TestOffice) -> None:
    walk = Journey(office).concluding()
    with office.acting("fan") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        material = conclusions.material_for_draft(acting, case)
    assert (material.title, material.units, material.result) == (
        "道路修复情况",
        ("交通运输局",),
        Finding.TRUE,
    )
    assert [one.text for one in material.allegations] == ["道路长期破损", "多次反映未处理"]


# --- rectification ---


def test_item_is_the_units_to_read_only_after_the_order(office: TestOffice) -> None:
    walk = Journey(office).delivered().with_item()
    unit = office.unit_id("transport")
    with office.acting("lian") as acting:
        assert items.items_for_unit(acting, unit) == []
        with pytest.raises(KeyLocked):
            items.read_items(acting, [walk.item])
    with pytest.raises(NotHere):
        walk.reported()
    walk.on_case("fan", rectification.order_rectification)
    with office.acting("lian") as acting:
        (item,) = items.items_for_unit(acting, unit)
        assert items.read_items(acting, [item])[item.id].standard == "坑洼填平，验收合格"
        clocks = select(Deadline).where(Deadline.subject_id == item.id)
        assert [clock.rule_id for clock in acting.session.scalars(clocks)] == ["clock-rectify"]
        told = select(StaffNotice).where(StaffNotice.code == "case.rectification-ordered")
        assert office.staff_id("lian") in {row.staff_id for row in acting.session.scalars(told)}
    with office.acting("other") as acting:
        assert items.items_for_unit(acting, office.unit_id("housing")) == []


def test_item_names_a_unit_of_the_case_and_holds_no_identifier(office: TestOffice) -> None:
    walk = Journey(office).delivered()
    with pytest.raises(InvalidInput) as invalid:
        walk.on_case(
            "fan",
            rectification.add_item,
            text=ItemText(problem="联系 13812345678", standard=""),
            unit_id=office.unit_id("housing"),
            due_on=walk.today - timedelta(days=1),
        )
    assert set(invalid.value.errors) == {"problem", "standard", "unit", "due_on"}
    with pytest.raises(Refused) as nothing:
        walk.on_case("fan", rectification.order_rectification)
    assert _rules(nothing) == ["reg-18"]


def test_report_needs_proof_and_comes_from_the_unit_itself(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    with pytest.raises(Refused) as no_proof:
        walk.on_item("lian", rectification.report_item, measures="已修复。", proofs=[])
    assert _rules(no_proof) == ["item-proof"]
    with pytest.raises(Refused) as foreign:
        walk.on_item("other", rectification.report_item, measures="已修复。", proofs=[walk.photo()])
    assert _rules(foreign) == ["reg-18"]
    walk.reported()
    for login in ("lian", "chen", "fan"):
        with office.acting(login) as acting:
            (report,) = items.read_reports(acting, walk.item)
            assert (report.measures, report.returned, len(report.proofs)) == ("已于昨日填平。", "", 1)
            assert read_exhibits(acting, report.proofs)[0].note == "坑洼"
    with office.acting("chen") as acting:
        assert read_original(acting, report.proofs[0].object_id, office=office) == b"after"
    with pytest.raises(KeyLocked), office.acting("other") as acting:
        items.read_reports(acting, walk.item)


def test_liaison_never_gets_the_case_key(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    with office.acting("lian") as acting:
        case = acting.session.get_one(Case, walk.case_id)
        assert not acting.keyring.holds(acting.session, case.key_id)
        with pytest.raises(KeyLocked):
            casework.read_brief(acting, case)


def test_returned_report_tells_the_unit_why_and_a_new_one_follows(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(Refused) as silent:
        walk.on_item("du", rectification.return_item, note="")
    assert _rules(silent) == ["return-reason"]
    later = walk.item.due_on + timedelta(days=7)
    walk.on_item("du", rectification.return_item, note="第三处未填平。", due_on=later)
    assert (walk.item.state, walk.item.due_on) == (ItemState.RETURNED, later)
    walk.reported()
    with office.acting("lian") as acting:
        newest, first = items.read_reports(acting, walk.item)
        assert {newest.returned, first.returned} == {"", "第三处未填平。"}
        running = select(Deadline.rule_id).where(
            Deadline.subject_id == walk.item_id, Deadline.met_on.is_(None)
        )
        assert list(acting.session.scalars(running)) == ["clock-verify-item"]


def test_verification_names_a_signer_who_had_no_part_and_no_interest(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(InvalidInput) as unsuited:
        walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("lian"))
    assert set(unsuited.value.errors) == {"signer"}
    for login in ("chen", "fan", "director"):
        with pytest.raises(Refused) as involved:
            walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id(login))
        assert _rules(involved) == ["close-off-uninvolved"]
    with pytest.raises(Refused) as conflicted:
        walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("insider"))
    assert _rules(conflicted) == ["csl-76"]
    with pytest.raises(Refused) as nobody:
        walk.on_item("du", rectification.verify_item, note="合格。", signer=None)
    assert _rules(nobody) == ["close-off-uninvolved"]
    with office.acting("du") as acting:
        names = {person.login for person in items.possible_signers(acting, walk.item)}
    assert names == {"shen", "alternate", "wei", "novice", "reviewer"}


def test_signer_reads_the_case_from_naming_on_and_signs(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(KeyLocked), office.acting("reviewer") as acting:
        items.read_reports(acting, walk.item)
    walk.on_item("du", rectification.verify_item, note="三处均已填平。", signer=office.staff_id("reviewer"))
    with office.acting("reviewer") as acting:
        assert items.read_reports(acting, walk.item)[0].measures == "已于昨日填平。"
        told = select(StaffNotice.staff_id).where(StaffNotice.code == "item.verified")
        assert list(acting.session.scalars(told)) == [office.staff_id("reviewer")]
    with pytest.raises(Refused) as another:
        walk.on_item("wei", rectification.sign_off_item)
    assert _rules(another) == ["close-off-uninvolved"]
    walk.on_item("reviewer", rectification.sign_off_item)
    assert (walk.item.state, walk.item.closed_off_at) == (ItemState.CLOSED_OFF, office.clock.now())


def test_refused_sign_off_goes_back_to_the_unit_and_a_new_signer_takes_over(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("wei"))
    walk.on_item("wei", rectification.refuse_sign_off, note="照片看不出第三处。")
    with office.acting("lian") as acting:
        assert items.read_reports(acting, walk.item)[0].returned == "照片看不出第三处。"
    walk.reported()
    walk.on_item("du", rectification.verify_item, note="补拍合格。", signer=office.staff_id("reviewer"))
    with pytest.raises(KeyLocked), office.acting("wei") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    walk.on_item("reviewer", rectification.sign_off_item)


def test_interest_declared_later_keeps_somebody_from_the_list_of_signers(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    with office.acting("du") as acting:
        before = {person.login for person in items.possible_signers(acting, walk.item)}
        acting.session.add(
            Interest(
                id=walk.case_id,
                staff_id=office.staff_id("wei"),
                unit_id=office.unit_id("transport"),
                kind=InterestKind.FORMER_POST,
            )
        )
        acting.session.flush()
        after = {person.login for person in items.possible_signers(acting, walk.item)}
    assert before - after == {"wei"}


def test_whole_second_half_ends_in_a_closed_case_and_an_unbroken_trail(
    office: TestOffice,
) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(Refused) as too_early:
        walk.on_case("fan", answering.close_case)
    assert _rules(too_early) == ["close-items", "close-answered"]
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("reviewer"))
    walk.on_item("reviewer", rectification.sign_off_item)
    walk.on_task("du", fieldwork.finish_task)
    with office.acting("fan") as acting:
        tip = acting.session.scalars(select(Tip).where(Tip.case_id == walk.case_id)).one()
        points = {row.id: f"第{row.ordinal}项属实。" for row in walk.allegations()}
        answering.answer_informant(
            acting, tip_id=tip.id, version=tip.version, points=points, closing="已经修好，谢谢您。"
        )
    walk.on_case("fan", answering.close_case)
    assert (walk.case.state, walk.task.state) == (CaseState.CLOSED, TaskState.DONE)
    with office.database.read() as session:
        assert verify_chain(session).broken_at is None
        running = select(Deadline.rule_id).where(Deadline.met_on.is_(None))
        assert set(session.scalars(running)) <= {"reg-17-objection", "clock-answer", "clock-notice"}


def test_a_proof_is_named_as_the_units_and_cannot_be_filed_twice(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    proof = NewExhibit(file=seal_upload(office, b"proof"))
    walk.on_item("lian", rectification.report_item, measures="已修复。", proofs=[proof])
    assert [row.source.value for row in walk.exhibits()] == ["inspector", "unit"]
    walk.on_item("du", rectification.return_item, note="请补充。")
    with pytest.raises(InvalidInput) as again:
        walk.on_item("lian", rectification.report_item, measures="已修复。", proofs=[proof])
    assert set(again.value.errors) == {"files"}
