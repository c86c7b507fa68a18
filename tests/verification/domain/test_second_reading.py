"""The second reading, the check of the unit's wording by whoever may open the tips, and the receipt."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.journey import Journey
from tests.support.law import rules_of
from tests.support.office import TestOffice
from verification.domain import conclusions, drafting, fieldwork, second_reading, witnesses
from verification.domain.conclusions import Receipt
from verification.errors import InvalidInput, Refused, StaleSubject
from verification.models import (
    AuditEntry,
    Case,
    CaseNote,
    Conclusion,
    DeliveryMeans,
    Method,
    NoteKind,
    RecordKind,
    Stance,
    Task,
)
from verification.policy.evidence import sources_of

#: What the informant of the journey wrote.
ACCOUNT = "清溪镇卫生院门前的路坏了半年没人修，报了三次都说在研究。"
TALK = "问：报修过吗？答：报修过，养护站的人说等明年开春再统一修补，叫我们先绕着走。"


def _conclusion(walk: Journey) -> Conclusion:
    with walk.office.database.read() as session:
        query = select(Conclusion).where(Conclusion.case_id == walk.case_id)
        return session.scalars(query.order_by(Conclusion.number.desc())).first()  # type: ignore[return-value]  # there is one


def _refused(walk: Journey, login: str, verb: Any, **given: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        walk.on_case(login, verb, **given)
    return rules_of(refused)


@pytest.fixture
def walk(office: TestOffice) -> Journey:
    """Found, and the conclusion begun; a witness was heard."""
    journey = Journey(office).signed().logged()
    words = {"person": "王大山（养护工）", "questions": TALK, "read_back": True, "signed": True}
    journey.logged(photos=0, kind=RecordKind.INTERVIEW, method=Method.INSPECTION, words=words)
    journey.found()
    journey.on_task("du", fieldwork.begin_follow)
    journey.on_task("du", fieldwork.begin_fix)
    journey.on_case("fan", conclusions.begin_conclusion)
    return journey


@pytest.mark.rule("conclusion-second-reader")
def test_draft_is_read_over_by_somebody_else_before_it_is_proposed(walk: Journey) -> None:
    walk.drafted("fan")
    assert _refused(walk, "fan", conclusions.propose_conclusion) == {"conclusion-second-reader"}
    assert _refused(walk, "fan", second_reading.read_over) == {"conclusion-second-reader"}
    walk.read_over("du")
    assert _conclusion(walk).read_by == walk.office.staff_id("du")
    walk.on_case("fan", conclusions.propose_conclusion)


@pytest.mark.databases("sqlite")
def test_only_readers_of_the_case_with_the_role_read_over(walk: Journey) -> None:
    walk.drafted("fan")
    for login in ("head", "deputy"):
        assert "permission" in _refused(walk, login, second_reading.read_over)
    walk.read_over("director")
    with pytest.raises(StaleSubject), walk.acting("du") as acting:
        second_reading.read_over(acting, case_id=walk.case_id, version=1)


def test_changed_draft_is_read_and_checked_again_and_an_unchanged_one_is_not(walk: Journey) -> None:
    walk.drafted("fan").read_over()
    walk.drafted("fan")
    assert _conclusion(walk).read_by is not None
    walk.drafted("fan", unit_text="请于二十日内修复路面。")
    changed = _conclusion(walk)
    assert (changed.number, changed.read_by, changed.checked_by) == (1, None, walk.office.staff_id("fan"))
    assert _refused(walk, "fan", conclusions.propose_conclusion) == {"conclusion-second-reader"}


def test_reader_sends_back_with_remarks_that_the_drafter_reads(walk: Journey) -> None:
    walk.drafted("du").read_over("chen")
    assert _refused(walk, "fan", second_reading.send_back, note=" ") == {"return-reason"}
    walk.on_case("fan", second_reading.send_back, note="整改要求没有时限。")
    assert _conclusion(walk).read_by is None
    with walk.acting("du") as acting:
        note = acting.session.scalars(select(CaseNote).where(CaseNote.kind == NoteKind.REMARK)).one()
        assert acting.open(note.object_id)["text"] == "整改要求没有时限。"


@pytest.mark.rule("unit-wording")
def test_inspectors_alone_cannot_propose_what_nobody_compared_with_the_tips(walk: Journey) -> None:
    walk.drafted("du").read_over("chen")
    assert _conclusion(walk).checked_by is None
    assert _refused(walk, "du", conclusions.propose_conclusion) == {"unit-wording"}
    walk.on_case("fan", conclusions.propose_conclusion)
    assert _conclusion(walk).checked_by == walk.office.staff_id("fan")


def test_copied_words_of_a_tip_show_when_a_supervisor_reads_and_not_before(walk: Journey) -> None:
    copied = f"来件反映：{ACCOUNT[:24]}。请修复。"
    walk.drafted("du", unit_text=copied).read_over("chen")
    for verb in (second_reading.read_over, conclusions.propose_conclusion):
        with pytest.raises(InvalidInput) as invalid:
            walk.on_case("fan", verb)
        assert set(invalid.value.errors) == {"unit_text", "wording"}
        assert ACCOUNT[:24] in str(invalid.value.errors["unit_text"])
    with pytest.raises(InvalidInput):
        walk.drafted("fan", unit_text=copied)
    walk.on_case("fan", second_reading.read_over, wording_accepted=True)
    with walk.office.database.read() as session:
        entry = session.scalars(
            select(AuditEntry)
            .where(AuditEntry.event == "conclusion.read-over")
            .order_by(AuditEntry.number.desc())
        ).first()
        assert entry is not None
        assert entry.facts["wording"] == 1


@pytest.mark.parametrize("leak", ["据王大山说，路面未修。", f"有人说：{TALK[10:30]}。"])
def test_witness_and_words_of_an_interview_stop_anybodys_draft(walk: Journey, leak: str) -> None:
    with pytest.raises(InvalidInput) as invalid:
        walk.drafted("du", unit_text=leak)
    assert set(invalid.value.errors) == {"unit_text", "wording"}
    walk.drafted("du", unit_text=leak, wording_accepted=True)
    walk.drafted("du", file_text=leak)


def test_true_name_of_a_coded_witness_is_found_by_their_team_and_by_nobody_else(walk: Journey) -> None:
    with walk.acting("du") as acting:
        witnesses.code_witness(acting, acting.session.get_one(Task, walk.task_id), true_name="钱小满")
    named = "据钱小满说，路面未修。"
    with pytest.raises(InvalidInput) as invalid:
        walk.drafted("du", unit_text=named)
    assert set(invalid.value.errors) == {"unit_text", "wording"}
    walk.drafted("fan", unit_text=named)
    with pytest.raises(InvalidInput):
        walk.read_over("chen")


@pytest.mark.databases("sqlite")
def test_identifier_is_never_let_stand(walk: Journey) -> None:
    with pytest.raises(InvalidInput) as invalid:
        walk.drafted("fan", unit_text="请联系13812345678。", wording_accepted=True)
    assert set(invalid.value.errors) == {"unit_text"}


@pytest.mark.rule("delivery-receipt")
def test_delivery_has_its_receipt(office: TestOffice) -> None:
    walk = Journey(office).approved()
    day = {"delivered_on": walk.today}
    bare = Receipt(DeliveryMeans.HAND, "收文员王某")
    assert _refused(walk, "fan", conclusions.deliver_conclusion, receipt=bare, **day) == {"delivery-receipt"}
    with pytest.raises(InvalidInput) as invalid:
        walk.on_case("fan", conclusions.deliver_conclusion, receipt=Receipt(None, " ", note="存卷"), **day)
    assert set(invalid.value.errors) == {"means", "received_by"}
    scanned = Receipt(DeliveryMeans.LEFT, "收文员王某", scan=walk.photo(b"a receipt"))
    walk.on_case("fan", conclusions.deliver_conclusion, receipt=scanned, **day)
    with office.acting("fan") as acting:
        row = acting.session.get_one(Conclusion, _conclusion(walk).id)
        assert conclusions.read_receipt(acting, row) == {"received_by": "收文员王某", "note": ""}
        assert row.delivery_means is DeliveryMeans.LEFT
        assert row.receipt_scan_id in {one.object_id for one in walk.exhibits()}
        # A receipt is no evidence of what was inspected.
        assert row.receipt_scan_id not in {one.id for one in sources_of(acting.session, walk.case_id)}


def test_draft_cites_what_supports_what_refutes_and_what_does_not_count(walk: Journey) -> None:
    with walk.acting("du") as acting:
        material = drafting.material_for_draft(acting, acting.session.get_one(Case, walk.case_id))
    (first, _second) = material.cited
    assert [(one.kind, one.number) for one in first.supports] == [(None, 1)]
    assert (first.refutes, first.uncounted) == ((), ())
    assert first.claim.row.stance is Stance.SUPPORTS
