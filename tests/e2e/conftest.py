"""One county with a whole journey walked in it, for every test that looks at what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.journey_county import County, open_county, walk_county
from tests.support import machine

REAL_PHOTOGRAPH = "gps-DSCN0010.jpg"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The walk takes a minute: one worker does it once for all of them."""
    for item in items:
        if "county" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.xdist_group("county"))


@pytest.fixture(scope="session")
def county(browser: Browser) -> Iterator[County]:
    """The small county after one report has gone all the way to its answer; leave it as you found it."""
    try:
        real: Path | None = machine.attachments() / "images" / REAL_PHOTOGRAPH
    except pytest.skip.Exception:
        real = None  # the test that needs it says so; everything else is proven on made ones
    walked = open_county(browser, real=real)
    try:
        walk_county(walked)
        yield walked
    finally:
        walked.stack.close()
