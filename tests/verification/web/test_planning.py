"""The plan on its pages: burdens shown before and after, material asked for before, outside members."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.support.desk import Desk
from tests.support.journey import PLAN_TEXT, Journey
from verification.domain import planning


def _text(answer: Any, status: int = 200) -> str:
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("<main")[2]
    return text


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A case, docketed."""
    return Journey(desk.office).docketed()


def _fields(walk: Journey, **changes: Any) -> dict[str, Any]:
    return {
        "content": "核查路面破损。",
        "scope": "卫生院门前",
        "units": str(walk.office.unit_id("transport")),
        "methods": ["inspection", "reading"],
        "starts_on": walk.today.isoformat(),
        "ends_on": walk.today.replace(day=20).isoformat(),
        "people": "2",
        "hours": "16",
        "version": str(walk.case.version),
        **changes,
    }


def test_check_shows_burdens_and_writes_nothing(desk: Desk, walk: Journey) -> None:
    fan, plan = desk.person("fan"), f"/cases/{walk.case_id}/plan"
    version = walk.case.version
    page = _text(fan.post(f"{plan}?lang=en", _fields(walk, scope="请单位全程陪同", check="yes")))
    assert "The plan asks for an escort or a reception." in page
    assert "请单位全程陪同" in page, "what was typed stays"
    assert "Why it is needed all the same" in page
    light = _text(fan.post(f"{plan}?lang=en", _fields(walk, check="yes")))
    assert "Nothing in it burdens the unit" in light
    assert "Why it is needed all the same" not in light
    wrong = _text(fan.post(f"{plan}?lang=en", _fields(walk, check="yes", people="many")), 422)
    assert "Please give a whole number." in wrong
    assert walk.case.version == version


def test_burden_needs_a_reason_which_the_director_reads(desk: Desk, walk: Journey) -> None:
    fan, plan = desk.person("fan"), f"/cases/{walk.case_id}/plan"
    heavy = {"scope": "各村逐级自查", "meeting_people": "45"}
    page = _text(fan.post(f"{plan}?lang=en", _fields(walk, **heavy)), 409)
    assert "The plan calls a large meeting." in page
    assert "at most thirty people" in page
    assert fan.post(plan, _fields(walk, **heavy, burden_reason="点位分散须先摸底。")).status_code == 303
    shown = _text(desk.person("director").get(plan))
    assert "点位分散须先摸底。" in shown
    assert "self-checks layer by layer" in shown
    assert "Approve the plan" in shown


def test_plan_lists_material_with_where_it_lies_already(desk: Desk, walk: Journey) -> None:
    text = replace(PLAN_TEXT, materials=("巡查台账",))
    walk.on_case("fan", planning.write_and_propose_plan, text=text, frame=walk.plan_frame())
    walk.on_case("director", planning.approve_plan)
    later = Journey(desk.office).docketed()
    fan, plan = desk.person("fan"), f"/cases/{later.case_id}/plan"
    form = _text(fan.get(f"{plan}/new"))
    assert "Already with the office" in form
    assert "巡查台账" in form
    fields = _fields(later, materials="巡查台账\n养护合同\n")
    assert fan.post(plan, fields).status_code == 303
    page = _text(fan.get(plan))
    items = re.findall(r'<li class="board-item">(.*?)</li>', page, re.DOTALL)
    asked = {item.split()[0]: f"/cases/{walk.case_id}" in item for item in items}
    assert asked == {"巡查台账": True, "养护合同": False}


def test_plan_names_who_is_not_ready_and_outside_members(desk: Desk, walk: Journey) -> None:
    office = desk.office
    text = replace(
        PLAN_TEXT,
        leader=office.staff_id("du"),
        members=(office.staff_id("du"), office.staff_id("novice")),
        outside=(office.staff_id("guest"),),
    )
    walk.on_case("fan", planning.write_and_propose_plan, text=text, frame=walk.plan_frame())
    page = _text(desk.person("director").get(f"/cases/{walk.case_id}/plan"))
    people = re.findall(r"<strong>(Person \w+)</strong> <span[^>]*>(.*?) · .*?</li>", page, re.DOTALL)
    assert people == [
        ("Person du", "Leader"),
        ("Person novice", "Member"),
        ("Person guest", "Outside member"),
    ]
    assert page.count("no training record") == page.count("undertaking not signed") == 1


def test_outside_member_is_sent_and_reads_this_case_alone(desk: Desk) -> None:
    other, walk = Journey(desk.office).planned(), Journey(desk.office).planned()
    fan = desk.person("fan")
    page = _text(fan.get(f"/cases/{walk.case_id}/team"))
    fields = {
        "version": str(walk.case.version),
        "team": [str(desk.office.staff_id(login)) for login in ("du", "chen")],
        "leader": str(desk.office.staff_id("du")),
        "outside": str(desk.office.staff_id("guest")),
        "plan": re.findall(r'name="plan" value="([^"]+)"', page)[0],
        "due_on": re.findall(r'name="due_on" type="date" value="([^"]+)"', page)[0],
    }
    answer = fan.post(f"/cases/{walk.case_id}/team", fields)
    assert answer.status_code == 303
    guest = desk.person("guest")
    case = _text(guest.get(f"/cases/{walk.case_id}"))
    assert "Only the desk sees this box." not in case
    assert "Only the desk sees this box." in _text(fan.get(f"/cases/{walk.case_id}"))
    task = _text(guest.get(str(answer.headers["Location"])))
    assert "Person guest" in task
    assert guest.get(f"/cases/{other.case_id}").status_code == 404
    assert _text(guest.get("/cases")).count("/cases/") == _text(guest.get("/cases")).count(
        f"/cases/{walk.case_id}"
    )


def test_next_version_is_written_and_approved_while_a_team_is_out(desk: Desk) -> None:
    walk = Journey(desk.office).signed()
    plan = f"/cases/{walk.case_id}/plan"
    fan, director = desk.person("fan"), desk.person("director")
    assert "Write the next version" in _text(fan.get(plan))
    assert "Approve the plan" not in _text(director.get(plan))
    assert "Approve the plan" not in _text(director.get(f"/cases/{walk.case_id}"))
    assert fan.post(plan, _fields(walk)).status_code == 303
    assert f"/cases/{walk.case_id}" in _text(director.get("/approvals"))
    assert director.post(f"{plan}/approve", {"version": str(walk.case.version)}).status_code == 303
    assert "Approved and locked" in _text(director.get(plan))
