"""Every screen that somebody can reach: their own pages, by following the links that the pages show.

Used to look at them (``screenshots``) and to hold them to what every page must keep (``test_every_page``).
Must not know: roles, routes. What a page does not link to is no screen.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.sync_api import Page

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
#: Answers that are no page: where they begin, and how the address of a document's file ends.
_NO_SCREEN = ("/files/", "/logout", "/static/", "/assets/", "/card", "/healthz")
_NO_SCREEN_ENDS = ("/docx", "/pdf")


@dataclass(frozen=True, slots=True)
class Screen:
    """One page as it was reached. number: how many of its kind were reached before it."""

    path: str
    number: int
    status: int
    reached_from: str

    @property
    def kind(self) -> str:
        """The address without ids: "/cases/*/plan"."""
        return _ID.sub("*", urlsplit(self.path).path)

    @property
    def name(self) -> str:
        """For a file: "cases_x_plan", "cases_x_plan-2"."""
        name = self.kind.strip("/").replace("/", "_").replace("*", "x") or "home"
        return f"{name}-{self.number + 1}" if self.number else name


def tour(
    page: Page, *, url: str, starts: tuple[str, ...] = ("/",), most_of_a_kind: int = 1
) -> Iterator[Screen]:
    """Open each screen in ``page`` and yield it while it is open. url: the side, without a path."""
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    waiting = deque((start, "") for start in starts)
    while waiting:
        path, reached_from = waiting.popleft()
        kind = _ID.sub("*", urlsplit(path).path)
        if path in seen or kinds[kind] >= most_of_a_kind:
            continue
        seen.add(path)
        answer = page.goto(url + path)
        assert answer is not None
        yield Screen(path, kinds[kind], answer.status, reached_from)
        kinds[kind] += 1
        waiting.extend((link, path) for link in _links(page, url))


def _links(page: Page, url: str) -> list[str]:
    """Paths of this side that the open page links to, in its order."""
    addresses: list[str] = page.eval_on_selector_all(
        "a[href]", "links => links.filter(link => !link.hasAttribute('download')).map(link => link.href)"
    )
    paths = [
        address.removeprefix(url).split("#")[0] for address in addresses if address.startswith(url + "/")
    ]
    screens = [path for path in paths if not (path.startswith(_NO_SCREEN) or path.endswith(_NO_SCREEN_ENDS))]
    return [path for path in screens if "lang=" not in path]
