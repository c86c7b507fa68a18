"""The compliance sheet: what is shown, what is missing, and what is not due yet."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.support.made import Papers
from tests.verification.web.test_tips import text_of
from verification.documents.making import Numbering
from verification.models import Allegation, Case, CaseState, DocumentKind, FieldRecord
from verification.policy.rulebook import shipped_rules
from verification.queries.compliance import steps_of
from verification.queries.compliance_steps import Met, Step, StepCode
from verification.web.compliance import MET, STEPS


def steps(walk: Journey, login: str = "fan") -> dict[StepCode, Step]:
    with walk.acting(login) as acting:
        return {step.code: step for step in steps_of(acting, acting.session.get_one(Case, walk.case_id))}


def met(walk: Journey, wanted: Met) -> set[StepCode]:
    return {code for code, step in steps(walk).items() if step.met is wanted}


def test_case_that_went_its_way_has_nothing_missing(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    assert met(walk, Met.MISSING) == set()
    done = met(walk, Met.DONE)
    assert done >= {
        StepCode.CONTENT, StepCode.OBJECTS, StepCode.DOCKETED, StepCode.PLANNED, StepCode.TEAM,
        StepCode.AFTER_DOCKET, StepCode.FINDINGS, StepCode.EXHIBITS, StepCode.STATEMENTS,
        StepCode.CONCLUDED, StepCode.DELIVERED,
    }  # fmt: skip
    assert {StepCode.VERIFIED, StepCode.CLOSED_OFF, StepCode.CLOSED} <= met(walk, Met.NOT_YET)
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/compliance"))
    assert "Every step that was due can be shown." in page
    assert "row-missing" not in page
    assert f'href="/cases/{walk.case_id}/compliance"' in text_of(
        desk.person("fan").get(f"/cases/{walk.case_id}")
    )


@pytest.mark.databases("sqlite")
def test_official_document_stands_beside_the_step_that_it_shows(desk: Desk) -> None:
    walk = Papers(desk.office)
    walk.planned()
    form = walk.make(DocumentKind.DOCKETING_FORM, suggestion="建议立项。")
    plan = walk.make(DocumentKind.PLAN)
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/compliance"))
    assert f'href="/documents/{form.document_id}"' in page
    assert f'href="/documents/{plan.document_id}"' in page
    # The visit is not announced: documents are for whoever is in on it.
    assert "/documents/" not in text_of(desk.person("shen").get(f"/cases/{walk.case_id}/compliance"))


@pytest.mark.databases("sqlite")
def test_document_stands_there_with_its_number(desk: Desk) -> None:
    walk = Papers(desk.office)
    walk.delivered()
    unit = desk.office.unit_id("transport")
    made = walk.make(DocumentKind.CONCLUSION, unit, numbering=Numbering.NEXT)
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/compliance"))
    assert made.number in page.partition(f'href="/documents/{made.document_id}"')[2].partition("</p>")[0]
    assert made.number.endswith("1号")


def test_fresh_case_owes_nothing_yet(desk: Desk) -> None:
    walk = Journey(desk.office).proposed()
    assert met(walk, Met.MISSING) == set()
    assert StepCode.DOCKETED in met(walk, Met.NOT_YET)


@pytest.mark.databases("sqlite")
def test_what_is_missing_stands_in_red_with_its_rule(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    with desk.office.database.write() as session:
        case = session.get_one(Case, walk.case_id)
        assert case.docketed_at is not None
        session.execute(update(Case).values(docketed_by=case.proposed_by, content_basis=None))
        session.execute(update(Allegation).values(finding=None))
        session.execute(update(FieldRecord).values(off_plan=True))
    assert met(walk, Met.MISSING) == {
        StepCode.CONTENT, StepCode.DOCKET_APART, StepCode.FINDINGS, StepCode.WITHIN_PLAN,
    }  # fmt: skip
    page = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/compliance"))
    assert "4 steps cannot be shown" in page
    assert page.count("row-missing") == 4
    assert "Regulation on Government Supervision" in page


@pytest.mark.databases("sqlite")
def test_whoever_may_not_read_the_case_sees_no_sheet(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    for login in ("lian", "wei"):
        assert desk.person(login).get(f"/cases/{walk.case_id}/compliance").status_code == 404


def test_every_step_and_state_has_words_and_every_rule_exists(desk: Desk) -> None:
    assert set(STEPS) == set(StepCode)
    assert set(MET) == set(Met)
    walk, rules = Journey(desk.office).ordered(), shipped_rules()
    assert walk.case.state in CaseState
    assert all(rule_id in rules for step in steps(walk).values() for rule_id in step.rule_ids)
