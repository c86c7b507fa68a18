"""Looking at files in a real browser: pictures larger and turned, pages, a film from its middle, the keys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.journey_county import County, new_tip
from tests.e2e.journey_people import ids_in, write_file
from tests.support.accessibility import violations
from tests.support.browser import DESK, PHONE
from tests.support.documents import pdf_of, zip_of
from tests.support.photographs import photograph
from tests.support.recordings import film

pytestmark = [pytest.mark.slow, pytest.mark.browser]

FILES: dict[str, Callable[[], bytes]] = {
    "门前的路.jpg": lambda: photograph(width=1600, height=1200),
    "合同.pdf": lambda: pdf_of(3),
    "现场.mp4": film,
    "材料.zip": lambda: zip_of({"照片/1.jpg": b"x" * 300}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("looking")


@pytest.fixture
def page(county: County, folder: Path) -> Iterator[Page]:
    """The first file's page, open before somebody of the desk; the tip is sent once."""
    supervisor = county.walk.colleague("supervisor")
    kept = folder / "first"
    if not kept.exists():
        files = [write_file(folder, name, make()) for name, make in FILES.items()]
        new_tip(county, "查看附件的这一件：照片、合同、录像和压缩包都要看得到。", *files)
        supervisor.reload_until(
            lambda page: len(ids_in(page, 'href="/files/{}"')) == 3, what="the clean copies"
        )
        kept.write_text(ids_in(supervisor.page, 'href="/files/{}/view"')[0], encoding="ascii")
    page = supervisor.visitor.context.new_page()
    page.goto(f"{county.demo.internal_url}/files/{kept.read_text(encoding='ascii')}/view?lang=zh")
    yield page
    page.close()


def shown(page: Page) -> str:
    return page.locator("h1").inner_text()


def width_of(page: Page) -> float:
    box = page.locator(".view-picture").bounding_box()
    assert box is not None
    return box["width"]


def test_picture_grows_shrinks_and_turns(page: Page) -> None:
    page.set_viewport_size({"width": DESK, "height": 800})
    expect(page.locator(".view-picture")).to_have_js_property("complete", True)
    whole = width_of(page)
    page.get_by_role("button", name="放大").click()
    assert width_of(page) > 1.3 * whole
    page.keyboard.press("0")
    assert width_of(page) == pytest.approx(whole, abs=2)
    page.keyboard.press("r")
    assert width_of(page) < whole
    assert page.locator(".view-mark").count() == 1
    picture, frame = (page.locator(name).bounding_box() for name in (".view-picture", ".view-frame"))
    assert picture is not None
    assert frame is not None
    assert picture["y"] >= frame["y"] - 1
    assert picture["y"] + picture["height"] <= frame["y"] + frame["height"] + 1
    assert picture["x"] >= frame["x"] - 1


def test_keys_lead_through_files_and_pages(page: Page) -> None:
    assert shown(page) == "门前的路.jpg"
    with page.expect_navigation():
        page.keyboard.press("ArrowRight")
    assert shown(page) == "合同.pdf"
    with page.expect_navigation():
        page.keyboard.press("PageDown")
    expect(page.get_by_text(re.compile("第 2 页，共 3 页")).first).to_be_visible()
    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    assert shown(page) == "门前的路.jpg"


def test_film_plays_from_its_middle(page: Page) -> None:
    with page.expect_navigation():
        page.get_by_role("link", name="现场.mp4").click()
    film_seen = page.locator("video")
    expect(film_seen).to_have_js_property("error", None)
    at = film_seen.evaluate(
        """async film => {
            if (film.readyState < 1) await new Promise(done => film.addEventListener("loadedmetadata", done));
            const sought = new Promise(done => film.addEventListener("seeked", done));
            film.currentTime = film.duration * 0.7;
            await sought;
            return film.currentTime / film.duration;
        }"""
    )
    assert at == pytest.approx(0.7, abs=0.05)


def test_every_kind_fits_and_is_accessible_on_phone_and_desk(page: Page) -> None:
    addresses = [page.url, *page.locator(".view-strip a").evaluate_all("links => links.map(one => one.href)")]
    for address in dict.fromkeys(addresses):
        page.goto(address)
        for width, scheme in ((PHONE, "dark"), (DESK, "light")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            assert violations(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
