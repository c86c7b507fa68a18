"""The pages of coordination items: written, scanned, decided on, and a department's own page."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest

from tests.support.coordinating import GOAL, OBSTACLE, TITLE, WORK, Coordinating
from tests.support.desk import Desk
from tests.verification.web.test_tips import text_of
from verification.domain import coordination_parts
from verification.models import CoordinationState, PartState


def _filled(walk: Coordinating, **changes: Any) -> dict[str, Any]:
    """The form as somebody fills it in."""
    walk.with_water()
    rows = (("transport", 10, ""), ("housing", 20, "1"), ("water", 15, ""))
    form: dict[str, Any] = {
        "version": walk.case.version, "title": TITLE, "obstacle": OBSTACLE, "goal": GOAL,
    }  # fmt: skip
    for row, (code, days, after) in enumerate(rows, start=1):
        form |= {
            f"unit-{row}": str(walk.office.unit_id(code)), f"work-{row}": WORK[code],
            f"due-{row}": walk.in_days(days).isoformat(), f"after-{row}": after,
        }  # fmt: skip
    return form | changes


def _proposed(walk: Coordinating, desk: Desk) -> str:
    """Through the page, as the leader; the item's address."""
    answer = desk.person("du").post(f"/cases/{walk.case_id}/coordination/new", _filled(walk))
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def test_empty_pages_say_what_to_do(desk: Desk) -> None:
    walk = Coordinating(desk.office)
    walk.ordered()
    fan = desk.person("fan")
    assert "No department is being asked for anything" in text_of(fan.get("/coordination"))
    mine = text_of(fan.get(f"/cases/{walk.case_id}/coordination"))
    assert "Nothing is coordinated yet" in mine
    assert f"/cases/{walk.case_id}/coordination/new" in mine
    assert "/coordination/new" not in text_of(desk.person("head").get(f"/cases/{walk.case_id}/coordination"))
    assert f"/cases/{walk.case_id}/coordination" in text_of(fan.get(f"/cases/{walk.case_id}"))


def test_item_is_written_compared_agreed_and_scanned(desk: Desk) -> None:
    walk = Coordinating(desk.office)
    walk.ordered()
    address = _proposed(walk, desk)
    director, fan = desk.person("director"), desk.person("fan")
    waiting = text_of(director.get(address))
    assert "The desk has still to compare its wording" in waiting
    assert "Compare the wording with the tips" in text_of(fan.get("/"))
    text_of(fan.post(f"{address}/check", {"version": 1}), 303)
    assert "Agree to the coordination item" in text_of(director.get("/approvals"))
    text_of(director.post(f"{address}/agree", {"version": 2}), 303)
    page = text_of(fan.get(address))
    assert "This is help, not blame" in page
    table = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert table.count("<tr") == 3
    assert table.count("Asked, not answered yet") == 3
    assert OBSTACLE in page
    case_page = text_of(fan.get(f"/cases/{walk.case_id}"))
    assert TITLE in case_page
    assert "0 of 3 parts done" in case_page
    assert TITLE in text_of(fan.get("/coordination"))


def test_wrong_input_stands_beside_its_field_and_what_was_typed_stays(desk: Desk) -> None:
    walk = Coordinating(desk.office)
    walk.ordered()
    du, new = desk.person("du"), f"/cases/{walk.case_id}/coordination/new?lang=en"
    wrong = {
        "goal": "",
        "work-2": "只写了任务",
        "due-2": "bald",
        "unit-3": "nonsense",
        "obstacle": "一段障碍。",
    }
    page = text_of(du.post(new, _filled(walk, **wrong)), 422)
    for field in ("due-2", "unit-3"):
        assert f'id="e-{field}"' in page
    assert "只写了任务" in page
    assert "一段障碍。" in page
    page = text_of(du.post(new, _filled(walk, goal="", **{"after-1": "2"})), 422)
    assert 'id="e-goal"' in page
    assert 'id="e-after-1"' in page
    early = _filled(walk, **{"due-2": walk.in_days(3).isoformat()})
    page = text_of(du.post(new, early), 409)
    assert 'id="e-due-2"' in page
    assert "is due no earlier than that one" in page
    alone = _filled(walk)
    for row in (2, 3):
        alone |= {f"unit-{row}": "", f"work-{row}": ""}
    page = text_of(du.post(new, alone), 409)
    assert "at least one other" in page
    assert TITLE in page


def test_proposal_that_was_returned_is_written_anew_from_its_words(desk: Desk) -> None:
    walk = Coordinating(desk.office)
    walk.ordered()
    walk.helped()
    address, director = f"/coordination/{walk.help_id}", desk.person("director")
    silent = director.post(f"{address}/return?lang=en", {"version": walk.help.version, "note": ""})
    assert 'id="e-return-note"' in text_of(silent, 409)
    text_of(director.post(f"{address}/return", {"version": walk.help.version, "note": "时限太紧。"}), 303)
    fan = desk.person("fan")
    assert "时限太紧。" in text_of(fan.get(address))
    form = text_of(fan.get(f"{address}/rewrite"))
    assert [text for text in (TITLE, OBSTACLE, GOAL, *WORK.values()) if text not in form] == []
    again = _filled(walk, version=walk.help.version, goal="分两步完成。")
    text_of(fan.post(f"{address}/rewrite", again), 303)
    assert walk.help.state is CoordinationState.PROPOSED
    assert "分两步完成。" in text_of(fan.get(address))


def test_department_takes_on_reports_and_sees_nothing_else(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed()
    other, own = desk.person("other"), f"/unit/coordination/{walk.part('housing').id}"
    listed = text_of(other.get("/unit"))
    assert TITLE in listed
    page = text_of(other.get(own))
    assert "This is help, not blame" in page
    assert "you wait for it" in page
    hidden = (OBSTACLE, WORK["transport"], WORK["water"], walk.case.number or "", str(walk.case_id))
    assert [text for text in hidden if text in page] == []
    for strange in (f"/unit/coordination/{walk.part('water').id}", f"/coordination/{walk.help_id}"):
        text_of(other.get(strange), 404)
    text_of(other.post(f"{own}/take", {"version": walk.part("housing").version}), 303)
    typed = {"version": walk.part("housing").version, "done": "管网已通。", "note": ""}
    bare = text_of(other.post(f"{own}?lang=en", typed), 409)
    assert "Attach at least one photo or document as proof." in bare
    assert "管网已通。" in bare
    empty = typed | {"done": "", "proofs": (io.BytesIO(b"a photo"), "a.jpg")}
    assert 'id="e-done"' in text_of(other.post(f"{own}?lang=en", empty), 422)
    proven = typed | {"proofs": (io.BytesIO(b"a photo"), "a.jpg")}
    text_of(other.post(own, proven), 303)
    assert "Reported, to be checked" in text_of(other.get(own))


def test_refusal_is_ruled_on_and_endorsed_on_the_items_page(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed()
    shui, part = desk.person("shui"), walk.part("water").id
    own, item = f"/unit/coordination/{part}", f"/coordination/{walk.help_id}"
    silent = text_of(shui.post(f"{own}/decline?lang=en", {"version": 2, "note": " "}), 409)
    assert 'id="e-decline-note"' in silent
    text_of(shui.post(f"{own}/decline", {"version": 2, "note": "管线不归我局。"}), 303)
    director, head = desk.person("director"), desk.person("head")
    assert director.get(f"/coordination/parts/{part}").headers["Location"].startswith(item)
    assert "管线不归我局。" in text_of(director.get(item))
    rule = f"/coordination/parts/{part}/rule"
    typed = {"version": 3, "note": "登记在水利局。", "due_on": "bald"}
    assert f'id="e-rule-{part}-due_on"' in text_of(director.post(f"{rule}?lang=en", typed), 422)
    text_of(director.post(rule, typed | {"due_on": ""}), 303)
    assert "登记在水利局。" not in text_of(shui.get(own))
    assert "Endorse the ruling" in text_of(head.get("/"))
    text_of(head.post(f"/coordination/parts/{part}/endorse", {"version": 4}), 303)
    assert walk.part("water").state is PartState.TAKEN_ON
    assert "登记在水利局。" in text_of(shui.get(own))


def test_team_confirms_or_sends_back_and_records_a_meeting(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed().taken_on(*WORK).part_reported("transport", "water")
    chen, item = desk.person("chen"), f"/coordination/{walk.help_id}"
    back = f"/coordination/parts/{walk.part('water').id}/back"
    assert "已完成。" in text_of(chen.get(item))
    told = {"version": walk.part("water").version, "note": "联系 13812345678", "due_on": ""}
    assert "13812345678" in text_of(chen.post(f"{back}?lang=en", told), 422)
    text_of(chen.post(back, told | {"note": "照片不清。"}), 303)
    confirm = f"/coordination/parts/{walk.part('transport').id}/confirm"
    text_of(chen.post(confirm, {"version": walk.part("transport").version}), 303)
    meeting = {
        "version": walk.help.version,
        "held_on": walk.in_days(3).isoformat(),
        "people": "",
        "agreed": "x",
    }
    wrong = text_of(chen.post(f"{item}/meeting?lang=en", meeting), 422)
    assert 'id="e-meeting-held_on"' in wrong
    assert 'id="e-meeting-people"' in wrong
    text_of(
        chen.post(f"{item}/meeting", meeting | {"held_on": walk.today.isoformat(), "people": "三局"}), 303
    )
    assert "三局" in text_of(chen.get(item))
    stale = text_of(desk.person("fan").post(f"{item}/finish?lang=en", {"version": 1, "note": "已成。"}), 409)
    assert "已成。" in stale


def test_item_is_finished_or_carried_on(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed()
    item, director = f"/coordination/{walk.help_id}", desk.person("director")
    typed = {"version": walk.help.version, "mechanism": "", "note": "周期长。"}
    wrong = text_of(director.post(f"{item}/carry-on?lang=en", typed), 409)
    assert 'id="e-carry-on-mechanism"' in wrong
    assert "周期长。" in wrong
    text_of(director.post(f"{item}/carry-on", typed | {"mechanism": "管线联席会议"}), 303)
    assert TITLE in text_of(director.get("/weak-spots")).partition('id="carried-on"')[2]
    assert "管线联席会议" in text_of(desk.person("shui").get(f"/unit/coordination/{walk.part('water').id}"))
    walk.all_done()
    text_of(desk.person("fan").post(f"{item}/finish", {"version": walk.help.version, "note": "建成。"}), 303)
    assert "Goal reached" in text_of(director.get(item))


def test_item_is_taken_back(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed()
    item, fan = f"/coordination/{walk.help_id}", desk.person("fan")
    text_of(fan.post(f"{item}/withdraw", {"version": walk.help.version, "note": "另有部署。"}), 303)
    assert "Taken back" in text_of(fan.get(item))
    shown = text_of(desk.person("shui").get(f"/unit/coordination/{walk.part('water').id}"))
    assert "not asked for this any more" in shown


def test_director_releases_and_the_head_returns_on_the_page(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed().declined()
    part = walk.part("water").id
    walk.on_part("director", "water", coordination_parts.rule_part, note="须承担。")
    head, director = desk.person("head"), desk.person("director")
    unrule = f"/coordination/parts/{part}/unrule"
    silent = text_of(head.post(f"{unrule}?lang=en", {"version": 4, "note": ""}), 409)
    assert f'id="e-unrule-{part}-note"' in silent
    text_of(head.post(unrule, {"version": 4, "note": "由城投承担。"}), 303)
    release = f"/coordination/parts/{part}/release"
    text_of(director.post(release, {"version": 5, "note": "改由城投实施。"}), 303)
    assert walk.part("water").state is PartState.RELEASED
    assert "not asked for this any more" in text_of(desk.person("shui").get(f"/unit/coordination/{part}"))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_pages_speak_both_languages_and_use_cards_on_a_phone(desk: Desk, lang: str) -> None:
    walk = Coordinating(desk.office).agreed()
    page = text_of(desk.person("fan").get(f"/coordination/{walk.help_id}", lang=lang))
    assert ("牵头单位" if lang == "zh" else "Lead department") in page
    cells = re.findall(r"<t[hd][^>]*>", page.partition("<tbody>")[2].partition("</tbody>")[0])
    assert all("data-label=" in cell for cell in cells)


def test_stranger_to_the_case_finds_nothing(desk: Desk) -> None:
    walk = Coordinating(desk.office).agreed()
    wei = desk.person("wei")
    for address in (
        f"/coordination/{walk.help_id}", f"/cases/{walk.case_id}/coordination",
        f"/coordination/parts/{walk.part('water').id}", f"/coordination/{walk.case_id}",
    ):  # fmt: skip
        text_of(wei.get(address), 404)
    assert TITLE not in text_of(wei.get("/coordination"))
