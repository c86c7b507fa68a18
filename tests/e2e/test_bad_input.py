"""Bad input in real browsers and on real disks: told in the reader's language, and nothing typed is lost.

The forms themselves, broken bodies and forged tokens are tested below this (``tests/portal/web``,
``tests/verification/web``, ``tests/portal/storage``); here is what needs a browser, a full disk, a locked
database or a queue server that is gone. Source: issue 2 "Bad input".
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from portal.clock import SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG
from tests.conftest import NewVisitor
from tests.e2e.journey_county import County, new_tip
from tests.e2e.journey_forms import Form
from tests.e2e.journey_people import Citizen, fill_in, ids_in, write_file
from tests.e2e.journey_servers import serving_portal
from tests.e2e.test_journey import DESK as DESK_LOGINS
from tests.support.intake import SigningDesk
from tests.support.markers import descendants
from tests.support.photographs import photograph, png_bomb
from tests.support.public import TYPED
from tests.support.worker_process import until
from verification.supervise import Service

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]

MIB = 1024 * 1024
LIMITS = {"MAX_FILE_BYTES": str(MIB), "MAX_MESSAGE_BYTES": str(2 * MIB), "MAX_FILES": "3"}
LANGUAGES = ("zh-Hans", "en")


@pytest.fixture
def desk(database: Database) -> SigningDesk:
    return SigningDesk(database, clock=SystemClock(), rng=SYSTEM_RNG)


@pytest.fixture
def citizen(new_visitor: NewVisitor) -> Callable[[int], Citizen]:
    """Somebody without JavaScript, on a server at that port."""

    def visit(port: int) -> Citizen:
        return Citizen(new_visitor(script=False), url=f"http://127.0.0.1:{port}")

    return visit


def still_typed(person: Citizen) -> bool:
    """Whether the page has everything that was typed."""
    form = person.form().form
    texts = {name: form.locator(f"[name={name}]").input_value() for name in ("about", "place", "account")}
    chosen = {
        name: form.locator(f"[name={name}]:checked").input_value()
        for name in ("desk", "reporter", "subject", "identity")
    }
    return texts | chosen == TYPED


def told(person: Citizen) -> list[str]:
    """What the page says is wrong."""
    return person.page.locator(".wrong-list li, [role=status] p").all_inner_texts()


# --- files that cannot be taken ----------------------------------------------------------------------------

TOO_LARGE = {
    "zh-Hans": "“大.bin”没有收下：单个文件最大 1 MB。",
    "en": "“大.bin” was not taken: a single file may have 1 MB.",
}
EMPTY = {
    "zh-Hans": "“空.jpg”没有收下：这是空文件。",
    "en": "“空.jpg” was not taken: the file is empty.",
}
TOO_MUCH = {
    "zh-Hans": "一次发送的内容太多了。请少选几个文件，或选小一些的，再提交一次。",
    "en": "This was more than can be sent at once. Choose fewer or smaller files and send it again.",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_too_large_and_empty_are_named_in_the_browser_and_the_others_kept(
    desk: SigningDesk, citizen: Callable[[int], Citizen], tmp_path: Path, language: str
) -> None:
    sizes = {"大.bin": MIB + 1, "空.jpg": 0, "好.jpg": 5000}
    files = [write_file(tmp_path / "disk", name, bytes(size)) for name, size in sizes.items()]
    with serving_portal(desk, folder=tmp_path / "state", more=LIMITS) as port:
        person = citizen(port)
        fill_in(person, language=language).attach("files", *files).press()
        assert told(person) == [TOO_LARGE[language], EMPTY[language]]
        assert still_typed(person)
        expect(person.page.locator(".choice-text", has_text="好.jpg")).to_be_visible()
        person.form().press()
        assert len(person.read_receipt()) == 29


@pytest.mark.parametrize("language", LANGUAGES)
def test_more_than_can_be_sent_is_told_in_the_browser_before_the_upload_ends(
    desk: SigningDesk, citizen: Callable[[int], Citizen], tmp_path: Path, language: str
) -> None:
    large = write_file(tmp_path / "disk", "大.bin", bytes(24 * MIB))
    with serving_portal(desk, folder=tmp_path / "state", more=LIMITS) as port:
        person = citizen(port)
        fill_in(person, language=language).attach("files", large).press()
        assert told(person) == [TOO_MUCH[language]]
        assert still_typed(person)
        assert [path for path in (tmp_path / "state" / "blobs").rglob("*") if path.is_file()] == []
        person.form().press()
        assert len(person.read_receipt()) == 29


# --- a disk that is full -----------------------------------------------------------------------------------

NO_ROOM = {
    "zh-Hans": "“IMG.jpg”没有收下：现在存不下文件，文字可以照常提交。",
    "en": "“IMG.jpg” was not taken: there is no room for files now. Text can be sent.",
}
BUSY = {
    "zh-Hans": "系统正忙。您写的都还在，请等一分钟再提交一次。",
    "en": "The system is busy. Nothing is lost: wait a minute and send it once more.",
}
_LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
os.execv(sys.argv[2], sys.argv[2:])
"""


def no_file_above(max_bytes: int) -> Callable[[Service], Service]:
    """A program that the kernel lets write no file beyond that size, as on a disk that fills up meanwhile."""
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY

    def wrap(service: Service) -> Service:
        limited = (sys.executable, "-c", _LIMITED, str(max_bytes), *service.command)
        return replace(service, command=limited)

    return wrap


@pytest.mark.parametrize("language", LANGUAGES)
def test_disk_that_fills_up_during_an_upload_keeps_the_text_and_takes_it(
    desk: SigningDesk, citizen: Callable[[int], Citizen], tmp_path: Path, language: str
) -> None:
    photo = write_file(tmp_path / "disk", "IMG.jpg", os.urandom(12 * MIB))
    with serving_portal(desk, folder=tmp_path / "state", wrapped=no_file_above(8 * MIB)) as port:
        person = citizen(port)
        fill_in(person, language=language).attach("files", photo).press()
        assert told(person) == [NO_ROOM[language]]
        assert still_typed(person)
        assert [path for path in (tmp_path / "state" / "blobs").rglob("*") if path.is_file()] == []
        person.form().press()
        assert len(person.read_receipt()) == 29


def test_database_that_cannot_grow_says_so_and_the_same_form_goes_through_later(
    desk: SigningDesk, citizen: Callable[[int], Citizen], tmp_path: Path
) -> None:
    # The log beside the database grows with every write; there is room for the first one alone.
    with serving_portal(desk, folder=tmp_path / "state", wrapped=no_file_above(16 * 1024)) as port:
        person = citizen(port)
        fill_in(person).press()
        assert told(person) == [BUSY["zh-Hans"]]
        assert still_typed(person)
        content, cookies = person.page.content(), person.visitor.context.cookies()
    with serving_portal(desk, folder=tmp_path / "state") as port:
        later = citizen(port)
        later.visitor.context.add_cookies(
            [{"name": one["name"], "value": one["value"], "url": later.url} for one in cookies]
        )
        later.page.goto(later.url)
        later.page.set_content(content.replace('action="/submit"', f'action="{later.url}/submit"'))
        Form(later.page, "/submit").press()
        assert len(later.read_receipt()) == 29


# --- a database that is locked -----------------------------------------------------------------------------


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Somebody else is writing and does not come to an end."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


def test_locked_database_says_busy_to_citizen_and_supervisor_and_keeps_what_they_typed(
    county: County,
) -> None:
    supervisor = county.walk.colleague("supervisor")
    person = Citizen(county.walk.new_citizen().visitor, url=county.door.url)
    tip = new_tip(county, "数据库被占用时的这一件，先占住再处理，看写的内容还在不在。")
    supervisor.go(f"/tips/{tip}")
    decline = Form(supervisor.page, "/decline").fill(note="请到法院了解进展。")
    decline.enter("closing_code", "court").enter("channel_code", "court")
    fill_in(person)
    with locked(county.var / "xiansuo.sqlite3"):
        person.form().press()
        decline.press()
        assert told(person) == [BUSY["zh-Hans"]]
        assert still_typed(person)
        said = supervisor.page.locator("main").inner_text()
        assert "系统正忙" in said or "系统繁忙" in said
        assert "请到法院了解进展。" in supervisor.page.content()
    person.form().press()
    assert len(person.read_receipt()) == 29
    Form(supervisor.page, "/decline").press()
    supervisor.go(f"/tips/{tip}")
    assert supervisor.page.locator('main form[action$="/decline"]').count() == 0


# --- two people on one tip ---------------------------------------------------------------------------------


def test_second_supervisor_is_told_that_it_changed_and_keeps_what_they_typed(county: County) -> None:
    tip = new_tip(county, "两个人同时处理的这一件，一个先受理，另一个还在写不予受理的理由。")
    first, second = (county.walk.colleague_named(login) for login in sorted(DESK_LOGINS))
    for person in (first, second):
        person.go(f"/tips/{tip}")
    decline = Form(second.page, "/decline").fill(note="请向审判机关了解进展情况。")
    decline.enter("closing_code", "court").enter("channel_code", "court")
    Form(first.page, "/accept").fill(category="405", priority="P3").send()
    decline.press()
    expect(second.page.get_by_text("您填写期间内容已有变化").first).to_be_visible()
    assert "请向审判机关了解进展情况。" in second.page.content()
    second.go(f"/tips/{tip}?lang=en")
    expect(second.page.get_by_text("Accepted. Write the brief").first).to_be_visible()
    second.go("/?lang=zh")


# --- files that are not what they say ----------------------------------------------------------------------

REASONS = {
    "broken.jpg": ("文件损坏或与所标类型不符", "the file is broken or not what it says it is"),
    "bomb.png": ("图片过大，无法安全打开", "the picture is too large to be opened safely"),
    # It is no picture, whatever it calls itself.
    "page.jpg": ("此类文件无法制作安全副本", "files of this kind cannot be cleaned"),
}


def test_broken_lying_and_bursting_files_stay_sealed_with_their_reason_and_work_goes_on(
    county: County, tmp_path: Path
) -> None:
    contents = {
        "broken.jpg": photograph()[:2000],
        "bomb.png": png_bomb(width=30_000, height=30_000),
        "page.jpg": b"<!doctype html><script>alert(1)</script>" + b"x" * 500,
    }
    files = [write_file(tmp_path, name, content) for name, content in contents.items()]
    tip = new_tip(county, "附件里有坏的照片、说谎的文件和一张大得离谱的图，办公室照样要看得到。", *files)
    good = write_file(tmp_path, "good.jpg", photograph())
    after = new_tip(county, "前一件的附件都打不开，这一件的照片是好的，应当照样清理出来。", good)
    supervisor = county.walk.colleague("supervisor")
    supervisor.reload_until(
        lambda page: len(ids_in(page, 'href="/files/{}"')) == 1, what="a clean copy after the bad ones"
    )
    assert supervisor.path == f"/tips/{after}"
    for language, column in (("zh", 0), ("en", 1)):
        supervisor.go(f"/tips/{tip}?lang={language}")
        for name, reasons in REASONS.items():
            said = supervisor.page.locator(".sheet", has_text=name).inner_text()
            assert reasons[column] in said
    supervisor.go("/?lang=zh")
    supervisor.go(f"/tips/{tip}")
    originals = ids_in(supervisor.page, "/files/{}/original")
    opened = [supervisor.take_original(one, reason="核对附件内容")[1] for one in originals]
    assert opened == list(contents.values())


# --- the queue server gone ---------------------------------------------------------------------------------


def program_of(pid: int) -> str:
    """What a process runs; empty once it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().partition("\0")[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def queue_servers_of(county: County) -> set[int]:
    """The queue server's processes: one, or none just after it was killed."""
    return {pid for pid in descendants(county.demo.pid) if "valkey" in program_of(pid)}


def test_without_the_queue_server_people_go_on_and_jobs_run_when_it_is_back(
    county: County, tmp_path: Path
) -> None:
    (server,) = queue_servers_of(county)
    # First it hangs, which is worse than being away; then it is killed, with everything in it.
    os.kill(server, signal.SIGSTOP)
    photo = write_file(tmp_path, "IMG.jpg", photograph())
    tip = new_tip(county, "队列服务器不在的时候发来的这一件，照片要等它回来再清理。", photo)
    supervisor = county.walk.colleague("supervisor")
    assert supervisor.page.locator('a[href^="/files/"]').count() == 0
    administrator = county.walk.colleague_named("renjie")
    administrator.go("/admin/queue?lang=en")
    expect(administrator.page.get_by_text("The queue server does not answer")).to_be_visible()
    administrator.go("/?lang=zh")
    Form(supervisor.page, "/accept").fill(category="405", priority="P3").send()
    os.kill(server, signal.SIGKILL)
    until(lambda: bool(queue_servers_of(county) - {server}), what="another queue server")
    supervisor.go(f"/tips/{tip}")
    supervisor.reload_until(
        lambda page: page.locator('a[href^="/files/"]').count() > 0, what="the clean copy after all"
    )
