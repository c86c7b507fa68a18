"""The form over the whole public app: what comes back, what is kept, what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import event

from portal.clock import FixedClock
from portal.models import (
    Desk,
    DirectoryEntry,
    DirectoryKind,
    Message,
    new_id,
)
from tests.support.intake import SigningDesk
from tests.support.intake_server import multipart
from tests.support.public import CHANNEL, TYPED, PublicSite, Visitor

pytestmark = pytest.mark.databases("sqlite")

FORM = "/submit"


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
    assert "<option>交通运输局" in text
    assert "<option>云岭镇" in text
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
    assert "<option>水利局" in site.visitor().open(FORM).text


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
    assert site.tips() == []


def test_with_alternate_desk_a_yes_goes_there(alternate: SigningDesk, site: PublicSite) -> None:
    visitor = site.visitor().open(FORM)
    assert CHANNEL not in visitor.text
    assert visitor.send(FORM, TYPED | {"desk": "alternate"}).page.status_code == 200
    assert [tip.desk for tip in site.tips()] == [Desk.ALTERNATE]


# --- what is sent ------------------------------------------------------------------------------------------


def test_tip_is_sealed_and_answered_at_once_with_its_receipt(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM).send(FORM, TYPED | {"urgent": "yes", "keep_away": "张主任", "when": "去年春天"})
    assert (visitor.page.status_code, len(visitor.receipt)) == (200, 29)
    assert visitor.page.headers["Cache-Control"] == "no-store"
    (tip,) = site.tips()
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
    (tip,) = site.tips()
    assert site.desk.identity(tip.identity_id).name == "王芳"


def test_same_form_sent_twice_is_one_tip_with_the_same_receipt(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM)
    first = visitor.send(FORM, TYPED).receipt
    again = visitor.post(FORM, multipart(form | TYPED))
    assert again.receipt == first
    assert "没有重复保存" in again.text
    assert len(site.tips()) == 1


def test_same_form_with_more_in_it_is_added_to_that_tip(site: PublicSite, visitor: Visitor) -> None:
    visitor.open(FORM)
    form = visitor.hidden(FORM)
    first = visitor.send(FORM, TYPED).receipt
    again = visitor.post(FORM, multipart(form | TYPED | {"account": TYPED["account"] + "补充一句。"}))
    assert again.receipt == first
    assert "已补充到您的线索" in again.text
    assert (len(site.tips()), site.count(Message)) == (1, 1)


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
    assert len(site.tips()) == 1
    assert again.send(FORM, TYPED).receipt not in ("", first)
