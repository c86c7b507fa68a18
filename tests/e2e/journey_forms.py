"""Filling in forms and sending them in a real browser, in any language: fields by name, forms by address.

Must not know: what any field means, who fills it in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from playwright.sync_api import Locator, Page

#: Text, a choice, or several choices (checkboxes, all others stay as they are).
Value: TypeAlias = str | Sequence[str]
_TROUBLES = ".wrong-list, .notice-bad, .notice-warn[role], [role=alert]"


class FormRefused(AssertionError):
    """The page came back with a problem; says which, as the person reads it."""


class Form:
    """One form of a page. ``address``: how its action ends."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.form = page.locator(f'main form[action$="{address}"]').first
        if self.form.count() == 0:
            headline = page.locator("h1").first.inner_text()
            raise AssertionError(f"no form to …{address} on {page.url} ({headline})")
        self._unfold()

    def fill(self, **fields: Value) -> Form:
        """Type, choose and tick."""
        for name, value in fields.items():
            self.enter(name, value)
        return self

    def enter(self, name: str, value: Value) -> Form:
        """One field, by the name it is sent under."""
        control = self.form.locator(f'[name="{name}"]')
        kind = control.first.evaluate("one => one.type")
        if kind in ("radio", "checkbox"):
            for choice in [value] if isinstance(value, str) else value:
                self._tick(control.and_(self.form.locator(f'[value="{choice}"]')))
        elif kind == "select-one":
            control.select_option(str(value))
        else:
            control.first.fill(str(value))
        return self

    def choose(self, name: str, *, saying: str) -> Form:
        """The option or the box whose label has this text."""
        control = self.form.locator(f'[name="{name}"]')
        if control.first.evaluate("one => one.type") == "select-one":
            label = control.locator("option", has_text=saying).first
            control.select_option(label.get_attribute("value"))
        else:
            labelled = self.form.locator("label", has_text=saying)
            self._tick(labelled.locator(f'[name="{name}"]').first)
        return self

    def attach(self, name: str, *paths: Path) -> Form:
        """Files from the person's disk."""
        self.form.locator(f'input[type=file][name="{name}"]').set_input_files(paths)
        return self

    def values(self, name: str) -> list[str]:
        """What could be chosen in a select or among boxes."""
        controls = self.form.locator(f'[name="{name}"]')
        if controls.first.evaluate("one => one.type") == "select-one":
            controls = controls.locator('option:not([value=""])')
        found: list[str] = controls.evaluate_all("all => all.map(one => one.value)")
        return found

    def press(self, *, name: str = "", value: str = "") -> Page:
        """Press the form's own button (or the one named so) and wait for the answer, whatever it is."""
        own = "button:not([name])" if self.form.locator("button:not([name])").count() else "button"
        wanted = f'button[name="{name}"][value="{value}"]' if name else own
        with self.page.expect_navigation():
            self.form.locator(wanted).last.click()
        return self.page

    def send(self, *, name: str = "", value: str = "") -> Page:
        """As ``press``; raises FormRefused if the page says that something is wrong."""
        page = self.press(name=name, value=value)
        refuse_trouble(page)
        return page

    def _unfold(self) -> None:
        """Open what the form is folded into, outermost first, as a person would."""
        folded = self.form.locator("xpath=ancestor::details[not(@open)]")
        for _ in range(folded.count()):
            folded.first.locator("> summary").click()

    def _tick(self, box: Locator) -> None:
        unfolded = box.locator("xpath=ancestor::details[not(@open)]")
        if unfolded.count():
            unfolded.first.locator("> summary").click()
        box.check()


def refuse_trouble(page: Page) -> None:
    """Raises FormRefused where the page says that something was wrong."""
    troubles = page.locator(_TROUBLES)
    if troubles.count():
        said = " / ".join(re.sub(r"\s+", " ", text) for text in troubles.all_inner_texts())
        raise FormRefused(f"{page.url}: {said}")
