"""``make screenshots``: every screen of the demo county at 390 and 1280 pixels, and the README's pictures.

Starts a county of its own, so that the pictures are of what a new user sees first. Writes
``var/screenshots/<who>/<screen>-<width>.png`` and a few small ones into ``docs/screenshots``.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.e2e.journey_people import Citizen, Colleague
from tests.e2e.tour import tour
from tests.support.browser import DESK, PHONE, launch, visit
from tests.support.demo import RunningDemo
from tests.support.machine import PROJECT
from tests.support.public import TYPED

OUT = PROJECT / "var" / "screenshots"
PICTURES = PROJECT / "docs" / "screenshots"
HEIGHTS = {PHONE: 844, DESK: 900}
#: The README's: name → (who, screen, width, height).
SHOWN = {
    "form": ("public", "submit", PHONE, 844),
    "receipt": ("public", "receipt", PHONE, 844),
    "inbox": ("supervisor", "inbox", DESK, 900),
    "case": ("supervisor", "cases_x", DESK, 1100),
    "task": ("inspector", "tasks_x", PHONE, 844),
    "workflow": ("auditor", "workflow", DESK, 900),
}


@dataclass
class Camera:
    """Takes each screen at both widths. said: what to print."""

    page: Page
    who: str
    taken: int = 0

    def take(self, name: str) -> None:
        """The open page, whole."""
        folder = OUT / self.who
        folder.mkdir(parents=True, exist_ok=True)
        for width, height in HEIGHTS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self.page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)
            self.taken += 1


@contextmanager
def running_county() -> Iterator[RunningDemo]:
    """The demo county in a folder that goes away again."""
    folder = Path(tempfile.mkdtemp(prefix="xs-shots-"))
    demo = RunningDemo(folder / "var", profile="county")
    try:
        demo.start()
        yield demo
    finally:
        demo.end()
        shutil.rmtree(folder, ignore_errors=True)


def public_screens(browser: Browser, demo: RunningDemo, *, dark: bool) -> None:
    """The public side without JavaScript: first page to mailbox, and the form with mistakes in it."""
    with visit(browser, script=False, width=PHONE) as visitor:
        citizen = Citizen(visitor, url=demo.public_url)
        citizen.page.emulate_media(color_scheme="dark" if dark else "light")
        camera = Camera(citizen.page, "public-dark" if dark else "public")
        for screen in tour(citizen.page, url=demo.public_url):
            camera.take(screen.name)
        citizen.page.goto(f"{demo.public_url}/submit")
        citizen.form().fill(**TYPED | {"account": "太短"}).press()
        camera.take("submit-mistakes")
        citizen.form().fill(account=TYPED["account"]).press()
        camera.take("receipt")
        citizen.open_mailbox(demo.facts["receipts"][0]["receipt"])
        camera.take("mailbox")


def internal_screens(browser: Browser, demo: RunningDemo, stack: ExitStack) -> None:
    """What one person of each role can reach."""
    roles = list(dict.fromkeys(account.role for account in demo.accounts()))
    for role in roles:
        visitor = stack.enter_context(visit(browser, script=True))
        person = Colleague(visitor, url=demo.internal_url, account=demo.account(role))
        camera = Camera(person.page, role)
        if role == roles[0]:
            person.page.goto(f"{person.url}/login")
            camera.take("login")
        person.log_in()
        for screen in tour(person.page, url=person.url, most_of_a_kind=3):
            camera.take(screen.name)
        print(f"{role}: {camera.taken} pictures", flush=True)


def readme_pictures() -> None:
    """The few that the README shows, small: 128 colours, the top of each page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, (who, screen, width, height) in SHOWN.items():
        with Image.open(OUT / who / f"{screen}-{width}.png") as whole:
            top = whole.convert("RGB").crop((0, 0, width, min(height, whole.height)))
            top.quantize(128).save(PICTURES / f"{name}.png", optimize=True)


def main() -> int:
    """Take them all."""
    shutil.rmtree(OUT, ignore_errors=True)
    with running_county() as demo, sync_playwright() as playwright, ExitStack() as stack:
        browser = launch(playwright)
        for dark in (False, True):
            public_screens(browser, demo, dark=dark)
        internal_screens(browser, demo, stack)
        stack.close()
        browser.close()
    readme_pictures()
    print(f"in {OUT.relative_to(PROJECT)} and {PICTURES.relative_to(PROJECT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
