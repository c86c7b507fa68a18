"""Logging in, locking, and what a session is worth without its other half."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from tests.support.desk import Desk, Person
from verification.keys.sessions import resume_session
from verification.models import AuditEntry, Staff, StaffSession
from verification.web.gate import cookie_name


def _events(desk: Desk) -> list[str]:
    with desk.office.database.read() as session:
        entries = session.scalars(select(AuditEntry.event).order_by(AuditEntry.number)).all()
    return [event for event in entries if event.startswith("staff.log")]


def _is_in(person: Person) -> bool:
    return person.get("/").status_code == 200


def test_login_with_all_three_opens_the_first_page_and_is_traced(desk: Desk) -> None:
    fan = desk.log_in("fan")
    assert _is_in(fan)
    assert _events(desk) == ["staff.logged-in"]


@pytest.mark.parametrize("wrong", ["login", "passphrase", "code"])
def test_login_with_one_part_wrong_is_refused_in_the_same_words(desk: Desk, wrong: str) -> None:
    stranger = desk.stranger()
    answer = stranger.post("/login?lang=en", desk.credentials("fan") | {wrong: "000000"})
    assert answer.status_code == 401
    assert "Login, passphrase or code is wrong." in answer.get_data(as_text=True)
    assert not _is_in(stranger)
    assert _events(desk) == ([] if wrong == "login" else ["staff.login-failed"])


def test_login_refused_keeps_the_login_name_and_never_the_passphrase(desk: Desk) -> None:
    typed = desk.credentials("fan") | {"code": "000000"}
    page = desk.stranger().post("/login", typed).get_data(as_text=True)
    assert 'value="fan"' in page
    assert typed["passphrase"] not in page


def test_code_used_once_is_refused_the_second_time(desk: Desk) -> None:
    typed = desk.credentials("fan")
    assert desk.stranger().post("/login", typed).status_code == 303
    assert desk.stranger().post("/login", typed).status_code == 401
    desk.office.clock.advance(timedelta(seconds=30))
    assert desk.stranger().post("/login", desk.credentials("fan")).status_code == 303


def test_five_wrong_attempts_pause_the_account_and_it_opens_again_by_itself(desk: Desk) -> None:
    stranger = desk.stranger()
    for _attempt in range(5):
        assert stranger.post("/login", desk.credentials("fan") | {"code": "1"}).status_code == 401
    assert stranger.post("/login", desk.credentials("fan")).status_code == 429
    assert desk.stranger().post("/login", desk.credentials("shen")).status_code == 303
    desk.office.clock.advance(timedelta(minutes=5, seconds=1))
    assert stranger.post("/login", desk.credentials("fan")).status_code == 303


def test_session_row_alone_and_cookie_alone_open_nothing(desk: Desk) -> None:
    fan = desk.log_in("fan")
    cookie = fan.client.get_cookie(cookie_name(secure=False))
    assert cookie is not None
    clock, limits = desk.office.clock, desk.equipment.session_limits
    with desk.office.database.write() as session:
        row = session.scalars(select(StaffSession)).one()
        own = desk.office.secrets_of("fan").keys
        # The row holds neither the keys nor the token in clear, and its own name is no token.
        assert own.to_bytes() not in row.sealed_keys
        token = base64.urlsafe_b64decode(cookie.value)
        assert token not in row.sealed_keys + row.id
        forged = base64.urlsafe_b64encode(row.id).decode()
        assert resume_session(session, cookie=forged, clock=clock, limits=limits) is None
        assert resume_session(session, cookie=cookie.value, clock=clock, limits=limits) is not None
        session.execute(delete(StaffSession))
        assert resume_session(session, cookie=cookie.value, clock=clock, limits=limits) is None
    assert not _is_in(fan)


def test_session_unused_for_its_idle_time_ends_and_one_in_use_lives_on(desk: Desk) -> None:
    fan = desk.person("fan")
    for _visit in range(3):
        desk.office.clock.advance(timedelta(minutes=29))
        assert _is_in(fan)
    desk.office.clock.advance(timedelta(minutes=31))
    assert not _is_in(fan)


def test_session_in_use_ends_at_its_whole_time(desk: Desk) -> None:
    fan = desk.person("fan")
    for _visit in range(23):
        desk.office.clock.advance(timedelta(minutes=25))
        assert _is_in(fan)
    desk.office.clock.advance(timedelta(minutes=26))
    assert not _is_in(fan)


def test_person_no_longer_active_is_out_at_once(desk: Desk) -> None:
    fan = desk.person("fan")
    assert _is_in(fan)
    with desk.office.database.write() as session:
        session.get_one(Staff, desk.office.staff_id("fan")).active = False
    assert not _is_in(fan)


def test_lock_forgets_the_keys_and_leads_back_to_the_same_page(desk: Desk) -> None:
    fan = desk.person("fan")
    answer = fan.post("/lock?next=/notices")
    assert (answer.status_code, answer.location) == (303, "/login?next=/notices")
    assert not _is_in(fan)
    assert _events(desk) == ["staff.logged-out"]
    with desk.office.database.read() as session:
        assert session.scalars(select(StaffSession)).all() == []


def test_log_out_ends_the_session_also_for_a_copied_cookie(desk: Desk) -> None:
    fan = desk.person("fan")
    copied = fan.client.get_cookie(cookie_name(secure=False))
    assert copied is not None
    assert fan.post("/logout").status_code == 303
    thief = desk.stranger()
    thief.client.set_cookie(cookie_name(secure=False), copied.value)
    assert not _is_in(thief)


def test_cookies_are_strict_and_bound_to_the_host_where_there_is_tls(desk: Desk) -> None:
    secured = Desk(desk.office, desk.settings.blob_dir, internal_url="https://office.example")
    client = secured.app.test_client()
    base = "https://office.example"
    page = client.get("/login", base_url=base).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    answer = client.post("/login", data={"csrf_token": token, **desk.credentials("fan")}, base_url=base)
    set_cookies = answer.headers.getlist("Set-Cookie")
    (staff,) = [one for one in set_cookies if one.startswith("__Host-xiansuo-staff=")]
    for wanted in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
        assert wanted in staff
    assert "Domain" not in staff
    assert all("SameSite=Strict" in one and "HttpOnly" in one for one in set_cookies)


def test_login_leads_on_to_the_page_asked_for_and_never_to_another_site(desk: Desk) -> None:
    stranger = desk.stranger()
    assert stranger.client.get("/notices").location == "/login?next=/notices"
    for bad in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        page = stranger.get("/login", query={"next": bad}).get_data(as_text=True)
        assert 'name="next"' not in page
        assert "evil" not in page.split("<main")[1]
    good = stranger.post("/login", desk.credentials("fan") | {"next": "/notices"})
    assert good.location == "/notices"
    bad_post = desk.stranger().post("/login", desk.credentials("shen") | {"next": "//evil.example"})
    assert bad_post.location == "/"


def test_form_sent_after_the_session_ended_is_kept_through_the_login(desk: Desk) -> None:
    fan = desk.person("fan")
    token = fan.token()
    desk.office.clock.advance(timedelta(minutes=31))
    words = "写了很久的一段话 <b>&"
    answer = fan.client.post("/tips/1/accept?lang=en", data={"csrf_token": token, "note": words})
    assert answer.status_code == 404  # no such page: nothing to keep
    answer = fan.client.post("/logout", data={"csrf_token": token})
    assert answer.status_code == 303


def test_expired_token_on_the_login_form_is_told_and_login_kept(desk: Desk) -> None:
    client = desk.app.test_client()
    answer = client.post("/login?lang=en", data={"csrf_token": "stale", **desk.credentials("fan")})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert "This page was open too long" in page
    assert 'value="fan"' in page
    assert desk.credentials("fan")["passphrase"] not in page
