"""A real Chromium that can reach this machine alone.

Pages are opened with JavaScript off unless a test is about the internal side's small scripts: the public side
must work without. Every request is recorded, and one to another host fails the test.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

from tests.support import machine

_ARGUMENTS = [
    "--headless",
    "--no-sandbox",  # CI runs as root; only our own pages are opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
]
_HERE = {"127.0.0.1", "localhost"}
#: What each screen is judged at: a phone and a desk.
PHONE, DESK = 390, 1280


def launch(playwright: Playwright) -> Browser:
    """Start Debian's Chromium (Playwright's own download is not used)."""
    return playwright.chromium.launch(executable_path=machine.chromium(), args=_ARGUMENTS)


@dataclass
class Visitor:
    """One person's browser: own cookies, and the list of everything their pages asked for."""

    context: BrowserContext
    requested: list[str] = field(default_factory=list)

    def open(self, url: str) -> Page:
        """A new page at an address."""
        page = self.context.new_page()
        page.goto(url)
        return page

    def outside(self) -> list[str]:
        """Requests to other hosts; must be empty."""
        web = [url for url in self.requested if urlsplit(url).scheme in ("http", "https", "ws", "wss")]
        return [url for url in web if urlsplit(url).hostname not in _HERE]


@contextmanager
def visit(browser: Browser, *, script: bool, width: int = DESK, locale: str = "zh-CN") -> Iterator[Visitor]:
    """A fresh person. script: whether JavaScript is on (axe needs it on).

    Raises AssertionError at the end if a page asked another host for anything.
    """
    context = browser.new_context(
        java_script_enabled=script,
        viewport={"width": width, "height": 844 if width < 600 else 900},
        locale=locale,
        timezone_id="Asia/Shanghai",
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    visitor = Visitor(context)
    context.on("request", lambda request: visitor.requested.append(request.url))
    try:
        yield visitor
    finally:
        context.close()
    assert visitor.outside() == []
