"""False rectification stays a fact and is seen on the spot; more time is asked for once and decided on."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.asking import heard, verify
from tests.support.journey import Journey
from tests.support.office import TestOffice
from verification.domain import extending, items, rectification
from verification.errors import InvalidInput, KeyLocked, NotHere, Refused
from verification.models import Case, Deadline, Extension, ExtensionState, ItemState, VerifiedHow
from verification.policy.workdays import end_of
from verification.queries.compliance import steps_of
from verification.queries.compliance_steps import Met, StepCode


def _rules(refused: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [refusal.rule_id for refusal in refused.value.refusals]


def _line(walk: Journey, code: StepCode) -> tuple[Met, int, int] | None:
    with walk.acting("fan") as acting:
        found = [
            step for step in steps_of(acting, acting.session.get_one(Case, walk.case_id)) if step.code is code
        ]
    return (found[0].met, found[0].done, found[0].needed) if found else None


# --- false rectification -----------------------------------------------------------------------------------


@pytest.mark.rule("item-false")
def test_false_report_opens_the_item_again_and_is_never_verified_by_documents(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    assert _line(walk, StepCode.FALSE_REPORTS) is None
    with pytest.raises(Refused) as silent:
        walk.on_item("du", rectification.mark_false, note="")
    assert _rules(silent) == ["return-reason"]
    walk.on_item("du", rectification.mark_false, note="照片是另一条路。")
    assert walk.item.state is ItemState.FALSE
    with office.acting("lian") as acting:
        assert items.read_reports(acting, walk.item)[0].returned == "照片是另一条路。"
    walk.reported()
    signer = office.staff_id("reviewer")
    with pytest.raises(Refused) as on_paper:
        walk.on_item(
            "du", rectification.verify_item, note="材料齐全。", signer=signer, how=VerifiedHow.DOCUMENTS
        )
    assert _rules(on_paper) == ["item-false"]
    verify(walk)
    assert walk.item.verified_how is VerifiedHow.ON_SITE
    assert _line(walk, StepCode.FALSE_REPORTS) == (Met.NOT_YET, 0, 1)
    heard(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    assert _line(walk, StepCode.FALSE_REPORTS) == (Met.DONE, 1, 1)
    with office.acting("fan") as acting:
        (lie,) = items.false_reports(acting, walk.case_id)
        assert (lie.item_id, lie.false_by) == (walk.item_id, office.staff_id("du"))


def test_honest_report_may_be_verified_by_documents(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    signer = office.staff_id("reviewer")
    walk.on_item("du", rectification.verify_item, note="合同齐全。", signer=signer, how=VerifiedHow.DOCUMENTS)
    assert (walk.item.state, walk.item.verified_how) == (ItemState.VERIFIED, VerifiedHow.DOCUMENTS)


def test_only_the_team_says_that_it_was_false(office: TestOffice) -> None:
    walk = Journey(office).ordered().reported()
    for login, rule in (("wei", "item-verified"), ("fan", "permission")):
        with pytest.raises(Refused) as stranger:
            walk.on_item(login, rectification.mark_false, note="不实。")
        assert rule in _rules(stranger)


# --- more time ---------------------------------------------------------------------------------------------


def _ask(walk: Journey, *, days: int = 10, reason: str = "雨季无法施工。") -> Extension:
    until = walk.item.due_on + timedelta(days=days)
    row: Extension = walk.on_item("lian", extending.ask_extension, until=until, reason=reason)
    return row


def _decide(walk: Journey, row: Extension, login: str, *, granted: bool, reason: str = "同意。") -> None:
    with walk.acting(login) as acting:
        extending.decide_extension(
            acting, extension_id=row.id, version=row.version, granted=granted, reason=reason
        )


@pytest.mark.rule("extension-once")
def test_more_time_is_asked_for_once_and_moves_date_and_clock(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    with pytest.raises(Refused) as unfit:
        _ask(walk, days=0, reason="")
    assert _rules(unfit) == ["extension-once", "extension-once"]
    with pytest.raises(InvalidInput) as past:
        _ask(walk, days=-99)
    assert set(past.value.errors) == {"until"}
    due = walk.item.due_on
    row = _ask(walk)
    assert walk.item.due_on == due
    with pytest.raises(Refused) as silent:
        _decide(walk, row, "director", granted=True, reason="")
    assert _rules(silent) == ["return-reason"]
    _decide(walk, row, "director", granted=True)
    assert walk.item.due_on == due + timedelta(days=10)
    with office.database.read() as session:
        clock = session.scalars(select(Deadline).where(Deadline.subject_id == walk.item_id)).one()
        assert clock.due_at == end_of(walk.item.due_on)
    with pytest.raises(Refused) as second:
        _ask(walk)
    assert _rules(second) == ["extension-once"]


def test_refused_more_time_leaves_the_date_and_is_read_by_the_unit(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    due, row = walk.item.due_on, _ask(walk)
    _decide(walk, row, "fan", granted=False, reason="可分段施工。")
    assert walk.item.due_on == due
    with office.acting("lian") as acting:
        read = extending.extension_of(acting, walk.item_id)
        assert read is not None
        assert (read.row.state, read.reason, read.decision) == (
            ExtensionState.REFUSED, "雨季无法施工。", "可分段施工。",
        )  # fmt: skip
    with pytest.raises(KeyLocked), office.acting("other") as acting:
        extending.extension_of(acting, walk.item_id)


def test_who_may_not_ask_or_decide(office: TestOffice) -> None:
    walk = Journey(office).ordered()
    until = walk.item.due_on + timedelta(days=3)
    with pytest.raises(Refused) as other:
        walk.on_item("other", extending.ask_extension, until=until, reason="延期。")
    assert _rules(other) == ["reg-18"]
    row = _ask(walk)
    with pytest.raises(Refused) as inspector:
        _decide(walk, row, "du", granted=True)
    assert _rules(inspector) == ["permission"]
    walk.reported()
    with pytest.raises(Refused) as reported:
        _ask(walk)
    assert _rules(reported) == ["state"]
    with pytest.raises(NotHere), office.acting("fan") as acting:
        extending.decide_extension(
            acting, extension_id=walk.case_id, version=1, granted=True, reason="同意。"
        )
