"""What both apps are before they have a page: headers, cookie, failures in words, a log without messages."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path
from typing import NoReturn

import pytest
from flask import Flask, abort, render_template_string, session
from sqlalchemy.exc import OperationalError

import config
from portal import shell
from portal.assets import Side
from portal.storage.errors import Busy, RetryLater

SETTINGS = config.load_portal(
    {
        "XIANSUO_ENVIRONMENT": "test",
        "XIANSUO_DATABASE_URL": "sqlite://",
        "XIANSUO_BLOB_DIR": "/nowhere",
        "XIANSUO_ROOT_PUBLIC": "11" * 32,
        "XIANSUO_PORTAL_SECRET": "22" * 32,
        "XIANSUO_PUBLIC_URL": "http://127.0.0.1:8000",
        "XIANSUO_OFFICE_NAME": "安澜县政府督查室",
        "XIANSUO_OFFICE_NAME_EN": "Anlan County Supervision Office",
        "XIANSUO_COUNTY_NAME": "安澜县",
        "XIANSUO_COUNTY_NAME_EN": "Anlan County",
        "XIANSUO_EDGE_RETENTION": "网络入口不保存访问记录。",
        "XIANSUO_EDGE_RETENTION_EN": "The network edge keeps no access log.",
        "XIANSUO_REDIRECT_CHANNEL": "市政府督查室 0990-0000000",
        "XIANSUO_REDIRECT_CHANNEL_EN": "Municipal supervision office, 0990-0000000",
    }
)
SECURE = dataclasses.replace(SETTINGS, public_url="https://xiansuo.example")


def make_app(settings: config.PortalSettings = SETTINGS, side: Side = Side.INTERNAL) -> Flask:
    """An app with one page of each kind of fault; the internal layout needs no routes of its own."""
    app = shell.new_app(__name__, side, settings=settings, packages=("portal",))

    def fault(kind: str) -> NoReturn:
        match kind:
            case "full":
                raise RetryLater(Busy.DISK_FULL)
            case "locked":
                raise OperationalError("SELECT the-secret", {}, Exception("the-secret"))
            case "bug":
                raise ValueError("the-secret")
        abort(int(kind))

    def page() -> str:
        session["seen"] = True
        return render_template_string(
            "{% extends layout %}{% block main %}<p>{{ office_name() }}</p>{% endblock %}"
        )

    app.add_url_rule("/fault/<kind>", view_func=fault)
    app.add_url_rule("/page", view_func=page)
    return app


@pytest.mark.parametrize("code", sorted(shell.ERROR_TEXTS))
def test_every_failure_has_its_page_in_both_languages(code: int) -> None:
    client = make_app().test_client()
    chinese = client.get(f"/fault/{code}")
    english = client.get(f"/fault/{code}?lang=en")
    assert (chinese.status_code, english.status_code) == (code, code)
    title, text = (str(part) for part in shell.ERROR_TEXTS[code])
    assert title in english.get_data(as_text=True)
    assert text.replace("'", "&#39;") in english.get_data(as_text=True)
    assert title not in chinese.get_data(as_text=True)
    assert '<html lang="zh-Hans">' in chinese.get_data(as_text=True)


def test_unexpected_error_is_answered_and_logged_without_its_message(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = make_app().test_client().get("/fault/bug")
    assert answer.status_code == 500
    assert "the-secret" not in answer.get_data(as_text=True)
    assert "ValueError on fault at" in caplog.text
    assert Path(__file__).name in caplog.text
    assert "the-secret" not in caplog.text


@pytest.mark.parametrize("kind", ["full", "locked"])
def test_what_is_only_busy_is_answered_with_come_back(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    answer = make_app().test_client().get(f"/fault/{kind}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "the-secret" not in caplog.text


def test_wrong_method_says_which_are_allowed() -> None:
    answer = make_app().test_client().post("/page")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_pages_are_not_kept_and_load_nothing_from_elsewhere() -> None:
    answer = make_app().test_client().get("/page")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = dict(part.split(" ", 1) for part in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["style-src"]) == ("'self'", "'self'")
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_style_sheet_keeps_its_own_cache_rule() -> None:
    client = make_app().test_client()
    assert "immutable" not in client.get("/static/internal.0.css").headers["Cache-Control"]
    assert client.get("/static/internal.0.css").headers["Cache-Control"] == "public, max-age=60"


def test_cookie_is_bound_to_the_host_where_there_is_tls() -> None:
    answer = make_app(SECURE).test_client().get("/page", base_url="https://xiansuo.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-xiansuo-office=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Expires" not in cookie
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_cookie_without_tls_has_a_plain_name() -> None:
    answer = make_app().test_client().get("/page")
    assert answer.headers["Set-Cookie"].startswith("xiansuo-office=")
    assert "Strict-Transport-Security" not in answer.headers


def test_office_is_named_in_the_readers_language() -> None:
    client = make_app().test_client()
    assert "<p>安澜县政府督查室</p>" in client.get("/page").get_data(as_text=True)
    assert "<p>Anlan County Supervision Office</p>" in client.get("/page?lang=en").get_data(as_text=True)


def test_language_switch_keeps_the_page_and_its_other_arguments() -> None:
    page = make_app().test_client().get("/page?unit=7&lang=en").get_data(as_text=True)
    assert 'href="/page?unit=7&amp;lang=zh" lang="zh-Hans"' in page
