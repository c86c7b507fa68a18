"""axe-core on a page: what a person with a screen reader, a keyboard or weak eyes would stumble over."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: The levels the project holds itself to.
_RULES = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],
}


def violations(page: Page) -> list[str]:
    """Each as "rule: where"; the page must run JavaScript (axe hangs where it is off)."""
    found = Axe().run(page, options=_RULES).response["violations"]
    return [f"{one['id']}: {node['target'][0]}" for one in found for node in one["nodes"]]
