"""Files sent by the page's script: with their progress, over breaks, and never in the way of the form."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, Route, expect
from sqlalchemy import select

from portal.models import Attachment, FilePart, SealedObject, Tip
from portal.storage.filesystem import FileBlobs
from portal.storage.objects import open_stored
from tests.conftest import NewVisitor
from tests.support.accessibility import violations
from tests.support.browser import DESK, PHONE
from tests.support.public import TYPED, RunningSite, serving_public
from tests.support.schema import copy_sqlite

pytestmark = pytest.mark.slow

PART = 200_000
FILM, PHOTO = 5 * PART + 77, 60_000


@dataclass
class Sending:
    """The form on a page, and the requests that its script makes."""

    page: Page
    site: RunningSite
    folder: Path
    blobs: Path
    posts: list[str] = field(default_factory=list)
    hinder: Callable[[Route, int], bool] = lambda _route, _number: False

    def __post_init__(self) -> None:
        self.page.route("**/submit/file", self._pass)
        self.page.goto(f"{self.site.url}/submit")

    def _pass(self, route: Route) -> None:
        self.posts.append(route.request.url)
        if not self.hinder(route, len(self.posts)):
            route.continue_()

    def choose(self, *names_and_sizes: tuple[str, int]) -> list[bytes]:
        """Choose files of random bytes; returns these."""
        contents = [random.Random(name).randbytes(size) for name, size in names_and_sizes]  # test data
        paths = [self.folder / name for name, _size in names_and_sizes]
        for path, content in zip(paths, contents, strict=True):
            path.write_bytes(content)
        self.page.locator("input[type=file]").set_input_files(paths)
        return contents

    @property
    def here(self) -> Locator:
        """Files that have arrived."""
        return self.page.locator("[data-arrivals] [name=keep]")

    @property
    def said(self) -> Locator:
        """What the line under the files says."""
        return self.page.locator(".tally[data-many]")

    def fill(self) -> None:
        """Answer what has to be answered."""
        for name in ("desk", "reporter", "subject"):
            self.page.locator(f'input[name={name}][value="{TYPED[name]}"]').check()
        self.page.locator("[name=about]").fill(TYPED["about"])
        self.page.locator("[name=account]").fill(TYPED["account"])

    def press_send(self) -> None:
        self.page.locator("#tip .actions button").click()

    def expect_receipt(self) -> None:
        expect(self.page.locator(".receipt-code")).to_be_visible()

    def stored(self) -> dict[str, bytes]:
        """Files of all reports by name, opened with the desk's key."""
        desk = self.site.desk
        with desk.database.read() as session:
            tips = session.scalars(select(Tip)).all()
            entries = [entry for tip in tips for entry in desk.statement(tip).attachments]
        return {entry.name: self.opened(entry.object_id) for entry in entries}

    def opened(self, object_id: uuid.UUID) -> bytes:
        """One file, opened with the desk's key."""
        desk = self.site.desk
        with desk.database.read() as session:
            row = session.get_one(SealedObject, object_id)
            key = desk.file_key(object_id)
            with closing(open_stored(session, row, file_key=key, blobs=FileBlobs(self.blobs))) as reader:
                return b"".join(reader.chunks())

    def sent_with_messages(self) -> list[uuid.UUID]:
        """Files that came with a later message."""
        with self.site.desk.database.read() as session:
            later = select(Attachment.object_id).where(Attachment.message_id.is_not(None))
            return list(session.scalars(later))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("arriving")


@pytest.fixture(scope="module")
def site(sqlite_template: Path, folder: Path) -> Iterator[RunningSite]:
    address = copy_sqlite(sqlite_template, to=folder / "p.sqlite3")
    more = {"PART_BYTES": str(PART), "MAX_FILE_BYTES": str(40 * PART), "MAX_FILES": "4"}
    with serving_public(folder, database_url=address, more=more) as server:
        yield server


@pytest.fixture
def sending(site: RunningSite, new_visitor: NewVisitor, folder: Path, tmp_path: Path) -> Sending:
    page = new_visitor(script=True, width=PHONE).context.new_page()
    return Sending(page, site, tmp_path, folder / "blobs")


def test_files_arrive_while_the_form_is_filled_in(sending: Sending) -> None:
    film, photo = sending.choose(("录像一.mp4", FILM), ("照片一.jpg", PHOTO))
    expect(sending.here).to_have_count(2)
    expect(sending.said).to_have_text(re.compile("照片一.jpg 已收到"))
    assert len(sending.posts) == 7
    assert sending.page.locator("input[type=file]").evaluate("input => input.files.length") == 0
    sending.fill()
    sending.press_send()
    sending.expect_receipt()
    stored = sending.stored()
    assert (stored["录像一.mp4"], stored["照片一.jpg"]) == (film, photo)


def test_broken_connection_costs_one_part(sending: Sending) -> None:
    def hinder(route: Route, number: int) -> bool:
        if number == 3:
            sending.page.context.set_offline(True)
            route.abort("connectionreset")
        return number == 3

    sending.hinder = hinder
    [film] = sending.choose(("断过的录像.mp4", FILM))
    expect(sending.page.locator("[data-said]")).to_contain_text("接着传")
    assert sending.here.count() == 0
    sending.page.context.set_offline(False)
    expect(sending.here).to_have_count(1)
    # Six parts, and one of them twice: nothing that had arrived was sent again.
    assert len(sending.posts) >= 7
    sending.fill()
    sending.press_send()
    sending.expect_receipt()
    assert sending.stored()["断过的录像.mp4"] == film


def test_form_waits_for_files_that_are_on_their_way(sending: Sending) -> None:
    held: list[Route] = []

    def hinder(route: Route, number: int) -> bool:
        if number == 2:
            held.append(route)
        return number == 2

    sending.hinder = hinder
    sending.fill()
    [film] = sending.choose(("等一等.mp4", FILM))
    expect(sending.page.locator("progress")).to_be_visible()
    expect(sending.page.locator("[data-said]")).to_have_text("19 %")
    sending.press_send()
    expect(sending.said).to_contain_text("传完自动提交")
    sending.hinder = lambda _route, _number: False
    held[0].continue_()
    sending.expect_receipt()
    assert sending.stored()["等一等.mp4"] == film


def test_refused_file_says_why_and_can_be_tried_again_or_taken_out(sending: Sending) -> None:
    trouble = {"trouble": "这个文件没有收下。", "again": False}

    def hinder(route: Route, _number: int) -> bool:
        route.fulfill(status=409, json=trouble)
        return True

    sending.hinder = hinder
    sending.fill()
    sending.choose(("不收.mp4", FILM), ("也不收.jpg", PHOTO))
    rows = sending.page.locator(".arrival")
    expect(rows.get_by_text("这个文件没有收下。")).to_have_count(2)
    sending.press_send()
    expect(sending.said).to_contain_text("请重试或去掉")
    expect(rows.first.get_by_role("button", name="重试")).to_be_focused()
    rows.last.get_by_role("button", name="去掉").click()
    sending.hinder = lambda _route, _number: False
    rows.first.get_by_role("button", name="重试").click()
    expect(sending.here).to_have_count(1)
    sending.press_send()
    sending.expect_receipt()
    stored = sending.stored()
    assert ("不收.mp4" in stored, "也不收.jpg" in stored) == (True, False)


def test_file_taken_out_on_its_way_or_after_does_not_go_along(sending: Sending) -> None:
    held: list[Route] = []

    def hinder(route: Route, number: int) -> bool:
        if number == 1:
            held.append(route)
        return number == 1

    sending.hinder = hinder
    sending.choose(("中途去掉.mp4", FILM))
    sending.page.get_by_role("button", name="去掉").click()
    held[0].abort()
    sending.choose(("收到后去掉.jpg", PHOTO), ("留下.jpg", PHOTO))
    expect(sending.here).to_have_count(2)
    sending.here.first.uncheck()
    sending.fill()
    sending.press_send()
    sending.expect_receipt()
    stored = sending.stored()
    assert [name in stored for name in ("中途去掉.mp4", "收到后去掉.jpg", "留下.jpg")] == [False, False, True]


def test_too_many_and_too_large_are_said_before_anything_is_sent(sending: Sending) -> None:
    sending.choose(("太大.mp4", 40 * PART + 1))
    expect(sending.said).to_contain_text("太大.mp4")
    assert sending.posts == []
    sending.choose(*[(f"{number}.jpg", 10) for number in range(3)])
    expect(sending.here).to_have_count(3)
    sending.choose(*[(f"又{number}.jpg", 10) for number in range(2)])
    expect(sending.said).to_have_class(re.compile("wrong"))
    assert len(sending.posts) == 3


def test_form_that_comes_back_keeps_what_arrived(sending: Sending) -> None:
    [film] = sending.choose(("表单有误.mp4", FILM))
    expect(sending.here).to_have_count(1)
    sending.press_send()
    kept = sending.page.locator("[name=keep]:checked")
    expect(kept).to_have_count(1)
    expect(sending.page.get_by_text("表单有误.mp4")).to_be_visible()
    sending.fill()
    sending.press_send()
    sending.expect_receipt()
    assert sending.stored()["表单有误.mp4"] == film


def test_mailbox_takes_files_the_same_way(sending: Sending) -> None:
    sending.fill()
    sending.press_send()
    receipt = "".join(sending.page.locator(".receipt-code").inner_text().split())
    page, posts = sending.page, list[str]()
    page.on("request", lambda request: posts.append(request.url) if "/check/file" in request.url else None)
    page.goto(f"{sending.site.url}/check")
    page.locator("[name=receipt]").first.fill(receipt)
    page.locator("main button").first.click()
    page.locator("details", has_text="补充").locator("summary").click()
    form = page.locator("#write-material")
    path = sending.folder / "补来的录像.mp4"
    path.write_bytes(film := random.Random("later").randbytes(FILM))  # test data
    form.locator("input[type=file]").set_input_files(path)
    expect(form.locator("[data-arrivals] [name=keep]")).to_have_count(1)
    assert len(posts) == 6
    form.locator("[name=text]").fill("补一段录像。")
    form.locator(".actions button").click()
    expect(page.get_by_text("谢谢")).to_be_visible()
    [head] = sending.sent_with_messages()
    assert sending.opened(head) == film


@pytest.mark.parametrize("width", [320, PHONE, DESK])
def test_page_with_files_on_their_way_is_accessible_and_fits(sending: Sending, width: int) -> None:
    def hinder(route: Route, number: int) -> bool:
        if number == 2:
            route.fulfill(
                status=409, json={"trouble": "这个文件没有收下，因为它在传送时变了。", "again": False}
            )
        return number == 2 or number > 3

    sending.hinder = hinder
    sending.page.set_viewport_size({"width": width, "height": 800})
    name = "一个很长很长的文件名字" * 6 + ".jpg"
    sending.choose(("先到.jpg", 10), (name, PHOTO), ("录像.mp4", FILM))
    expect(sending.here).to_have_count(1)
    expect(sending.page.locator("[data-said]").last).to_have_text("19 %")
    assert violations(sending.page) == []
    assert sending.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_parts_lie_in_the_blob_store_each_under_its_own_name(sending: Sending) -> None:
    sending.choose(("分开放.mp4", FILM))
    expect(sending.here).to_have_count(1)
    head = uuid.UUID(sending.here.first.get_attribute("value") or "")
    with sending.site.desk.database.read() as session:
        parts = session.scalars(select(FilePart.number).where(FilePart.head_id == head)).all()
    assert sorted(parts) == [1, 2, 3, 4, 5]
