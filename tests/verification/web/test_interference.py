"""Obstruction and retaliation on their pages: the team's record, the tip, the urgent case, the list."""

from __future__ import annotations

import re
import uuid

import pytest
from sqlalchemy import select

from portal.models import Tip
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.verification.web.test_tips import text_of
from verification.models import Case, Interference, InterferenceKind, RecordKind


def _noted(desk: Desk) -> Interference:
    with desk.office.database.read() as session:
        return session.scalars(select(Interference)).one()


def test_supervisor_opens_an_urgent_case_about_a_logged_obstruction(desk: Desk) -> None:
    walk = Journey(desk.office).signed()
    walk.logged(kind=RecordKind.OBSTRUCTION, words={"who": "值班人员", "happened": "锁门，拒绝提供台账。"})
    record_id, fan = _noted(desk).record_id, desk.person("fan")
    button = f'action="/records/{record_id}/case"'
    assert button in text_of(fan.get(f"/tasks/{walk.task_id}"))
    team = text_of(desk.person("du").get(f"/tasks/{walk.task_id}"))
    assert button not in team
    assert "The supervisors were told" in team
    answer = fan.post(f"/records/{record_id}/case", {})
    text_of(answer, 303)
    page = text_of(fan.get(str(answer.location)))
    assert "The unit concerned must not learn of this case." in page
    assert f"/cases/{walk.case_id}" in page
    assert "There is a case about this already." in text_of(fan.post(f"/records/{record_id}/case", {}), 409)
    assert str(answer.location) in text_of(desk.person("director").get("/interference"))
    text_of(fan.post(f"/records/{uuid.uuid4()}/case", {}), 404)


@pytest.mark.databases("sqlite")
def test_opening_the_tip_opens_the_case_and_nobody_else_sees_where_it_comes_from(desk: Desk) -> None:
    walk = Journey(desk.office).delivered()
    fan, director = desk.person("fan"), desk.person("director")
    assert "Nothing noted" in text_of(director.get("/interference"))
    with desk.office.database.write() as session:
        tip_id = session.scalars(select(Tip.id)).one()
        waiting = Interference(
            id=uuid.uuid4(), kind=InterferenceKind.RETALIATION, noted_on=walk.today, tip_id=tip_id
        )
        session.add(waiting)
    assert f"/tips/{tip_id}" in text_of(fan.get("/interference"))
    page = text_of(fan.get(f"/tips/{tip_id}"))
    assert "Retaliation reported" in page
    case_id = _noted(desk).case_id
    assert f"/cases/{case_id}" in page
    assert f"/tips/{tip_id}" in text_of(fan.get(f"/cases/{case_id}"))
    seen = text_of(director.get(f"/cases/{case_id}"))
    assert f"/tips/{tip_id}" not in seen
    assert f"/tips/{tip_id}" not in text_of(director.get("/interference"))
    assert str(case_id) not in text_of(desk.person("du").get(f"/cases/{walk.case_id}"))
    for login in ("du", "lian"):
        text_of(desk.person(login).get(f"/cases/{case_id}"), 404)
    with desk.office.database.read() as session:
        titles = re.findall("打击报复", text_of(fan.get(f"/cases/{case_id}")))
        assert titles
        assert session.get_one(Case, case_id).number is None
