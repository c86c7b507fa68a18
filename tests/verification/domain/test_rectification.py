"""Rectification from the order to the close-off, and the end of the case: who may, who can read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.asking import heard
from tests.support.journey import Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import read_original, seal_upload
from verification.audit.verify import verify_chain
from verification.domain import (
    answering,
    casework,
    fieldwork,
    items,
    readers,
    rectification,
)
from verification.domain.exhibits import NewExhibit, read_exhibits
from verification.domain.items import ItemText
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import (
    Case,
    CaseState,
    Deadline,
    Interest,
    InterestKind,
    ItemState,
    StaffNotice,
    TaskState,
)


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


@pytest.mark.rule("clock-rectify")
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


@pytest.mark.rule("reg-18", "item-proof")
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


@pytest.mark.rule("clock-verify-item")
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


@pytest.mark.rule("close-off-uninvolved")
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
    assert names == {"shen", "alternate", "second", "wei", "novice", "reviewer"}


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
    heard(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    assert (walk.item.state, walk.item.closed_off_at) == (ItemState.CLOSED_OFF, office.clock.now())


def test_refused_sign_off_goes_back_to_the_unit_and_a_new_signer_takes_over(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("wei"))
    walk.on_item("wei", rectification.refuse_sign_off, note="照片看不出第三处。")
    with pytest.raises(KeyLocked), office.acting("wei") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    for login, is_left in (("du", True), ("fan", False)):
        with office.acting(login) as acting:
            case = acting.session.get_one(Case, walk.case_id)
            readers.renew_case_key(acting, case)
            assert case.key_left is is_left
    with office.acting("lian") as acting:
        assert items.read_reports(acting, walk.item)[0].returned == "照片看不出第三处。"
    walk.reported()
    walk.on_item("du", rectification.verify_item, note="补拍合格。", signer=office.staff_id("reviewer"))
    with pytest.raises(KeyLocked), office.acting("wei") as acting:
        casework.read_brief(acting, acting.session.get_one(Case, walk.case_id))
    heard(walk)
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


@pytest.mark.rule("close-answered", "close-items")
def test_whole_second_half_ends_in_a_closed_case_and_an_unbroken_trail(
    office: TestOffice,
) -> None:
    walk = Journey(office).ordered().reported()
    with pytest.raises(Refused) as too_early:
        walk.on_case("fan", answering.close_case)
    assert _rules(too_early) == ["close-items", "close-answered"]
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("reviewer"))
    heard(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    walk.on_task("du", fieldwork.finish_task)
    walk.on_case("fan", answering.close_case)
    assert (walk.case.state, walk.task.state) == (CaseState.CLOSED, TaskState.DONE)
    with office.database.read() as session:
        assert verify_chain(session, trust=office.trust).broken_at is None
        running = select(Deadline.rule_id).where(Deadline.met_on.is_(None))
        assert set(session.scalars(running)) == {"reg-17-objection", "clock-look-back"}


def test_a_proof_is_named_as_the_units_and_cannot_be_filed_twice(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    proof = NewExhibit(file=seal_upload(office, b"proof"))
    walk.on_item("lian", rectification.report_item, measures="已修复。", proofs=[proof])
    assert [row.source.value for row in walk.exhibits()] == ["inspector", "unit"]
    walk.on_item("du", rectification.return_item, note="请补充。")
    with pytest.raises(InvalidInput) as again:
        walk.on_item("lian", rectification.report_item, measures="已修复。", proofs=[proof])
    assert set(again.value.errors) == {"files"}
