"""Who signs an item off had no part in the case, whatever the part was: each name that its rows keep."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import Update, update

from tests.support.asking import heard
from tests.support.journey import RECEIPT, Journey
from tests.support.office import TestOffice
from tests.support.sealed_files import seal_upload
from verification.domain import conclusions, items, paper, rectification
from verification.errors import Refused
from verification.models import Allegation, Case, CaseState, Conclusion, PaperAct, Task
from verification.workflow.states import Action

PARTS: dict[str, Callable[[Journey, uuid.UUID], Update]] = {
    "dispatched the team": lambda walk, who: (
        update(Task).where(Task.case_id == walk.case_id).values(dispatched_by=who)
    ),
    "approved the conclusion": lambda walk, who: (
        update(Conclusion).where(Conclusion.case_id == walk.case_id).values(approved_by=who)
    ),
    "delivered the conclusion": lambda walk, who: (
        update(Conclusion).where(Conclusion.case_id == walk.case_id).values(delivered_by=who)
    ),
    "docketed the case": lambda walk, who: (
        update(Case).where(Case.id == walk.case_id).values(docketed_by=who)
    ),
    "endorsed the case": lambda walk, who: (
        update(Case).where(Case.id == walk.case_id).values(endorsed_by=who)
    ),
    "found an allegation": lambda walk, who: (
        update(Allegation).where(Allegation.case_id == walk.case_id).values(found_by=who)
    ),
}


def _signers(office: TestOffice, walk: Journey) -> set[str]:
    with office.acting("du") as acting:
        return {person.login for person in items.possible_signers(acting, walk.item)}


@pytest.mark.parametrize("part", PARTS)
def test_signer_who_had_any_part_is_refused(office: TestOffice, part: str) -> None:
    walk = Journey(office).ordered().reported()
    assert "shen" in _signers(office, walk)
    with office.database.write() as session:
        session.execute(PARTS[part](walk, office.staff_id("shen")))
    assert "shen" not in _signers(office, walk)
    with pytest.raises(Refused) as refused:
        walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("shen"))
    assert [refusal.rule_id for refusal in refused.value.refusals] == ["close-off-uninvolved"]


def test_who_recorded_or_confirmed_a_paper_had_a_part_and_an_uninvolved_reviewer_still_signs(
    office: TestOffice,
) -> None:
    walk = Journey(office).concluding()
    walk.on_case("fan", conclusions.propose_conclusion)
    with office.acting("shen") as acting:
        recorded = paper.record_paper(
            acting,
            case=acting.session.get_one(Case, walk.case_id),
            action=Action.APPROVE_CONCLUSION,
            signed_by=office.staff_id("head"),
            signed_on=walk.today,
            scan=seal_upload(office, b"a signed paper"),
            note="",
        )
    with office.acting("fan") as acting:
        paper.confirm_paper(acting, paper_id=recorded.id)
    walk.on_case("fan", conclusions.deliver_conclusion, delivered_on=walk.today, receipt=RECEIPT)
    walk.with_item().on_case("fan", rectification.order_rectification)
    walk.reported()
    assert _signers(office, walk) == {"alternate", "second", "wei", "novice", "reviewer"}
    with office.database.read() as session:
        assert session.query(PaperAct).count() == 1
    walk.on_item("du", rectification.verify_item, note="合格。", signer=office.staff_id("reviewer"))
    heard(walk)
    walk.on_item("reviewer", rectification.sign_off_item)
    assert walk.case.state is CaseState.RECTIFYING
