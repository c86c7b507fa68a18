"""The light path on its pages: a programme is written, a lead is assigned, answered, checked and closed."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.support.desk import Desk
from tests.support.photographs import photograph
from tests.verification.web.cases import case_of, opened_case
from tests.verification.web.test_tips import text_of
from verification.models import Assignment, AssignmentState, Case, CaseState, Programme

REPLY = ("三处坑洼已于三月一日填平，路面平整。", "二月接报后漏登记，已补录并约谈养护班组。")


def _programme(desk: Desk) -> uuid.UUID:
    """A programme from its form to its approved plan."""
    today = desk.office.intake.today
    units = [str(desk.office.unit_id("transport"))]
    fields = {
        "title": "民生小事日常督办",
        "brief": "道路、照明等民生小事由责任单位限期办理。",
        "allegation": ["是否按期办理", "", ""],
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=90)).isoformat(),
        "category": "405",
        "units": units,
        "content_basis": "statutory-duties",
    }
    answer = desk.person("fan").post("/programmes/new", fields)
    text_of(answer, 303)
    case_id = uuid.UUID(str(answer.location).rpartition("/")[2])
    _on_case(desk, "fan", case_id, "propose")
    _on_case(desk, "head", case_id, "approve")
    plan = {
        "version": case_of(desk, case_id).version,
        "content": "办理和答复情况。",
        "objects": "交通运输局",
        "scope": "城乡道路。",
        "units": units,
        "methods": ["self-check"],
        "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=90)).isoformat(),
        "people": "2",
        "hours": "40",
    }
    text_of(desk.person("fan").post(f"/cases/{case_id}/plan", plan), 303)
    text_of(
        desk.person("director").post(
            f"/cases/{case_id}/plan/approve", {"version": case_of(desk, case_id).version}
        ),
        303,
    )
    return case_id


def _on_case(desk: Desk, login: str, case_id: uuid.UUID, decision: str, **fields: Any) -> None:
    sent = {"version": case_of(desk, case_id).version, **fields}
    text_of(desk.person(login).post(f"/cases/{case_id}/{decision}", sent), 303)


def _assignment(desk: Desk) -> Assignment:
    with desk.office.database.read() as session:
        return session.scalars(select(Assignment)).one()


def _assigned(desk: Desk) -> tuple[uuid.UUID, uuid.UUID]:
    """A lead that the unit has; returns the lead's case and the assignment."""
    programme_id, case_id = _programme(desk), opened_case(desk)
    page = text_of(desk.person("fan").get(f"/cases/{case_id}/assign"))
    assert "民生小事日常督办" in page
    fields = {
        "version": case_of(desk, case_id).version,
        "programme": str(programme_id),
        "unit": str(desk.office.unit_id("transport")),
        "due_on": (desk.office.intake.today + timedelta(days=15)).isoformat(),
        "ask": "请附同一位置照片。",
    }
    text_of(desk.person("fan").post(f"/cases/{case_id}/assign", fields), 303)
    return case_id, _assignment(desk).id


def _reply(desk: Desk, row_id: uuid.UUID, *answers: str, status: int = 303, proof: bool = True) -> str:
    row = _assignment(desk)
    page = text_of(desk.person("lian").get(f"/unit/assignments/{row_id}"))
    names = re.findall(r'name="(answer-[0-9a-f-]{36})"', page)
    files = {"photo": (BytesIO(photograph()), "修复后.jpg")} if proof else {}
    sent = {"version": row.version, **dict(zip(names, answers, strict=True)), **files}
    return text_of(desk.person("lian").post(f"/unit/assignments/{row_id}", sent), status)


def test_lead_goes_to_the_unit_and_comes_back_answered(desk: Desk, tmp_path: Path) -> None:
    case_id, row_id = _assigned(desk)
    lian, fan = desk.person("lian"), desk.person("fan")
    assert f"/unit/assignments/{row_id}" in text_of(lian.get("/unit"))
    sheet = text_of(lian.get(f"/unit/assignments/{row_id}"))
    assert "请附同一位置照片。" in sheet
    text_of(lian.post(f"/unit/assignments/{row_id}/sign", {"version": 1}), 303)
    half = _reply(desk, row_id, REPLY[0], "", status=422)
    assert REPLY[0] in half
    _reply(desk, row_id, *REPLY)
    assert f"/assignments/{row_id}" in text_of(fan.get("/"))
    page = text_of(fan.get(f"/assignments/{row_id}"))
    assert REPLY[1] in page
    findings = re.findall(r'name="(finding-[0-9a-f-]{36})"', page)
    fields = dict.fromkeys(findings, "true")
    fields |= {name.replace("finding", "reasons"): "照片与答复相符。" for name in findings}
    sent = {"version": _assignment(desk).version, "reason": "照片为同一位置。", **fields}
    text_of(fan.post(f"/assignments/{row_id}/accept", sent), 303)
    assert case_of(desk, case_id).state is CaseState.SETTLED
    compliance = text_of(fan.get(f"/cases/{case_id}/compliance"))
    assert "row-missing" not in compliance
    assert "A docketed programme and its approved plan cover it" in compliance
    assert "Answer the informant" in text_of(fan.get(f"/cases/{case_id}"))


def test_flags_stand_beside_the_reply_and_the_reply_can_go_back(desk: Desk) -> None:
    _case_id, row_id = _assigned(desk)
    text_of(desk.person("lian").post(f"/unit/assignments/{row_id}/sign", {"version": 1}), 303)
    stock = "我局高度重视，立即组织认真研究，下一步将加强监管、压实责任、持续推进。"
    _reply(desk, row_id, stock, "已经处理完毕，请放心，谢谢。已经处理完毕。")
    fan = desk.person("fan")
    page = text_of(fan.get(f"/assignments/{row_id}"))
    assert "mostly stock phrases" in page
    sent = {"version": _assignment(desk).version, "note": "请说明何时、何人修复。"}
    text_of(fan.post(f"/assignments/{row_id}/return", sent), 303)
    assert "请说明何时、何人修复。" in text_of(desk.person("lian").get(f"/unit/assignments/{row_id}"))


def test_hand_back_shows_its_reason_and_the_lead_can_take_the_full_way(desk: Desk) -> None:
    case_id, row_id = _assigned(desk)
    sent = {"version": 1, "note": "该路段由镇政府管养。"}
    text_of(desk.person("lian").post(f"/unit/assignments/{row_id}/hand-back", sent), 303)
    fan = desk.person("fan")
    assert "该路段由镇政府管养。" in text_of(fan.get(f"/assignments/{row_id}"))
    _on_case(desk, "fan", case_id, "escalate", note="权属有争议，须实地核查。")
    assert case_of(desk, case_id).state is CaseState.DRAFT
    assert _assignment(desk).state is AssignmentState.WITHDRAWN
    text_of(desk.person("lian").get(f"/unit/assignments/{row_id}"), 404)


def test_programmes_are_listed_with_what_moves_under_them(desk: Desk) -> None:
    assert "No standing programme yet" in text_of(desk.person("fan").get("/programmes"))
    _assigned(desk)
    page = text_of(desk.person("fan").get("/programmes"))
    assert "民生小事日常督办" in page
    with desk.office.database.read() as session:
        programme = session.scalars(select(Programme)).one()
        assert session.get_one(Case, programme.case_id).state is CaseState.PLANNED


def test_assigning_without_a_programme_says_what_to_do(desk: Desk) -> None:
    case_id = opened_case(desk)
    page = text_of(desk.person("fan").get(f"/cases/{case_id}/assign"))
    assert "No standing programme covers this lead" in page
    sent = {"version": case_of(desk, case_id).version, "due_on": "2026-03-20"}
    answer = desk.person("fan").post(f"/cases/{case_id}/assign", sent)
    assert "Please choose one from the list." in text_of(answer, 422)


def test_only_the_unit_that_was_asked_sees_it(desk: Desk) -> None:
    _case_id, row_id = _assigned(desk)
    text_of(desk.person("other").get(f"/unit/assignments/{row_id}"), 404)
    text_of(desk.person("wei").get(f"/assignments/{row_id}"), 404)
