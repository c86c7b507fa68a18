"""Every page that somebody of the office or a unit reaches by its links, in the small county after a journey.

Each opens (nobody is led to where they may not go), fits 320 pixels, and holds nothing that a person with a
screen reader, a keyboard or weak eyes would stumble over, in light and in dark, in both languages.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page

from tests.e2e.journey_county import County
from tests.e2e.journey_walk import CAST
from tests.e2e.tour import Screen, tour
from tests.support.accessibility import violations
from tests.support.browser import DESK, PHONE

NARROW = 320
#: What the office's software says itself. A sheet of paper is Chinese, and so are the names of evidence.
FRAME = (
    "thead th:not(.paper *, .matrix *), .matrix-name, legend:not(.paper *), main button, nav:not(.crumbs) a"
)
#: Part or login → how many kinds of page they reach at least: fewer, and the tour went astray.
PEOPLE = {
    CAST["supervisor"]: 15,
    CAST["head"]: 6,
    CAST["director"]: 8,
    CAST["leader"]: 12,
    CAST["liaison"]: 6,
    CAST["signer"]: 5,
    "renjie": 5,
    "jiangtao": 4,
    "yaohui": 4,
}


@contextmanager
def own_tab(county: County, login: str) -> Iterator[Page]:
    """A page of this person's browser that no other test looks at."""
    page = county.walk.colleague_named(login).page.context.new_page()
    try:
        yield page
    finally:
        page.close()


@pytest.fixture(scope="module")
def in_the_dark() -> set[str]:
    """Kinds of page that were looked at in the dark already, whoever looked."""
    return set()


def faults(page: Page, screen: Screen, *, in_the_dark: set[str]) -> list[str]:
    """What is wrong with the open page, each with where it was reached from.

    In light each person's pages are looked at; in the dark, where colours alone differ, each kind once.
    """
    found = [] if screen.status == 200 else [f"answers {screen.status}"]
    page.set_viewport_size({"width": NARROW, "height": 700})
    page.emulate_media(color_scheme="light")
    if (width := page.evaluate("document.documentElement.scrollWidth")) > NARROW:
        found.append(f"is {width} pixels wide")
    page.set_viewport_size({"width": PHONE, "height": 900})
    found += [f"light: {one}" for one in violations(page)]
    if screen.kind not in in_the_dark:
        page.set_viewport_size({"width": DESK, "height": 900})
        page.emulate_media(color_scheme="dark")
        found += [f"dark: {one}" for one in violations(page)]
        in_the_dark.add(screen.kind)
    return [f"{screen.path} (from {screen.reached_from}): {one}" for one in found]


@pytest.mark.parametrize("login", PEOPLE)
def test_every_page_opens_fits_and_is_accessible(county: County, login: str, in_the_dark: set[str]) -> None:
    found: list[str] = []
    kinds: set[str] = set()
    with own_tab(county, login) as page:
        for screen in tour(page, url=county.demo.internal_url):
            found += faults(page, screen, in_the_dark=in_the_dark)
            kinds.add(screen.kind)
    assert found == []
    assert len(kinds) >= PEOPLE[login], sorted(kinds)


@pytest.mark.parametrize("login", [CAST["supervisor"], CAST["leader"], CAST["liaison"]])
def test_every_page_is_whole_in_english(county: County, login: str) -> None:
    """What people typed stays as they typed it, which is why only the frame is looked at."""
    found: list[str] = []
    with own_tab(county, login) as page:
        try:
            page.goto(f"{county.demo.internal_url}/?lang=en")
            for screen in tour(page, url=county.demo.internal_url):
                labels = page.locator(FRAME).all_inner_texts()
                found += [f"{screen.path}: {label}" for label in labels if _is_chinese(label)]
        finally:
            page.goto(f"{county.demo.internal_url}/?lang=zh")
    assert found == []


def _is_chinese(label: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in label)
