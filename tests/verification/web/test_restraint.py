"""What keeps inspections few, on the case's page and its compliance sheet."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.domain.test_restraint import WHY, Planned
from tests.verification.web.test_tips import text_of
from verification.models import CaseSource, CaseState


def test_director_sets_the_quota_aside_on_the_page_and_the_head_approves(desk: Desk) -> None:
    for category in ("405", "404"):
        Planned(desk.office).docketed_now(category=category)
    walk = Planned(desk.office).proposed_now(category="501")
    page, head, director = f"/cases/{walk.case_id}", desk.person("head"), desk.person("director")
    assert "The yearly quota is used up" in text_of(head.get(page))
    assert "Set the quota aside" not in text_of(head.get(page))
    refused = text_of(head.post(f"{page}/approve?lang=en", {"version": walk.case.version}), 409)
    assert "ask the director to set the quota aside" in refused
    assert "Set the quota aside" in text_of(director.get(page))
    empty = director.post(f"{page}/override?lang=en", {"version": walk.case.version, "reason": ""})
    assert "Please write something here." in text_of(empty, 422)
    text_of(director.post(f"{page}/override", {"version": walk.case.version, "reason": WHY}), 303)
    shown = text_of(head.get(page))
    assert WHY in shown
    assert "Set aside by Person director" in shown
    assert "The yearly quota is used up" not in shown
    text_of(head.post(f"{page}/approve", {"version": walk.case.version}), 303)
    assert walk.case.state is CaseState.DOCKETED
    sheet = " ".join(text_of(desk.person("fan").get(f"{page}/compliance")).split())
    assert "Beyond the yearly quota by the director" in sheet
    assert "Running and recent inspections were searched for" in sheet
    lagging = text_of(director.get("/weak-spots")).partition("Went on in spite of a rule")[2]
    assert page in lagging
    assert "Person director · " in lagging


def test_proposal_asks_for_the_basis_where_only_a_town_is_inspected(desk: Desk) -> None:
    walk = Planned(desk.office)
    walk.opened(CaseSource.PLAN, unit_ids=(desk.office.unit_id("qingxi"),))
    page, fan = f"/cases/{walk.case_id}", desk.person("fan")
    shown = " ".join(text_of(fan.get(page)).split())
    assert "By the duty list it belongs to: Transport Bureau" in shown
    text_of(fan.post(f"{page}/propose", {"version": 1, "duty_basis": ""}), 409)
    text_of(fan.post(f"{page}/propose", {"version": 1, "duty_basis": "县政府〔2025〕3号文件"}), 303)
    assert "县政府〔2025〕3号文件" in text_of(desk.person("head").get(page))


def test_head_sees_the_search_that_went_with_the_proposal(desk: Desk) -> None:
    first = Planned(desk.office).docketed_now()
    second = Planned(desk.office).proposed_now()
    page = text_of(desk.person("head").get(f"/cases/{second.case_id}"))
    assert "Overlap search of" in page
    assert f"/cases/{first.case_id}" in page
    alone = text_of(desk.person("head").get(f"/cases/{first.case_id}"))
    assert "No other inspection of these units on this matter was found." in alone


@pytest.mark.rule("site-load")
def test_hours_beyond_the_plan_are_warned_of(desk: Desk) -> None:
    walk = Journey(desk.office).signed().logged(minutes=470)
    page = f"/cases/{walk.case_id}"
    shown = text_of(desk.person("fan").get(page))
    assert "On site: 2 of 2 people, 16 of 16 person-hours" in shown
    assert "more than planned" not in shown
    walk.logged(minutes=60)
    over = text_of(desk.person("fan").get(page))
    assert "more than planned" in over
    assert "what goes beyond is warned of" in over
    sheet = text_of(desk.person("fan").get(f"{page}/compliance"))
    assert "People and hours on site within the plan" in sheet
