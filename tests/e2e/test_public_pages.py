"""The public side in a real browser: with JavaScript off from first page to answer, and by axe with it on.

Sizes and requests are what the browser really loaded. Source: issue 2 "The public portal".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.models import MessageKind, Tip
from tests.conftest import NewVisitor
from tests.support.accessibility import violations
from tests.support.browser import DESK, PHONE
from tests.support.public import CHANNEL, TYPED, RunningSite, serving_public
from tests.support.schema import copy_sqlite

pytestmark = pytest.mark.slow

PAGES = ("/", "/submit", "/check", "/anonymity", "/saved", "/nothing")
NARROW = 320


@pytest.fixture(scope="module")
def public(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSite]:
    """The public app on a port of its own, without an alternate desk."""
    folder = tmp_path_factory.mktemp("public")
    with serving_public(folder, database_url=copy_sqlite(sqlite_template, to=folder / "p.sqlite3")) as server:
        yield server


@pytest.fixture
def url(public: RunningSite) -> str:
    return public.url


def write_report(page: Page, *, account: str = TYPED["account"]) -> None:
    """Answer what has to be answered."""
    for name in ("desk", "reporter", "subject"):
        page.locator(f'input[name={name}][value="{TYPED[name]}"]').check()
    page.locator("[name=about]").fill(TYPED["about"])
    page.locator("[name=account]").fill(account)


def press_send(page: Page) -> None:
    page.locator("#tip .actions button").click()


def receipt_on(page: Page) -> str:
    return "".join(page.locator(".receipt-code").inner_text().split())


def send_report(page: Page, url: str) -> str:
    """A whole report; returns its receipt."""
    page.goto(f"{url}/submit")
    write_report(page)
    press_send(page)
    return receipt_on(page)


def open_mailbox(page: Page, url: str, receipt: str) -> None:
    page.goto(f"{url}/check")
    page.locator("[name=receipt]").first.fill(receipt)
    page.locator("main button").first.click()


# --- without JavaScript ------------------------------------------------------------------------------------


def test_report_is_sent_saved_and_followed_without_javascript(
    public: RunningSite, url: str, new_visitor: NewVisitor, make_photo: Path
) -> None:
    page = new_visitor(script=False, width=PHONE).open(url)
    page.get_by_role("link", name="我要反映").last.click()
    write_report(page, account="太短")
    page.locator("[name=files]").set_input_files(make_photo)
    press_send(page)
    expect(page.locator(".wrong-list a")).to_have_text(["请写下发生了什么，至少 20 个字。"])
    expect(page.locator("[name=keep]")).to_be_checked()
    expect(page.locator(".choice-text", has_text="现场.jpg")).to_be_visible()
    assert page.locator("[name=about]").input_value() == TYPED["about"]
    page.locator("[name=account]").fill(TYPED["account"])
    press_send(page)
    receipt = receipt_on(page)
    assert re.fullmatch(r"(\w{4}-){5}\w{4}", receipt)
    assert page.get_by_role("button", name="复制").count() == 0
    page.get_by_role("button", name="我已经保存好了").click()
    expect(page).to_have_url(f"{url}/saved")

    with public.desk.database.read() as session:
        tip = next(one for one in session.scalars(select(Tip)) if public.desk.statement(one).attachments)
    public.desk.write_to(tip, "门牌号是多少？", kind=MessageKind.QUESTION)

    later = new_visitor(script=False, width=PHONE).open(f"{url}/check")
    later.locator("[name=receipt]").fill(receipt.lower().replace("-", " "))
    later.locator("main button").click()
    expect(later.get_by_text("门牌号是多少？")).to_be_visible()
    later.locator("#f-reply-text").fill("东风路 12 号")
    later.get_by_role("button", name="提交回答").click()
    expect(later.get_by_role("status")).to_have_text("收到了，谢谢您。")
    assert receipt not in later.url


def test_picture_of_the_receipt_is_saved_without_javascript(url: str, new_visitor: NewVisitor) -> None:
    page = new_visitor(script=False).context.new_page()
    send_report(page, url)
    picture = page.locator(".receipt-picture")
    assert picture.evaluate("image => image.naturalWidth") > 300
    with page.expect_download() as download:
        page.get_by_role("link", name="存成图片").click()
    saved = Path(download.value.path()).read_bytes()
    assert (download.value.suggested_filename, saved[:8]) == ("card.png", b"\x89PNG\r\n\x1a\n")


def test_first_question_puts_the_form_away_without_javascript(url: str, new_visitor: NewVisitor) -> None:
    page = new_visitor(script=False).open(f"{url}/submit")
    channel, account = page.get_by_text(CHANNEL), page.locator("[name=account]")
    expect(channel).to_be_visible()
    page.locator("input[name=desk][value=alternate]").check()
    expect(channel).to_be_visible()
    expect(account).to_be_hidden()
    page.locator("input[name=desk][value=desk]").check()
    expect(channel).to_be_hidden()
    expect(account).to_be_visible()


@pytest.mark.parametrize("script", [False, True])
def test_enter_in_a_line_neither_sends_the_report_nor_changes_the_language(
    url: str, new_visitor: NewVisitor, script: bool
) -> None:
    page = new_visitor(script=script).open(f"{url}/submit")
    for field in ("about", "place", "keep_away"):
        page.locator(f"[name={field}]").fill("清溪镇")
        page.locator(f"[name={field}]").press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        expect(page.locator(f"[name={field}]")).to_have_value("清溪镇")
    assert page.locator(".wrong-list").count() == 0


def test_whoever_chooses_to_stay_anonymous_after_writing_a_name_can_take_it_out(
    url: str, new_visitor: NewVisitor
) -> None:
    page = new_visitor(script=False).open(f"{url}/submit")
    write_report(page)
    page.locator("input[name=identity][value=leave]").check()
    page.locator("[name=contact]").fill("139")
    page.locator("input[name=identity][value=none]").check()
    expect(page.locator("[name=contact]")).to_be_hidden()
    press_send(page)
    expect(page.locator("[name=contact]")).to_be_visible()
    page.locator("[name=contact]").fill("")
    press_send(page)
    expect(page.locator(".receipt-code")).to_be_visible()


def test_language_is_changed_in_the_middle_of_writing(url: str, new_visitor: NewVisitor) -> None:
    page = new_visitor(script=False).open(f"{url}/submit")
    page.locator("[name=account]").fill("写到一半")
    page.get_by_role("button", name="中文").or_(page.get_by_role("button", name="English")).click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("[name=account]")).to_have_value("写到一半")
    page.get_by_role("link", name="Check").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_form_is_filled_in_by_keyboard_alone(url: str, new_visitor: NewVisitor) -> None:
    page = new_visitor(script=False).open(f"{url}/submit")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        name = page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
        seen.append(name)
        match name:
            case "desk" | "reporter" | "subject":
                page.keyboard.press("Space")
            case "about":
                page.keyboard.type("民政局")
            case "account":
                page.keyboard.type(TYPED["account"])
            case "提交":
                break
    page.keyboard.press("Enter")
    expect(page.locator(".receipt-code")).to_be_visible()
    order = [
        "desk",
        "reporter",
        "subject",
        "about",
        "place",
        "account",
        "urgent",
        "identity",
        "files",
        "提交",
    ]
    assert [name for name in seen if name in order] == order


def test_form_loads_at_most_three_things_and_40_kb(url: str, new_visitor: NewVisitor) -> None:
    visitor = new_visitor(script=True)
    page = visitor.context.new_page()
    sizes: list[int] = []
    page.on("response", lambda response: sizes.append(len(response.body())))
    page.goto(f"{url}/submit")
    page.wait_for_load_state("networkidle")
    assert len(visitor.requested) <= 3
    assert len(sizes) == len(visitor.requested)
    assert sum(sizes) <= 40_000
    assert [cookie.get("name") for cookie in visitor.context.cookies()] == ["xiansuo"]


# --- for everybody's eyes, hands and ears ------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_nothing_axe_objects_to(url: str, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = {}
    for path in PAGES:
        page.goto(f"{url}{path}")
        found[path] = violations(page)
    assert found == {path: [] for path in PAGES}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_form_with_problems_receipt_and_mailbox_have_nothing_axe_objects_to(
    public: RunningSite, url: str, page: Page, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{url}/submit")
    page.locator("input[name=desk][value=desk]").check()
    page.locator("input[name=identity][value=leave]").check()
    press_send(page)
    assert page.locator(".wrong-list a").count() >= 4
    assert violations(page) == []
    receipt = send_report(page, url)
    assert violations(page) == []
    open_mailbox(page, url, receipt)
    for fold in page.locator("details.more summary").all():
        fold.click()
    assert violations(page) == []
    page.get_by_role("button", name="提交", exact=True).click()
    assert page.locator(".wrong-list a").count() == 1
    assert violations(page) == []


def test_axe_sees_what_is_wrong(url: str, page: Page) -> None:
    page.goto(f"{url}/check")
    page.locator("label").evaluate("label => label.remove()")
    assert any(found.startswith("label:") for found in violations(page))


@pytest.mark.parametrize("width", [NARROW, PHONE, DESK])
def test_pages_never_scroll_sideways_and_all_there_is_to_press_is_large_enough(
    url: str, new_visitor: NewVisitor, width: int
) -> None:
    page = new_visitor(script=True, width=width).open(url)
    wide, small = {}, {}
    for path in PAGES:
        page.goto(f"{url}{path}?lang=en")
        wide[path] = page.evaluate("document.documentElement.scrollWidth")
        targets = page.locator("button:enabled, .button, .site-link, .choice, .input, summary")
        small[path] = targets.evaluate_all(_SMALL)
    assert {path: pixels for path, pixels in wide.items() if pixels > width} == {}
    assert {path: found for path, found in small.items() if found} == {}


#: Of elements, the text of those that are shown and lower than a fingertip.
_SMALL = (
    """all => all.filter(one => one.offsetHeight > 0 && one.offsetHeight < 44).map(one => one.textContent)"""
)


def test_large_text_of_the_reader_is_obeyed(url: str, new_visitor: NewVisitor) -> None:
    page = new_visitor(script=True, width=PHONE).open(f"{url}/submit")
    before = page.locator(".label").first.evaluate("label => parseFloat(getComputedStyle(label).fontSize)")
    page.locator("html").evaluate("html => { html.style.fontSize = '200%' }")
    after = page.locator(".label").first.evaluate("label => parseFloat(getComputedStyle(label).fontSize)")
    assert after > 1.8 * before
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


# --- small comforts with JavaScript ------------------------------------------------------------------------


def test_comforts_work_under_the_content_policy(url: str, new_visitor: NewVisitor, make_photo: Path) -> None:
    visitor = new_visitor(script=True)
    page = visitor.context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{url}/submit")
    page.locator("[name=account]").fill("路灯坏了。")
    expect(page.locator("[data-text]")).to_have_text("5 / 3000 字")
    page.locator("[name=files]").evaluate("input => { input.dataset.mostFile = '10' }")
    page.locator("[name=files]").set_input_files(make_photo)
    expect(page.locator("[data-large]")).to_have_text("这个文件太大，不能接收： 现场.jpg")
    page.locator("[name=files]").set_input_files([])
    expect(page.locator("[data-large]")).to_have_text("")
    press_send(page)
    expect(page.locator(".wrong-list")).to_be_focused()
    write_report(page)
    press_send(page)
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == receipt_on(page)
    assert page.get_by_role("button", name="打印").is_visible()
    assert [text for text in said if "422" not in text] == []


@pytest.fixture
def make_photo(tmp_path: Path) -> Path:
    """A small file with a Chinese name."""
    path = tmp_path / "现场.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 not really a photograph")
    return path
