"""Designated departments on their pages: written, made, revoked, listed, and on the compliance sheet."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.verification.domain.test_designating import Designating, on_the_town
from tests.verification.web.test_tips import text_of
from verification.models import Designation, DesignationState


@pytest.fixture
def walk(desk: Desk) -> Designating:
    """A docketed case with its plan."""
    journey = on_the_town(desk.office)
    journey.planned()
    return journey


def fields(walk: Designating, **changes: Any) -> dict[str, Any]:
    """The form as it is sent."""
    return {
        "unit": str(walk.office.unit_id("transport")),
        "matter": "道路养护专项督查",
        "scope": "清溪镇辖区",
        "duty": "take-part",
        "duty_words": "派员参加现场核查。",
        "starts_on": walk.today.isoformat(),
        "ends_on": walk.today.isoformat(),
        "number": "安政办〔2026〕5号",
    } | changes


def _row(desk: Desk) -> Designation:
    with desk.office.database.read() as session:
        return session.scalars(select(Designation)).one()


def test_designation_is_written_made_listed_and_revoked(desk: Desk, walk: Designating) -> None:
    page, fan, head = f"/cases/{walk.case_id}/designations", desk.person("fan"), desk.person("head")
    assert "No department is designated here" in text_of(fan.get(page))
    assert "No department is designated" in text_of(fan.get("/designations"))
    wrong = text_of(fan.post(f"{page}?lang=en", fields(walk, scope="", unit="")), 422)
    assert "道路养护专项督查" in wrong
    assert "Please write something here." in wrong
    text_of(fan.post(page, fields(walk)), 303)
    row = _row(desk)
    assert "Designate the department" not in text_of(fan.get(page))
    assert "Designate the department" in text_of(head.get(page))
    text_of(head.post(f"/designations/{row.id}/make", {"version": row.version}), 303)
    listed = text_of(desk.person("director").get("/designations"))
    for shown in ("Transport Bureau", "安政办〔2026〕5号", "this case alone", "Send people to the team"):
        assert shown in listed
    silent = head.post(f"/designations/{row.id}/revoke", {"version": 2, "note": ""})
    assert "What to do next" in text_of(silent, 409) or silent.status_code == 409
    text_of(head.post(f"/designations/{row.id}/revoke", {"version": 2, "note": "改由督查室承担。"}), 303)
    assert _row(desk).state is DesignationState.REVOKED
    assert "改由督查室承担。" in text_of(fan.get(page))


def test_team_page_names_the_rule_and_strangers_see_nothing(desk: Desk, walk: Designating) -> None:
    fan = desk.person("fan")
    assert "the body is not designated for this" in text_of(fan.get(f"/cases/{walk.case_id}/team"))
    walk.written()
    row = _row(desk)
    text_of(desk.person("du").get(f"/cases/{walk.case_id}/designations"), 404)
    text_of(desk.person("du").get(f"/designations/{row.id}"), 404)
    assert fan.get(f"/designations/{row.id}").location.startswith(f"/cases/{walk.case_id}/designations")
    assert "Transport Bureau" not in text_of(desk.person("du").get("/designations"))
    text_of(desk.person("head").post(f"/designations/{row.id}/make", {"version": 9}), 409)


def test_compliance_sheet_shows_that_departments_were_designated(desk: Desk, walk: Designating) -> None:
    sheet, fan = f"/cases/{walk.case_id}/compliance", desk.person("fan")
    assert "Departments on the team were designated" not in text_of(fan.get(sheet))
    walk.made()
    walk.send("du", "insider")
    assert "Departments on the team were designated" in text_of(fan.get(sheet))


def test_page_before_docketing_says_what_comes_first(desk: Desk) -> None:
    early = on_the_town(desk.office)
    early.proposed()
    page = text_of(desk.person("fan").get(f"/cases/{early.case_id}/designations"))
    assert "First the case is docketed" in page
    assert 'name="matter"' not in page
