"""On the pages: a report marked as false, and more time asked for by the unit and decided by the office."""

from __future__ import annotations

from datetime import timedelta

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import ItemState


def test_false_report_is_marked_and_offered_as_a_ground(desk: Desk) -> None:
    walk = Journey(desk.office).ordered().reported()
    item, du = f"/items/{walk.item_id}", desk.person("du")
    assert "Mark as false rectification" in text_of(du.get(item))
    text_of(du.post(f"{item}/false", {"version": walk.item.version, "note": "照片是别处的。"}), 303)
    assert walk.item.state is ItemState.FALSE
    assert "False rectification" in text_of(du.get(item))
    assert "照片是别处的。" in text_of(desk.person("lian").get(f"/unit/items/{walk.item_id}"))
    uses = text_of(desk.person("fan").get(f"/cases/{walk.case_id}/uses"))
    assert "ground for an accountability proposal" in uses
    assert "put right since" in text_of(desk.person("fan").get(f"/cases/{walk.case_id}/compliance"))


def test_more_time_is_asked_for_on_the_units_page_and_decided_on_the_items(desk: Desk) -> None:
    walk = Journey(desk.office).ordered()
    unit, item = f"/unit/items/{walk.item_id}", f"/items/{walk.item_id}"
    lian, director = desk.person("lian"), desk.person("director")
    until = (walk.item.due_on + timedelta(days=7)).isoformat()
    typed = {"version": walk.item.version, "until": "", "reason": "雨季。"}
    wrong = text_of(lian.post(f"{unit}/extension?lang=en", typed), 422)
    assert "雨季。" in wrong
    text_of(lian.post(f"{unit}/extension", typed | {"until": until}), 303)
    assert "Asked for, not decided yet" in text_of(lian.get(unit))
    shown = text_of(director.get(item))
    address = shown.partition('action="/extensions/')[2].partition("/grant")[0]
    assert "雨季。" in shown
    assert director.get(f"/extensions/{address}").headers["Location"] == item
    refused = text_of(
        director.post(f"/extensions/{address}/grant?lang=en", {"version": 1, "reason": ""}), 409
    )
    assert "Returning needs a reason." in refused
    text_of(director.post(f"/extensions/{address}/grant", {"version": 1, "reason": "同意。"}), 303)
    assert walk.item.due_on.isoformat() == until
    assert "Granted" in text_of(lian.get(unit))
    assert "Ask for more time" not in text_of(lian.get(unit))
    text_of(desk.person("wei").get(f"/extensions/{address}"), 404)
