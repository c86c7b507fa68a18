"""A form that could not be taken: what it says, what it keeps, what it stores (nothing)."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from portal.clock import FixedClock
from portal.models import (
    Attachment,
    KeyPurpose,
    RecipientKey,
)
from portal.storage.errors import Busy, RetryLater
from portal.web import submit
from tests.support.intake_server import multipart
from tests.support.public import CHANNEL, TYPED, PublicSite, Visitor

pytestmark = pytest.mark.databases("sqlite")

FORM = "/submit"


def test_problem_keeps_everything_typed_and_every_file_received(site: PublicSite, visitor: Visitor) -> None:
    typed = TYPED | {
        "account": "太短",
        "other_channels": "打过 12345",
        "urgent": "yes",
        "identity": "leave",
    }
    typed |= {"name": "王芳 <b>"}
    visitor.open(FORM).send(FORM, typed, files=[("路面.jpg", b"one"), ("录音.m4a", b"two")])
    assert visitor.page.status_code == 422
    assert visitor.problems == ["请写下发生了什么，至少 20 个字。"]
    assert visitor.kept_files == ["路面.jpg", "录音.m4a"]
    for kept in ('value="desk" id="f-desk" checked', 'value="4" checked', "打过 12345", "王芳 &lt;b&gt;"):
        assert kept in visitor.text
    visitor.send(FORM, typed | {"account": TYPED["account"]}, files=[("补拍.jpg", b"three")])
    assert visitor.page.status_code == 200
    (tip,) = site.tips()
    entries = site.desk.statement(tip).attachments
    assert [entry.name for entry in entries] == ["路面.jpg", "录音.m4a", "补拍.jpg"]
    assert [site.desk.original(entry.object_id, intake=site.intake) for entry in entries] == [
        b"one",
        b"two",
        b"three",
    ]


@pytest.mark.parametrize("answer", ["", "nonsense", "alternate"])
def test_file_sent_before_the_first_question_is_answered_is_kept(
    site: PublicSite, visitor: Visitor, answer: str
) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"desk": answer}, files=[("路面.jpg", b"one")])
    assert visitor.page.status_code == 422
    assert len(visitor.problems) == 1
    assert visitor.kept_files == ["路面.jpg"]
    assert visitor.send(FORM, TYPED).page.status_code == 200
    assert [entry.name for entry in site.desk.statement(site.tips()[0]).attachments] == ["路面.jpg"]


def test_very_long_text_comes_back_whole_with_all_that_stands_behind_it(visitor: Visitor) -> None:
    account = "路坏了半年。" * 5000
    visitor.open(FORM).send(FORM, TYPED | {"account": account, "keep_away": "张主任"})
    assert visitor.page.status_code == 422
    assert account in visitor.text
    assert "张主任" in visitor.text


def test_file_unticked_after_an_error_stays_out(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"account": ""}, files=[("a.jpg", b"a"), ("b.jpg", b"b")])
    keep = visitor.hidden(FORM)["keep"]
    visitor.send(FORM, TYPED | {"keep": [keep[1]]})
    (tip,) = site.tips()
    assert [entry.name for entry in site.desk.statement(tip).attachments] == ["b.jpg"]
    assert site.count(Attachment) == 1


def test_file_that_cannot_be_taken_is_named_and_the_others_are_kept(
    site: PublicSite, visitor: Visitor
) -> None:
    files = [("小.jpg", b"x"), ("大.mp4", bytes(256 * 1024 + 1)), ("也小.jpg", b"y")]
    visitor.open(FORM).send(FORM, TYPED, files=files)
    assert visitor.page.status_code == 422
    assert visitor.problems == ["“大.mp4”没有收下：单个文件最大 256 KB。"]
    assert visitor.kept_files == ["小.jpg", "也小.jpg"]
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_recording_instead_of_text_needs_only_the_recording(site: PublicSite, visitor: Visitor) -> None:
    typed = TYPED | {"account": "", "in_attachment": "yes"}
    visitor.open(FORM).send(FORM, typed)
    assert visitor.problems == ["请选择录音文件或手写信的照片。"]
    assert visitor.send(FORM, typed, files=[("录音.m4a", b"voice")]).page.status_code == 200
    assert site.desk.statement(site.tips()[0]).in_attachment


@pytest.mark.parametrize("token", ["", "forged", "IjEyMyI.aaaa.bbbb"])
def test_forged_token_stores_nothing_and_keeps_what_was_typed(
    site: PublicSite, visitor: Visitor, token: str
) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM) | {"csrf_token": token}
    visitor.post(FORM, multipart(form | TYPED, [("files", "a.jpg", b"a")]))
    assert visitor.page.status_code == 400
    assert "打开太久了" in visitor.notice
    assert TYPED["account"] in visitor.text
    assert site.tips() == []
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_browser_without_cookies_is_told_so(site: PublicSite) -> None:
    form = site.visitor().open(FORM).hidden(FORM)
    stranger = site.visitor()
    stranger.post(FORM, multipart(form | TYPED))
    assert stranger.page.status_code == 400
    assert "Cookie" in stranger.notice
    assert site.tips() == []


def test_language_is_changed_without_losing_a_word_or_a_file(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    visitor.send(FORM, TYPED | {"account": "还没写完", "switch": "en"}, files=[("a.jpg", b"a")])
    assert visitor.page.status_code == 200
    assert '<html lang="en">' in visitor.text
    assert "还没写完" in visitor.text
    assert (visitor.kept_files, visitor.problems) == (["a.jpg"], [])
    assert visitor.send(FORM, TYPED).page.status_code == 200
    assert site.desk.statement(site.tips()[0]).language == "en"


def test_ten_thousand_fields_are_refused_with_a_page(visitor: Visitor) -> None:
    visitor.open(FORM)
    form: dict[str, str | list[str]] = visitor.hidden(FORM) | {"x": ["y"] * 10_001}
    visitor.post(FORM, multipart(form))
    assert visitor.page.status_code == 413
    assert "本页没有的内容" in visitor.notice


@pytest.mark.parametrize("end", [20, 200, 700])
def test_body_that_breaks_off_keeps_what_had_arrived(site: PublicSite, visitor: Visitor, end: int) -> None:
    visitor.open(FORM)
    body = multipart(visitor.hidden(FORM) | TYPED)
    visitor.post(FORM, body[:end])
    assert visitor.page.status_code == 400
    assert site.tips() == []


def test_empty_body_is_answered_with_the_form(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    visitor.page = visitor.client.post(FORM)
    assert visitor.page.status_code == 400
    assert 'name="account"' in visitor.text


def test_busy_system_says_so_and_keeps_everything(
    site: PublicSite, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: object, **_more: object) -> None:
        raise RetryLater(Busy.DATABASE)

    visitor.open(FORM)
    with monkeypatch.context() as changed:
        changed.setattr(submit, "submit_tip", busy)
        visitor.send(FORM, TYPED, files=[("a.jpg", b"a")])
    assert (visitor.page.status_code, visitor.page.headers["Retry-After"]) == (503, "30")
    assert "系统正忙" in visitor.notice
    assert TYPED["account"] in visitor.text
    assert visitor.kept_files == ["a.jpg"]
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_locked_database_says_so_and_keeps_everything(
    site: PublicSite, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor.open(FORM)
    other = sqlite3.connect(str(site.intake.database.url.database), isolation_level=None)
    monkeypatch.setattr("portal.db.BUSY_TIMEOUT_MS", 0)
    other.execute("BEGIN EXCLUSIVE")
    try:
        visitor.send(FORM, TYPED)
    finally:
        other.execute("ROLLBACK")
        other.close()
    assert visitor.page.status_code == 503
    assert TYPED["account"] in visitor.text
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_database_that_is_away_takes_nothing_that_was_typed(
    site: PublicSite, visitor: Visitor, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_arguments: object, **_more: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("away"))

    visitor.open(FORM)
    clock.advance(timedelta(seconds=61))
    with monkeypatch.context() as changed:
        changed.setattr(site.intake.database.engine.dialect, "connect", away)
        site.intake.database.engine.dispose()
        visitor.send(FORM, TYPED)
        assert visitor.page.status_code == 503
        assert (TYPED["account"] in visitor.text, "系统正忙" in visitor.notice) == (True, True)
        assert site.visitor().open(FORM).page.status_code == 503
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_more_than_one_message_may_carry_is_told_and_what_was_typed_is_kept(
    site: PublicSite, visitor: Visitor
) -> None:
    quarter = bytes(256 * 1024)
    files = [(f"{number}.mp4", quarter) for number in range(6)]
    visitor.open(FORM).send(FORM, TYPED, files=files)
    assert visitor.page.status_code in (413, 422)
    assert TYPED["account"] in visitor.text
    assert site.tips() == []
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_without_a_desk_key_the_form_is_not_shown(site: PublicSite, clock: FixedClock) -> None:
    with site.desk.database.write() as session:
        session.execute(
            update(RecipientKey).where(RecipientKey.purpose == KeyPurpose.DIRECTOR).values(retired=True)
        )
    clock.advance(timedelta(seconds=61))
    visitor = site.visitor().open(FORM)
    assert visitor.page.status_code == 503
    assert "csrf_token" not in visitor.text
    assert CHANNEL in visitor.text
