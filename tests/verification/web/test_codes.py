"""The code on both sides: the inspectors' sheet, and the public page in both languages without any script."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from config import load_portal
from portal.app import create_app
from portal.crypto.receipt import Receipt
from tests.support.desk import Desk
from tests.support.journey import Journey
from tests.support.public import settings_for
from verification.domain import planning

pytestmark = pytest.mark.databases("sqlite")


def _text(answer: Any, status: int = 200) -> str:
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text.partition("<main")[2]
    return text


@pytest.fixture
def public(desk: Desk, tmp_path: Path) -> FlaskClient:
    """Somebody on site with a phone; the public app over the same database."""
    environ = settings_for(desk.office, folder=tmp_path / "public", public_url="http://localhost")  # type: ignore[arg-type]  # has the same database and root
    (tmp_path / "public").mkdir()
    return create_app(load_portal(environ), clock=desk.office.clock, rng=desk.office.rng).test_client()


@pytest.fixture
def walk(desk: Desk) -> Journey:
    """A team on an announced inspection."""
    return Journey(desk.office).planned(unannounced=False).dispatched()


def _sheet(desk: Desk, walk: Journey, login: str = "du") -> str:
    return _text(desk.person(login).get(f"/tasks/{walk.task_id}/code"))


def _letters(page: str) -> str:
    found = re.search(r'class="card-sheet-code">([0-9A-Z-]{19})<', page)
    assert found is not None
    return found[1]


def test_sheet_has_the_code_as_picture_and_letters(desk: Desk, walk: Journey) -> None:
    page = _sheet(desk, walk)
    letters = _letters(page)
    assert page.count("<svg") >= 1
    assert "style=" not in page.partition("<main")[2]
    assert "Anybody can check it" in page
    assert "Person du" in page
    assert letters not in _text(desk.person("du").get(f"/tasks/{walk.task_id}"))
    assert f"/tasks/{walk.task_id}/code" in _text(desk.person("du").get(f"/tasks/{walk.task_id}"))
    for login in ("wei", "lian", "auditor"):
        assert desk.person(login).get(f"/tasks/{walk.task_id}/code").status_code == 404


def test_public_page_shows_an_approved_inspection_in_both_languages(
    desk: Desk, walk: Journey, public: FlaskClient
) -> None:
    letters = _letters(_sheet(desk, walk))
    asked = public.post("/code", data={"code": f" {letters.lower()} "})
    assert (asked.status_code, asked.headers["Location"]) == (303, f"/code/{letters}")
    chinese = _text(public.get(f"/code/{letters}"))
    for said in (
        "已批准，今日有效",
        walk.case.number,
        "交通运输局",
        "Person du",
        "组长",
        "线索核查",
        "现场核查、访谈",
    ):
        assert str(said) in chinese, said
    english = _text(public.get(f"/code/{letters}?lang=en"))
    for said in ("Approved, and valid today", "Transport Bureau", "leads the team", "Verification of a lead"):
        assert said in english, said
    assert "<script" not in chinese.replace('<script src="/static', "")
    assert len(chinese.encode()) < 40_000
    assert "Set-Cookie" not in public.get(f"/code/{letters}").headers


def test_unknown_mistyped_and_secret_codes_are_answered_in_the_same_words(
    desk: Desk, public: FlaskClient
) -> None:
    walk = Journey(desk.office).signed()
    sheet = _sheet(desk, walk)
    assert "Not shown to anybody yet" in sheet
    secret = _letters(sheet)
    answers = {
        _text(public.get(f"/code/{text}"), 404) for text in (secret, "0123-4567-89AB-CDEE", "nonsense")
    }
    assert len(answers) == 1
    assert "未查到此督查码对应的督查" in answers.pop()
    assert desk.person("head").get(f"/tasks/{walk.task_id}/code").status_code == 404
    walk.logged(photos=0)
    assert "已批准" in _text(public.get(f"/code/{secret}"))


def test_receipt_typed_here_by_mistake_never_becomes_an_address(public: FlaskClient) -> None:
    receipt = Receipt.from_secrets(bytes(32), bytes(range(32))).text
    page = public.post("/code?lang=en", data={"code": receipt})
    assert "This cannot be a code." in _text(page, 422)
    assert "Location" not in page.headers
    assert "Not the receipt of a report." in _text(public.get("/code?lang=en"))
    assert 'href="/code"' in _text(public.get("/"))


def test_withdrawn_early_and_past_inspections_say_so(desk: Desk, walk: Journey, public: FlaskClient) -> None:
    page = _sheet(desk, walk, "director")
    letters = _letters(page)
    address = f"/code/{letters}?lang=en"
    now = desk.office.clock.now()
    desk.office.clock.set(now + timedelta(days=15))
    assert "This inspection is over" in _text(public.get(address))
    desk.office.clock.set(now - timedelta(days=1))
    assert "it has not begun yet" in _text(public.get(address))
    desk.office.clock.set(now)
    code_id = re.findall(r'name="code" value="([^"]+)"', page)[0]
    posts = f"/tasks/{walk.task_id}/code"
    assert desk.person("du").post(f"{posts}/revoke", {"code": code_id}).status_code == 404
    assert desk.person("director").post(f"{posts}/revoke", {"code": ""}).status_code == 404
    assert desk.person("director").post(f"{posts}/revoke", {"code": code_id}).status_code == 303
    withdrawn = _text(public.get(address))
    assert "This code was withdrawn" in withdrawn
    assert "Person du" not in withdrawn
    assert "No code" in _sheet(desk, walk)
    assert desk.person("fan").post(f"{posts}/issue").status_code == 303
    assert _letters(_sheet(desk, walk)) != letters


def test_sheet_tells_when_the_plan_has_changed_since(desk: Desk, walk: Journey) -> None:
    assert "The plan has changed since" not in _sheet(desk, walk, "fan")
    walk.plan_proposed(unannounced=False)
    walk.on_case("director", planning.approve_plan)
    assert "The plan has changed since" in _sheet(desk, walk, "fan")
