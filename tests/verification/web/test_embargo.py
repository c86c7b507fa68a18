"""An unannounced visit on every page of its case, for everybody who reads the case: seen, or not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.journey import Journey
from verification.domain import dispatch
from verification.models import Exhibit

#: Who holds the case key in whatever way; the last three of them may not know of the visit.
INSIDE = ("fan", "director", "du", "chen", "guest")
OUTSIDE = ("head", "deputy", "shen")


def _text(answer: Any, status: int = 200) -> str:
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("<main")[2]
    return text


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A team on site that has not shown its cards: it took a photograph from outside."""
    walk = Journey(desk.office).planned().dispatched(outside=("guest",))
    walk.on_task("du", dispatch.sign_task)
    return walk.logged(words={"card_shown": False, "seen": "在外围查看路面。"})


def _addresses(walk: Journey) -> dict[str, str]:
    with walk.office.database.read() as session:
        exhibit = session.scalars(select(Exhibit.object_id)).one()
    case = f"/cases/{walk.case_id}"
    return {
        "case": case,
        "sheet": f"{case}/compliance",
        "referrals": f"{case}/referrals",
        "plan": f"{case}/plan",
        "conclusion": f"{case}/conclusion",
        "items": f"{case}/items",
        "task": f"/tasks/{walk.task_id}",
        "exhibit": f"/exhibits/{exhibit}",
        "viewer": f"/files/{exhibit}/view",
        "team": f"{case}/team",
        "new plan": f"{case}/plan/new",
    }


def test_addresses_are_real(desk: Desk, walk: Journey) -> None:
    adapter = desk.app.url_map.bind("localhost")
    for address in _addresses(walk).values():
        assert adapter.match(address, method="GET")


@pytest.mark.databases("sqlite")
def test_pages_of_the_visit_are_there_for_those_inside_and_for_nobody_else(desk: Desk, walk: Journey) -> None:
    addresses = _addresses(walk)
    docketed = {"case", "sheet", "referrals"}
    seen = {
        login: {
            name for name, address in addresses.items() if desk.person(login).get(address).status_code == 200
        }
        for login in (*INSIDE, *OUTSIDE)
    }
    everything = set(addresses) - {"team", "new plan"}
    assert seen == {
        "fan": set(addresses),
        **dict.fromkeys(("director", "du", "chen", "guest"), everything),
        **dict.fromkeys(OUTSIDE, docketed),
    }
    walk.logged(photos=0)
    for login in OUTSIDE:
        person = desk.person(login)
        shown = {name for name, address in addresses.items() if person.get(address).status_code == 200}
        assert shown >= everything - {"task"}, login


@pytest.mark.databases("sqlite")
def test_forms_of_the_visit_answer_nobody_outside(desk: Desk, walk: Journey) -> None:
    case = f"/cases/{walk.case_id}"
    fields = {"version": str(walk.case.version), "note": "退回", "ruling": "uphold", "title": "x"}
    shen = desk.person("shen")
    posts = (
        f"{case}/plan", f"{case}/plan/revise", f"{case}/plan/let-in", f"{case}/team",
        f"/tasks/{walk.task_id}/ruling", f"{case}/conclusion/begin", f"{case}/close",
    )  # fmt: skip
    assert {address: shen.post(address, fields).status_code for address in posts} == dict.fromkeys(posts, 404)
    assert shen.post(f"{case}/plan", fields | {"check": "yes"}).status_code == 404


@pytest.mark.databases("sqlite")
def test_case_page_and_sheet_tell_nothing_after_the_docketing(desk: Desk, walk: Journey) -> None:
    words = re.compile(
        r"Verifying|Unannounced|Plan version|Person du|Person chen|Task dispatched|Plan approved|"
        r"Task signed|/plan|/tasks/|Dispatched"
    )
    for address in (f"/cases/{walk.case_id}", f"/cases/{walk.case_id}/compliance", "/cases", "/", "/notices"):
        for login in OUTSIDE:
            main = _text(desk.person(login).get(address)).partition("<main")[2]
            assert words.findall(main) == [], (login, address)
    inside = _text(desk.person("fan").get(f"/cases/{walk.case_id}")).partition("<main")[2]
    assert {"Verifying", "Unannounced", "Person du", "/plan", "/tasks/"} <= set(words.findall(inside))
    sheet = _text(desk.person("fan").get(f"/cases/{walk.case_id}/compliance")).partition("<main")[2]
    assert "Person du" in sheet


@pytest.mark.databases("sqlite")
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("login", OUTSIDE)
def test_no_page_leads_somebody_outside_to_where_they_may_not_go(
    desk: Desk, walk: Journey, login: str
) -> None:
    person, case = desk.person(login), f"/cases/{walk.case_id}"
    for page in (case, f"{case}/compliance", f"{case}/referrals", "/", "/cases", "/notices"):
        shown = person.get(page)
        links = (
            set(re.findall(r'href="(/[^"#?]*)', shown.get_data(as_text=True)))
            if shown.status_code == 200
            else set()
        )
        assert shown.status_code in (200, 404), page
        dead = {link for link in links if link.startswith(("/cases/", "/tasks/", "/exhibits/", "/files/"))}
        assert {link: person.get(link).status_code for link in dead} == dict.fromkeys(dead, 200), page


def test_plan_says_that_it_is_secret_and_lets_a_colleague_in(desk: Desk, walk: Journey) -> None:
    plan = f"/cases/{walk.case_id}/plan"
    page = _text(desk.person("fan").get(plan))
    assert "Not to be known yet" in page
    assert "Let a colleague in" in page
    assert "Let a colleague in" not in _text(desk.person("du").get(plan))
    wrong = desk.person("fan").post(f"{plan}/let-in?lang=en", {"colleague": ""})
    assert "Please choose one from the list." in _text(wrong, 422)
    shen = str(desk.office.staff_id("shen"))
    assert desk.person("fan").post(f"{plan}/let-in", {"colleague": shen}).status_code == 303
    assert "Not to be known yet" in _text(desk.person("shen").get(plan))
    walk.logged(photos=0)
    assert "Not to be known yet" not in _text(desk.person("shen").get(plan))


@pytest.mark.databases("sqlite")
def test_notice_is_issued_on_the_plan_page_and_read_on_the_units_desk(desk: Desk, walk: Journey) -> None:
    plan, fan = f"/cases/{walk.case_id}/plan", desk.person("fan")
    assert "Issue the notice to the unit" not in _text(fan.get(plan))
    fields = {"version": str(walk.case.version), "words": "请安排一间办公室。"}
    refused = _text(fan.post(f"{plan}/notice?lang=en", fields), 409)
    assert "no notice goes out before the card was shown on site" in refused
    assert "county notice" in refused
    lian = desk.person("lian")
    assert "Inspections announced" not in _text(lian.get("/unit"))
    walk.logged(photos=0)
    assert "Issue the notice to the unit" in _text(fan.get(plan))
    assert fan.post(f"{plan}/notice", fields | {"version": str(walk.case.version)}).status_code == 303
    page = _text(lian.get("/unit"))
    assert "Inspections announced" in page
    assert "请安排一间办公室。" in page
    notices = _text(lian.get("/notices"))
    assert "Units told of the inspection" in notices
    assert f"/cases/{walk.case_id}" not in notices
