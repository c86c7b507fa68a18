"""Uses of a conclusion on their pages: written, approved, sent, answered; refusals name their rule."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Measure, MeasureKind, MeasureState
from verification.policy.uses import USES

TEXT = "你单位整改迟缓，经批准予以通报批评。"


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A delivered conclusion."""
    return Journey(desk.office).delivered()


def _measure(desk: Desk) -> Measure:
    with desk.office.database.read() as session:
        return session.scalars(select(Measure)).one()


def _unit(desk: Desk) -> str:
    return f"unit:{desk.office.unit_id('transport')}"


def _written(desk: Desk, walk: Journey, kind: str = "criticism", receiver: str = "") -> Measure:
    fields = {"receiver": receiver or _unit(desk), "addressee": "主要负责人", "text": TEXT}
    text_of(desk.person("fan").post(f"/cases/{walk.case_id}/uses/{kind}", fields), 303)
    return _measure(desk)


def _act(desk: Desk, login: str, decision: str, status: int = 303, **fields: str) -> str:
    row = _measure(desk)
    answer = desk.person(login).post(f"/uses/{row.id}/{decision}", {"version": row.version, **fields})
    return text_of(answer, status)


def test_criticism_goes_its_whole_way_on_the_pages(desk: Desk, walk: Journey) -> None:
    fan, lian = desk.person("fan"), desk.person("lian")
    page = f"/cases/{walk.case_id}/uses"
    assert "Nothing has been made of it yet" in text_of(fan.get(page))
    assert "The head of government approves it first." in text_of(fan.get(f"{page}/criticism"))
    row, today = _written(desk, walk), walk.today.isoformat()
    assert TEXT in text_of(fan.get(f"/uses/{row.id}"))
    _act(desk, "fan", "propose")
    assert f"/uses/{row.id}" in text_of(desk.person("head").get("/approvals"))
    assert f"/uses/{row.id}" in text_of(desk.person("head").get("/"))
    text_of(lian.get(f"/unit/papers/{row.id}"), 404)
    _act(desk, "head", "approve")
    _act(desk, "fan", "send", sent_on=today, number="安政督〔2026〕5号")
    assert f"/unit/papers/{row.id}" in text_of(lian.get("/unit"))
    assert TEXT in text_of(lian.get(f"/unit/papers/{row.id}"))
    text_of(desk.person("other").get(f"/unit/papers/{row.id}"), 404)
    text_of(lian.post(f"/unit/papers/{row.id}/confirm", {"version": _measure(desk).version}), 303)
    empty = {"version": _measure(desk).version, "text": ""}
    assert "Please write something here." in text_of(lian.post(f"/unit/papers/{row.id}/reply", empty), 422)
    text_of(lian.post(f"/unit/papers/{row.id}/reply", empty | {"text": "已整改。"}), 303)
    assert _measure(desk).state is MeasureState.ANSWERED
    assert "已整改。" in text_of(fan.get(f"/uses/{row.id}"))
    assert "1 of 1" in text_of(fan.get(f"/cases/{walk.case_id}/compliance"))
    assert f"/uses/{row.id}" in text_of(fan.get("/uses?pile=ended"))
    assert f"/uses/{row.id}" not in text_of(fan.get("/uses"))


def test_refusal_names_its_rule_and_what_to_do_next(desk: Desk, walk: Journey) -> None:
    row = _written(desk, walk)
    page = _act(desk, "fan", "send", 409, sent_on=walk.today.isoformat(), number="7号")
    assert "This is sent only after it was approved." in page
    assert "Art. 21" in page
    assert "Propose it to the head of government" in page
    _act(desk, "fan", "propose")
    assert "Only the head of government approves this." in _act(desk, "director", "approve", 409)
    assert row.id == _measure(desk).id


def test_form_keeps_what_was_typed_and_shows_what_is_wrong(desk: Desk, walk: Journey) -> None:
    fan = desk.person("fan")
    wrong = {"receiver": "unit:nonsense", "addressee": "张主任", "text": "电话 13812345678"}
    page = text_of(fan.post(f"/cases/{walk.case_id}/uses/criticism", wrong), 422)
    assert "张主任" in page
    assert "电话 13812345678" in page
    assert page.count('class="wrong"') == 2
    assert 'id="f-receiver"' in page
    label = fan.post(f"/cases/{walk.case_id}/uses/clearing", {"receiver": _unit(desk), "text": "系诬告"})
    assert "A clearing does not speak of whoever reported it." in text_of(label, 409)
    row = _written(desk, walk)
    again = _act(desk, "fan", "revise", 422, receiver=_unit(desk), addressee="", text="")
    assert "Please write something here." in again
    _act(desk, "fan", "revise", receiver=_unit(desk), addressee="", text="改后的正文。")
    assert "改后的正文。" in text_of(fan.get(f"/uses/{row.id}"))
    stale = {"version": 1, "note": "不再办理"}
    assert "It changed while you were writing" in text_of(fan.post(f"/uses/{row.id}/withdraw", stale), 409)


@pytest.mark.databases("sqlite")
def test_every_kind_has_its_form(desk: Desk, walk: Journey) -> None:
    fan = desk.person("fan")
    for kind in MeasureKind:
        page = text_of(fan.get(f"/cases/{walk.case_id}/uses/{kind.value}"))
        assert ('value="organ:' in page) == bool(USES[kind].organs), kind
        assert (_unit(desk) in page) == USES[kind].to_unit, kind


def test_strangers_to_the_case_see_nothing_and_readers_write_nothing(desk: Desk, walk: Journey) -> None:
    row = _written(desk, walk)
    for address in (f"/cases/{walk.case_id}/uses", f"/uses/{row.id}", f"/uses/{uuid.uuid4()}"):
        text_of(desk.person("wei").get(address), 404)
    assert f"/uses/{row.id}" not in text_of(desk.person("wei").get("/uses"))
    seen = text_of(desk.person("du").get(f"/uses/{row.id}"))
    assert TEXT in seen
    assert "Nothing for you to decide now." in seen
    assert "uses/criticism" not in text_of(desk.person("du").get(f"/cases/{walk.case_id}/uses"))
    text_of(desk.person("lian").get(f"/unit/papers/{uuid.uuid4()}"), 404)
