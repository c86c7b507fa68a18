"""Derived leads on their page: noted by the team, taken up or declined by the desk, linked for readers."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Case, DerivedLead, LeadState

FOUND = "相邻路段由同一养护站负责，同样未修。"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A visit with a photograph."""
    return Journey(desk.office).signed().logged()


def _lead(desk: Desk) -> DerivedLead:
    with desk.office.database.read() as session:
        return session.query(DerivedLead).order_by(DerivedLead.found_on.desc()).first()  # type: ignore[return-value]  # there is one


def test_lead_goes_from_the_team_to_a_case_of_its_own(desk: Desk, walk: Journey) -> None:
    page, du, fan = f"/cases/{walk.case_id}/leads", desk.person("du"), desk.person("fan")
    assert "Nothing found beyond this case" in text_of(du.get(f"{page}?lang=en"))
    assert du.post(page, {"text": " "}).status_code == 422
    record = str(walk.records()[0].id)
    assert du.post(page, {"text": FOUND, "sweep": "yes", "records": record}).status_code == 303
    assert "1 to decide" in text_of(fan.get(f"/cases/{walk.case_id}?lang=en"))
    lead = _lead(desk)
    assert fan.get(f"/leads/{lead.id}").headers["Location"] == page
    assert "Take it up" not in text_of(du.get(f"{page}?lang=en"))
    form = text_of(fan.get(f"/leads/{lead.id}/case?lang=en"))
    assert FOUND in form
    fields = {
        "version": lead.version, "title": "相邻路段修复情况", "brief": "核查相邻路段的破损与处理过程。",
        "allegation": "相邻路段长期破损", "case_type": "special", "content_basis": "statutory-duties",
        "category": "405", "priority": "P3", "units": [str(desk.office.unit_id("transport"))],
    }  # fmt: skip
    few = text_of(fan.post(f"/leads/{lead.id}/case?lang=en", fields), 422)
    assert "choose at least two units" in few
    assert "相邻路段修复情况" in few
    fields["units"] = [str(desk.office.unit_id(unit)) for unit in ("transport", "housing")]
    address = fan.post(f"/leads/{lead.id}/case", fields).headers["Location"]
    assert "相邻路段修复情况" in text_of(fan.get(page))
    assert "a case that you do not read" in text_of(du.get(f"{page}?lang=en"))
    derived = text_of(fan.get(f"{address}/leads?lang=en"))
    assert "This case was derived from another" in derived
    assert f'href="/cases/{walk.case_id}"' in derived
    with desk.office.database.read() as session:
        assert session.query(Case).count() == 2


def test_lead_is_declined_with_its_reason_and_strangers_see_nothing(desk: Desk, walk: Journey) -> None:
    page, du, fan = f"/cases/{walk.case_id}/leads", desk.person("du"), desk.person("fan")
    assert du.post(page, {"text": FOUND}).status_code == 303
    lead = _lead(desk)
    assert fan.post(f"/leads/{lead.id}/decline", {"version": lead.version, "note": ""}).status_code == 409
    assert (
        fan.post(f"/leads/{lead.id}/decline", {"version": lead.version, "note": "已修复。"}).status_code
        == 303
    )
    assert _lead(desk).state is LeadState.DECLINED
    assert "已修复。" in text_of(du.get(page))
    for address in (page, f"/leads/{lead.id}"):
        text_of(desk.person("wei").get(address), 404)
