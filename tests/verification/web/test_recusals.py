"""Keeping away on the page: asked for oneself and for others, decided, replaced, checked by another."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import RecusalRequest, RecusalState

WHY = "其配偶在该局任职。"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """Visited by du and chen, everything found."""
    return Journey(desk.office).fixing()


def _request(desk: Desk) -> RecusalRequest:
    with desk.office.database.read() as session:
        return session.scalars(select(RecusalRequest)).one()


def _asked_oneself(desk: Desk, walk: Journey) -> None:
    answer = desk.person("du").post(
        f"/cases/{walk.case_id}/recusals/own", {"ground": "kinship", "reason": WHY}
    )
    text_of(answer, 303)


def _decided(desk: Desk, decision: str, note: str = "") -> None:
    row = _request(desk)
    sent = {"version": row.version, "decision": decision, "note": note}
    text_of(desk.person("director").post(f"/recusals/{row.id}/decision", sent), 303)


def test_own_request_is_granted_and_the_case_is_gone_for_them(desk: Desk, walk: Journey) -> None:
    page, du, director = f"/cases/{walk.case_id}/recusals", desk.person("du"), desk.person("director")
    assert "I must keep away myself" in text_of(du.get(page))
    _asked_oneself(desk, walk)
    assert "I must keep away myself" not in text_of(du.get(page))
    assert "Whether somebody keeps away" in text_of(director.get("/"))
    assert "1 to decide" in text_of(director.get(f"/cases/{walk.case_id}"))
    assert WHY in text_of(director.get(page))
    _decided(desk, "grant")
    for address in (page, f"/cases/{walk.case_id}", f"/tasks/{walk.task_id}"):
        text_of(du.get(address), 404)
    sheet = text_of(director.get(page))
    assert "by decision" in sheet
    assert "Whether somebody keeps away" not in text_of(director.get("/"))


def test_request_about_another_keeps_what_was_typed_and_is_refused_with_its_reason(
    desk: Desk, walk: Journey
) -> None:
    fan, page = desk.person("fan"), f"/cases/{walk.case_id}/recusals"
    sent = {
        "person": str(desk.office.staff_id("du")),
        "origin": "interested-person",
        "asked_by": "",
        "ground": "former-post",
        "reason": WHY,
    }
    wrong = text_of(fan.post(f"{page}/other", sent), 422)
    assert WHY in wrong
    text_of(fan.post(f"{page}/other", sent | {"origin": "nobody"}), 422)
    text_of(fan.post(f"{page}/other", sent | {"asked_by": "该局法定代表人"}), 303)
    row = _request(desk)
    director = desk.person("director")
    missing = {"version": row.version, "decision": "refuse", "note": ""}
    refused = text_of(director.post(f"/recusals/{row.id}/decision", missing), 409)
    assert "Write why this person may stay." in refused
    text_of(director.post(f"/recusals/{row.id}/decision", missing | {"decision": "perhaps"}), 422)
    _decided(desk, "refuse", "已离任满五年。")
    assert _request(desk).state is RecusalState.REFUSED
    assert "已离任满五年。" in text_of(fan.get(page))
    assert "该局法定代表人" not in text_of(desk.person("du").get(page))


def test_replacement_and_check_on_their_pages(desk: Desk, walk: Journey) -> None:
    _asked_oneself(desk, walk)
    _decided(desk, "grant")
    chen, fan = desk.person("chen"), desk.person("fan")
    task = f"/tasks/{walk.task_id}"
    page = text_of(chen.get(task))
    assert "until a replacement is named" in page
    assert "Recorded by somebody who keeps away by now" in page
    assert "Must be checked by another" in page
    text_of(chen.get(f"{task}/team"), 404)
    assert "1 missing." in text_of(fan.get(f"{task}/team"))
    sent = {"version": walk.task.version, "team": "", "leader": str(desk.office.staff_id("chen"))}
    text_of(fan.post(f"{task}/team", sent), 422)
    text_of(fan.post(f"{task}/team", sent | {"team": str(desk.office.staff_id("wei"))}), 303)
    allegation = f"{task}/allegations/{walk.allegations()[0].id}"
    assert "I checked it: it stands" in text_of(chen.get(allegation))
    text_of(chen.post(f"{allegation}/check", {"note": ""}), 422)
    text_of(chen.post(f"{allegation}/check", {"note": "到现场重新量过。"}), 303)
    after = text_of(chen.get(allegation))
    assert "到现场重新量过。" in after
    assert "I checked it: it stands" not in after
    assert "checked by another" in text_of(fan.get(f"/cases/{walk.case_id}/compliance"))


def test_strangers_see_nothing_and_a_decision_on_an_old_page_is_stale(desk: Desk, walk: Journey) -> None:
    _asked_oneself(desk, walk)
    row = _request(desk)
    text_of(desk.person("wei").get(f"/cases/{walk.case_id}/recusals"), 404)
    text_of(desk.person("fan").post(f"/recusals/{row.id}/decision", {"decision": "grant"}), 404)
    stale = {"version": 9, "decision": "grant"}
    text_of(desk.person("director").post(f"/recusals/{row.id}/decision", stale), 409)
