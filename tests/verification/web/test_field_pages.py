"""Logging on a phone: what is filled in already, code names, papers, and the two thirds on the first page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import FieldRecord, Holding, HoldingState, RecordKind


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A task that du signed for."""
    return Journey(desk.office).signed()


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found is not None
    return found.group(1)


def _interview(walk: Journey, **changes: str) -> dict[str, str]:
    began = walk.office.clock.now() - timedelta(hours=1)
    return {
        "witness": "new",
        "true_name": "王秀兰",
        "questions": "问：谁负责养护？答：养护站。",
        "read_back": "yes",
        "signed": "yes",
        "began_at": began.strftime("%Y-%m-%dT%H:%M"),
        "minutes": "30",
        "travel_minutes": "20",
        "people": str(walk.office.staff_id("du")),
        "method": "inspection",
    } | changes


def test_form_is_filled_in_from_the_last_record_of_the_day(desk: Desk, walk: Journey) -> None:
    du, form = desk.person("du"), f"/tasks/{walk.task_id}/log/interview"
    before = text_of(du.get(form))
    assert _value(before, "place") == ""
    walk.logged(place="卫生院门前", people=(walk.office.staff_id("du"),))
    after = text_of(du.get(form))
    assert _value(after, "place") == "卫生院门前"
    assert len(re.findall(r'name="people"[^>]* checked', after)) == 1
    ended = walk.records()[0].began_at + timedelta(minutes=45)
    assert _value(after, "minutes") == str(int((walk.office.clock.now() - ended).total_seconds()) // 60)
    walk.office.clock.advance(timedelta(days=1))
    assert _value(text_of(desk.person("du").get(form)), "place") == ""


def test_witness_under_a_code_name_on_the_page(desk: Desk, walk: Journey) -> None:
    du, form = desk.person("du"), f"/tasks/{walk.task_id}/log/interview"
    wrong = text_of(du.post(form, _interview(walk, read_back="")), 409)
    assert "王秀兰" in wrong
    assert "Read the record back" in wrong
    text_of(du.post(form, _interview(walk)), 303)
    with desk.office.database.read() as session:
        assert session.scalars(select(FieldRecord.travel_minutes)).one() == 20
    task = text_of(du.get(f"/tasks/{walk.task_id}"))
    assert "证人甲" in task
    assert "王秀兰" not in task
    assert "王秀兰" in text_of(du.get(f"/tasks/{walk.task_id}/witnesses"))
    for login in ("fan", "wei"):
        text_of(desk.person(login).get(f"/tasks/{walk.task_id}/witnesses"), 404)
    assert "证人甲" in text_of(du.get(form))


def test_papers_are_asked_for_received_and_given_back_on_one_page(desk: Desk, walk: Journey) -> None:
    du, page = desk.person("du"), f"/tasks/{walk.task_id}/papers"
    assert "Nothing asked for" in text_of(du.get(page))
    asked = {"what": "养护台账", "unit": str(walk.office.unit_id("transport"))}
    assert "养护台账" in text_of(du.post(page, asked), 422)
    text_of(du.post(page, asked | {"due_on": walk.today.isoformat()}), 303)
    with desk.office.database.read() as session:
        row = session.scalars(select(Holding)).one()
    assert "养护台账" in text_of(du.get(f"/tasks/{walk.task_id}"))
    came = {"version": "1", "received_on": walk.today.isoformat(), "what_came": "originals"}
    text_of(du.post(f"/papers/{row.id}/receive", came), 422)
    text_of(du.post(f"/papers/{row.id}/receive", came | {"back_on": walk.today.isoformat()}), 303)
    back = {"version": "2", "ending": "return", "note": "", "ended_on": walk.today.isoformat()}
    assert "Write who took it back." in text_of(du.post(f"/papers/{row.id}/end", back), 409)
    text_of(du.post(f"/papers/{row.id}/end", back | {"ending": "burnt"}), 422)
    text_of(du.post(f"/papers/{row.id}/end", back | {"note": "李科长签收。"}), 303)
    with desk.office.database.read() as session:
        assert session.scalars(select(Holding.state)).one() is HoldingState.RETURNED
    assert "李科长签收。" in text_of(desk.person("fan").get(page))
    text_of(desk.person("wei").get(page), 404)
    text_of(desk.person("wei").post(f"/papers/{row.id}/end", back), 404)


def test_obstruction_is_kept_with_an_address_of_its_own(desk: Desk, walk: Journey) -> None:
    words: dict[str, str | bool] = {
        "who": "门卫",
        "demanded": "查看台账",
        "happened": "锁门离开。",
        "told": True,
    }
    walk.logged(kind=RecordKind.OBSTRUCTION, photos=0, words=words)
    (record,) = walk.records()
    page = text_of(desk.person("du").get(f"/tasks/{walk.task_id}"))
    assert f'id="record-{record.id}"' in page
    assert "查看台账" in page


def test_director_sees_both_numbers_and_the_weeks_behind_them(desk: Desk, walk: Journey) -> None:
    director = desk.person("director")
    assert "nothing recorded" in text_of(director.get("/"))
    walk.logged()
    home = text_of(director.get("/"))
    assert "100%" in home
    assert "two thirds reached" in home
    weeks = text_of(director.get("/hours"))
    assert "this office&#39;s default" in weeks or "this office's default" in weeks
    assert "1.5 h" in weeks
    text_of(desk.person("du").get("/hours"), 404)


def test_compliance_sheet_counts_what_is_held_and_what_was_given_back(desk: Desk, walk: Journey) -> None:
    sheet = f"/cases/{walk.case_id}/compliance"
    fan = desk.person("fan")
    assert "given back, or the reason noted" not in text_of(fan.get(sheet))
    sample: dict[str, str | bool] = {
        "what": "水样",
        "count": "2 瓶",
        "from_whom": "住户",
        "kept_at": "样品柜",
    }
    walk.logged(kind=RecordKind.SAMPLE, photos=0, words=sample)
    assert "given back, or the reason noted" in text_of(fan.get(sheet))
