"""The form over the whole public app: what comes back, what is kept, what is stored."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event, func, select, update
from sqlalchemy.exc import OperationalError

from portal.clock import FixedClock
from portal.models import (
    Attachment,
    Desk,
    DirectoryEntry,
    DirectoryKind,
    KeyPurpose,
    Message,
    RecipientKey,
    Tip,
    new_id,
)
from portal.storage.errors import Busy, RetryLater
from portal.web import submit
from tests.support.intake import SigningDesk
from tests.support.intake_server import multipart
from tests.support.public import CHANNEL, TYPED, PublicSite, Visitor

pytestmark = pytest.mark.databases("sqlite")

FORM = "/submit"


def tips(site: PublicSite) -> list[Tip]:
    with site.desk.database.read() as session:
        return list(session.scalars(select(Tip)))


def count(site: PublicSite, table: type) -> int:
    with site.desk.database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def counted_queries(site: PublicSite) -> Iterator[list[str]]:
    said: list[str] = []
    engine = site.intake.database.engine

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


# --- the form ----------------------------------------------------------------------------------------------


def test_form_suggests_names_and_tells_the_limits_before_anything_is_written(visitor: Visitor) -> None:
    text = visitor.open(FORM).text
    assert '<option value="交通运输局">' in text
    assert '<option value="云岭镇">' in text
    assert "最多 4 个" in text
    assert "每个不超过 256 KB，合计不超过 1 MB" in text


def test_form_differs_between_visitors_in_its_secrets_only(site: PublicSite) -> None:
    one, other = site.visitor().open(FORM), site.visitor().open(FORM)
    assert one.hidden(FORM).keys() == other.hidden(FORM).keys() == {"csrf_token", "draft"}
    mine, theirs = one.hidden(FORM), other.hidden(FORM)
    assert mine["csrf_token"] != theirs["csrf_token"]
    assert mine["draft"] != theirs["draft"]
    same = one.text.replace(str(mine["draft"]), "").replace(str(mine["csrf_token"]), "")
    assert same == other.text.replace(str(theirs["draft"]), "").replace(str(theirs["csrf_token"]), "")


def test_kept_page_tells_nothing_of_the_address_it_was_first_asked_by(site: PublicSite) -> None:
    site.visitor().open("/submit?planted=marker")
    site.visitor().open("/?planted=marker")
    assert "marker" not in site.visitor().open(FORM).text
    assert "marker" not in site.visitor().open("/").text


def test_form_costs_no_query_once_names_and_keys_are_known(site: PublicSite) -> None:
    with counted_queries(site) as first:
        site.visitor().open(FORM)
    with counted_queries(site) as second:
        site.visitor().open(FORM)
    assert len(first) >= 2
    assert second == []


def test_new_name_in_the_directory_shows_within_a_minute(
    site: PublicSite, desk: SigningDesk, clock: FixedClock
) -> None:
    assert "水利局" not in site.visitor().open(FORM).text
    with desk.database.write() as session:
        session.add(DirectoryEntry(id=new_id(desk.rng), kind=DirectoryKind.BODY, name="水利局", ordinal=9))
    clock.advance(timedelta(seconds=61))
    assert '<option value="水利局">' in site.visitor().open(FORM).text


def test_form_sets_the_one_cookie_and_a_second_look_sets_none(visitor: Visitor) -> None:
    visitor.open(FORM)
    assert len(visitor.page.headers.getlist("Set-Cookie")) == 1
    assert visitor.open(FORM).page.headers.getlist("Set-Cookie") == []


def test_without_alternate_desk_the_right_channel_is_named_and_a_yes_is_not_taken(
    site: PublicSite, visitor: Visitor
) -> None:
    assert CHANNEL in visitor.open(FORM).text
    visitor.send(FORM, TYPED | {"desk": "alternate"})
    assert visitor.page.status_code == 422
    assert visitor.problems == ["这类问题不能从这里提交，请使用下面写明的渠道。"]
    assert TYPED["account"] in visitor.text
    assert tips(site) == []


def test_with_alternate_desk_a_yes_goes_there(alternate: SigningDesk, site: PublicSite) -> None:
    visitor = site.visitor().open(FORM)
    assert CHANNEL not in visitor.text
    assert visitor.send(FORM, TYPED | {"desk": "alternate"}).page.status_code == 200
    assert [tip.desk for tip in tips(site)] == [Desk.ALTERNATE]


# --- what is sent ------------------------------------------------------------------------------------------


def test_tip_is_sealed_and_answered_at_once_with_its_receipt(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"urgent": "yes", "keep_away": "张主任", "when": "去年春天"})
    assert (visitor.page.status_code, len(visitor.receipt)) == (200, 29)
    assert visitor.page.headers["Cache-Control"] == "no-store"
    (tip,) = tips(site)
    said = site.desk.statement(tip)
    assert (said.account, said.about, said.urgent, said.keep_away, said.when) == (
        TYPED["account"],
        TYPED["about"],
        True,
        "张主任",
        "去年春天",
    )
    assert site.desk.identity(tip.identity_id).is_empty


def test_receipt_lies_neither_in_the_cookie_nor_in_an_address(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED)
    receipt = visitor.receipt
    assert receipt in visitor.text.replace('</span><span class="receipt-group">', "")
    cookie = visitor.client.get_cookie("xiansuo")
    assert cookie is not None
    opened = SecureCookieSessionInterface().get_signing_serializer(site.app).loads(cookie.value)  # type: ignore[union-attr]  # the app has a secret key
    assert "form-secret" in opened
    assert receipt.replace("-", "") not in str(opened).replace("-", "").upper()
    assert [line for line in visitor.page.headers if receipt in str(line)] == []


def test_identity_left_is_sealed_apart(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"identity": "leave", "name": "王芳", "contact": "13900000000"})
    (tip,) = tips(site)
    assert site.desk.identity(tip.identity_id).name == "王芳"


def test_same_form_sent_twice_is_one_tip_with_the_same_receipt(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM)
    first = visitor.send(FORM, TYPED).receipt
    again = visitor.post(FORM, multipart(form | TYPED))
    assert again.receipt == first
    assert "没有重复保存" in again.text
    assert len(tips(site)) == 1


def test_same_form_with_more_in_it_is_added_to_that_tip(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM)
    first = visitor.send(FORM, TYPED).receipt
    again = visitor.post(FORM, multipart(form | TYPED | {"account": TYPED["account"] + "补充一句。"}))
    assert again.receipt == first
    assert "已补充到您的线索" in again.text
    assert (len(tips(site)), count(site, Message)) == (1, 1)


def test_saved_receipt_cannot_be_worked_out_again_in_this_browser(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM)
    first = visitor.send(FORM, TYPED).receipt
    visitor.send("/submit/saved", {})
    assert (visitor.page.status_code, visitor.page.headers["Location"]) == (303, "/saved")
    again = visitor.post(FORM, multipart(form | TYPED))
    assert again.page.status_code == 409
    assert "这张表以前提交过" in again.notice
    assert TYPED["account"] not in again.text
    assert again.receipt != first
    assert len(tips(site)) == 1
    assert again.send(FORM, TYPED).receipt not in ("", first)


# --- what is wrong -----------------------------------------------------------------------------------------


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
    (tip,) = tips(site)
    entries = site.desk.statement(tip).attachments
    assert [entry.name for entry in entries] == ["路面.jpg", "录音.m4a", "补拍.jpg"]
    assert [site.desk.original(entry.object_id, intake=site.intake) for entry in entries] == [
        b"one",
        b"two",
        b"three",
    ]


def test_file_unticked_after_an_error_stays_out(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"account": ""}, files=[("a.jpg", b"a"), ("b.jpg", b"b")])
    keep = visitor.hidden(FORM)["keep"]
    visitor.send(FORM, TYPED | {"keep": [keep[1]]})
    (tip,) = tips(site)
    assert [entry.name for entry in site.desk.statement(tip).attachments] == ["b.jpg"]
    assert count(site, Attachment) == 1


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
    assert site.desk.statement(tips(site)[0]).in_attachment


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
    assert tips(site) == []
    assert visitor.send(FORM, TYPED).page.status_code == 200


def test_browser_without_cookies_is_told_so(site: PublicSite) -> None:
    form = site.visitor().open(FORM).hidden(FORM)
    stranger = site.visitor()
    stranger.post(FORM, multipart(form | TYPED))
    assert stranger.page.status_code == 400
    assert "Cookie" in stranger.notice
    assert tips(site) == []


def test_language_is_changed_without_losing_a_word_or_a_file(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    visitor.send(FORM, TYPED | {"account": "还没写完", "switch": "en"}, files=[("a.jpg", b"a")])
    assert visitor.page.status_code == 200
    assert '<html lang="en">' in visitor.text
    assert "还没写完" in visitor.text
    assert (visitor.kept_files, visitor.problems) == (["a.jpg"], [])
    assert visitor.send(FORM, TYPED).page.status_code == 200
    assert site.desk.statement(tips(site)[0]).language == "en"


def test_ten_thousand_fields_are_refused_with_a_page(visitor: Visitor) -> None:
    visitor.open(FORM)
    form: dict[str, str | list[str]] = visitor.hidden(FORM) | {"x": ["y"] * 10_001}
    visitor.post(FORM, multipart(form))
    assert visitor.page.status_code == 413
    assert "一次发送的内容太多了" in visitor.notice


@pytest.mark.parametrize("end", [20, 200, 700])
def test_body_that_breaks_off_keeps_what_had_arrived(site: PublicSite, visitor: Visitor, end: int) -> None:
    visitor.open(FORM)
    body = multipart(visitor.hidden(FORM) | TYPED)
    visitor.post(FORM, body[:end])
    assert visitor.page.status_code == 400
    assert tips(site) == []


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
    assert tips(site) == []
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
