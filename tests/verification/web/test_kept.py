"""Nothing typed is lost: sessions that end, tokens that are too old, a busy database, other sites."""

from __future__ import annotations

import re
import sqlite3
import uuid
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import OperationalError
from werkzeug.test import TestResponse

from portal.db import Database
from portal.models import TipState
from tests.support.at_once import Later
from tests.support.desk import Desk
from tests.support.journey import PLAN_TEXT, Journey
from tests.verification.web.test_tips import state_of, text_of
from tests.verification.web.tips import opened, send, version_of
from verification.domain import planning
from verification.domain.acting import Acting
from verification.models import Unit, UnitKind

WORDS = "写了很久的问题:是哪一段路?<b>&\n第二行"


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of the page's form."""
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page.partition("<main")[2])
    return {unescape(name): unescape(value) for name, value in found}


def test_session_that_ended_while_writing_keeps_the_text_through_the_login(desk: Desk) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    fan = desk.person("fan")
    token = fan.token()
    desk.office.clock.advance(timedelta(minutes=31))
    sent = {"csrf_token": token, "version": version, "question": WORDS}
    login = text_of(fan.client.post(f"/tips/{tip_id}/ask?lang=en", data=sent), 401)
    assert "Your session ended while you were writing" in login
    kept = fields_of(login)
    wrong = text_of(fan.client.post("/login", data=kept | desk.credentials("fan") | {"code": "1"}), 401)
    kept = fields_of(wrong)
    again = text_of(fan.client.post("/login", data=kept | desk.credentials("fan")))
    assert "写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in again
    assert f'action="/tips/{tip_id}/ask' in again
    assert desk.credentials("fan")["passphrase"] not in again
    assert fan.client.post(f"/tips/{tip_id}/ask", data=fields_of(again)).status_code == 303
    assert state_of(desk, tip_id) is TipState.ASKING
    assert "写了很久的问题" in text_of(fan.get(f"/tips/{tip_id}"))


def test_kept_form_never_leads_to_another_site(desk: Desk) -> None:
    for bad in ("//evil.example/x", "https://evil.example/x", "\\\\evil.example"):
        typed = desk.credentials("fan") | {"to": bad, "kept-question": "x"}
        desk.office.clock.advance(timedelta(seconds=60))
        answer = desk.stranger().post("/login", typed | {"code": desk.credentials("fan")["code"]})
        assert answer.status_code == 303
        assert answer.location == "/"


@pytest.mark.parametrize("token", ["", "forged", "eyJhIjoxfQ.aaaa.bbbb"])
def test_token_that_is_not_ours_takes_nothing_and_gives_the_text_back(desk: Desk, token: str) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    fan = desk.person("fan")
    sent = {"csrf_token": token, "version": version, "question": WORDS}
    page = text_of(fan.client.post(f"/tips/{tip_id}/ask?lang=en", data=sent), 400)
    assert "This page was open too long" in page
    assert "写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in page
    assert version_of(desk, tip_id) == version
    assert fan.client.post(f"/tips/{tip_id}/ask", data=fields_of(page)).status_code == 303


def test_token_older_than_a_working_day_is_too_old(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    fan = desk.person("fan")
    sent = {"csrf_token": fan.token(), "version": version, "question": "哪里?"}
    monkeypatch.setitem(desk.app.config, "WTF_CSRF_TIME_LIMIT", -1)
    assert fan.client.post(f"/tips/{tip_id}/ask", data=sent).status_code == 400


def test_token_of_another_person_is_not_taken(desk: Desk) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    token = desk.person("shen").token()
    sent = {"csrf_token": token, "version": version, "question": "哪里?"}
    assert desk.person("fan").client.post(f"/tips/{tip_id}/ask", data=sent).status_code == 400


def test_form_from_another_site_is_refused_and_not_offered_again(desk: Desk) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    sent = {"version": version, "question": "别人写的"}
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = desk.person("fan").client.post(f"/tips/{tip_id}/ask", data=sent, headers=headers)
    page = text_of(answer, 400)
    assert "别人写的" not in page
    assert state_of(desk, tip_id) is TipState.TRIAGE


@pytest.mark.databases("sqlite")
def test_locked_database_says_busy_and_keeps_the_text(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    fan = desk.person("fan")
    sent = {"csrf_token": fan.token(), "version": version, "question": WORDS}

    def locked(_self: Database) -> object:
        raise OperationalError("BEGIN IMMEDIATE", None, sqlite3.OperationalError("database is locked"))

    with monkeypatch.context() as patched:
        patched.setattr(Database, "write", locked)
        answer = fan.client.post(f"/tips/{tip_id}/ask?lang=en", data=sent)
    page = text_of(answer, 503)
    assert answer.headers["Retry-After"] == "10"
    assert "Nothing was changed and nothing was lost." in page
    assert "写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in page
    assert version_of(desk, tip_id) == version
    assert fan.client.post(f"/tips/{tip_id}/ask", data=sent).status_code == 303


@pytest.mark.databases("sqlite")
def test_database_away_still_answers_with_a_page_that_keeps_the_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    fan = desk.person("fan")
    sent = {"csrf_token": fan.token(), "version": version, "question": WORDS}

    def away(_self: Database) -> object:
        raise OperationalError("SELECT", None, sqlite3.OperationalError("unable to open database file"))

    for method in ("read", "write"):
        monkeypatch.setattr(Database, method, away)
    page = text_of(fan.client.post(f"/tips/{tip_id}/ask", data=sent), 503)
    assert "写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in page
    assert fan.client.get("/inbox").status_code == 503


def test_error_inside_shows_a_page_and_logs_no_word_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tip_id = send(desk, account="不可外传的内容,写在来件里,不应出现在日志中。")

    def broken(*_all: object, **_named: object) -> object:
        raise ValueError("不可外传的内容")

    monkeypatch.setattr("verification.web.tips.read_tip", broken)
    page = text_of(desk.person("fan").get(f"/tips/{tip_id}"), 500)
    assert "Something went wrong on our side" in page
    assert "ValueError" not in page
    assert "ValueError" in caplog.text, "the log says what kind it was"
    assert "不可外传" not in page + caplog.text
    assert state_of(desk, tip_id) is TipState.RECEIVED, "nothing of a failed look remains"


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize(
    ("unannounced", "status", "says"),
    [(False, 409, "It changed while you were writing"), (True, 404, "There is nothing at this address")],
)
def test_two_who_propose_a_plan_at_once_lose_no_text(
    desk: Desk, unannounced: bool, status: int, says: str
) -> None:
    walk = Journey(desk.office).docketed()
    plan, version = f"/cases/{walk.case_id}/plan", walk.case.version
    unit, today = walk.office.unit_id("transport"), walk.today.isoformat()
    fields = {
        "version": version, "content": WORDS, "scope": "范围", "units": str(unit), "methods": ["inspection"],
        "starts_on": today, "ends_on": today, "people": "2", "hours": "16",
    }  # fmt: skip
    shen = desk.person("shen")
    answers: list[TestResponse] = []
    sent = fields | {"csrf_token": shen.token()}
    with desk.office.acting("fan") as acting:
        frame = walk.plan_frame(unannounced=unannounced)
        planning.write_and_propose_plan(
            acting, case_id=walk.case_id, version=version, text=PLAN_TEXT, frame=frame
        )
        later = Later(lambda: answers.append(shen.client.post(f"{plan}?lang=en", data=sent)))
        later.has_come_to_wait(desk.office.database)
    assert later.error() is None
    page = text_of(answers[0], status)
    assert says in page
    assert "写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in page


@pytest.mark.parametrize(("name", "status"), [("另一个局", 409), (None, 500)])
def test_row_that_another_wrote_first_is_a_change_and_a_faulty_row_a_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str | None, status: int
) -> None:
    tip_id = send(desk)
    version = opened(desk, tip_id)
    code = "transport" if name else "new"

    def write(acting: Acting, **_named: object) -> None:
        unit = {"id": uuid.uuid4(), "code": code, "name": name, "name_en": "x", "kind": UnitKind.TOWN}
        acting.session.execute(insert(Unit), [unit])

    monkeypatch.setattr("verification.domain.triage.ask_informant", write)
    sent = {"version": version, "question": WORDS}
    page = text_of(desk.person("fan").post(f"/tips/{tip_id}/ask?lang=en", sent), status)
    assert ("It changed while you were writing" in page) == (status == 409)
    assert ("写了很久的问题:是哪一段路?&lt;b&gt;&amp;" in page) == (status == 409)
