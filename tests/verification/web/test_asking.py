"""Asking on the page: the question goes out, the answer is read, a “no” decided on; strangers see nothing."""

from __future__ import annotations

import pytest

from portal.models.records import Fixed
from tests.support.asking import answer, askings, press, rate, verify
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import AskingState, ItemState

QUESTION = "单位报告已经修好，真的修好了吗？"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A verified item of an answered case."""
    journey = Journey(desk.office).ordered().reported()
    verify(journey)
    answer(journey)
    return journey


def test_question_goes_out_and_a_no_is_decided_on(desk: Desk, walk: Journey) -> None:
    page, fan = f"/cases/{walk.case_id}/asked", desk.person("fan")
    assert "1 informants are still to be asked." in text_of(fan.get(page))
    empty = text_of(fan.post(page, {"version": walk.case.version, "text": ""}), 422)
    assert "Please write something here." in empty
    text_of(fan.post(page, {"version": walk.case.version, "text": QUESTION}), 303)
    assert "Not answered yet" in text_of(fan.get(page))
    assert "Ask the informants" not in text_of(fan.get(page))
    rate(walk, Fixed.NO, text="坑还在。")
    assert "坑还在。" not in text_of(desk.person("du").get(page))
    assert askings(walk)[0].state is AskingState.ANSWERED
    shown = text_of(fan.get(page))
    assert "Not fixed" in shown
    assert "路面坑洼未修" in shown
    assert "to be decided on" in text_of(fan.get(f"/cases/{walk.case_id}"))
    assert "坑还在。" in text_of(fan.get(f"/tips/{askings(walk)[0].tip_id}"))
    row = askings(walk)[0]
    decide = f"/askings/{row.id}/decide"
    typed = {"version": row.version, "decision": "verify-again", "reason": "坑还在，再看。"}
    refused = text_of(fan.post(f"{decide}?lang=en", typed), 409)
    assert "Choose what the team is to verify again." in refused
    assert "坑还在，再看。" in refused
    text_of(fan.post(decide, typed | {"items": str(walk.item_id)}), 303)
    assert walk.item.state is ItemState.REPORTED
    assert "坑还在，再看。" in text_of(desk.person("du").get(page))


def test_pressure_is_shown_in_red_and_stays_until_it_is_decided_on(desk: Desk, walk: Journey) -> None:
    page, fan = f"/cases/{walk.case_id}/asked", desk.person("fan")
    text_of(fan.post(page, {"version": walk.case.version, "text": QUESTION}), 303)
    press(walk, "村里来人了。")
    assert "Pressed to answer otherwise" in text_of(fan.get(page))
    notice = text_of(fan.get("/notices"))
    assert "is being pressed to answer otherwise" in notice
    assert fan.get(f"/askings/{askings(walk)[0].id}").headers["Location"] == page


def test_team_reads_and_decides_nothing_and_strangers_get_404(desk: Desk, walk: Journey) -> None:
    page, fan = f"/cases/{walk.case_id}/asked", desk.person("fan")
    text_of(fan.post(page, {"version": walk.case.version, "text": QUESTION}), 303)
    rate(walk, Fixed.PARTLY)
    text_of(fan.get(page))
    seen = text_of(desk.person("du").get(page))
    assert "Partly fixed" in seen
    assert "Decide on it" not in seen
    assert "What the informant wrote" not in seen
    row = askings(walk)[0]
    for login in ("wei", "second"):
        text_of(desk.person(login).get(page), 404)
        text_of(desk.person(login).get(f"/askings/{row.id}"), 404)
    assert "Asked whether it is fixed" not in text_of(desk.person("lian").get("/unit"))
    stale = {"version": 99, "decision": "stands", "reason": "复看合格。"}
    text_of(fan.post(f"/askings/{row.id}/decide", stale), 409)
