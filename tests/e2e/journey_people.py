"""People with browsers: a citizen on the public side, staff and liaisons on the internal side.

Each method is one thing a person does, and leaves the page they would be looking at in ``page``. Must not
know: the order of a journey (``journey_walk``), what a test wants to see.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page

from tests.e2e.journey_forms import Form, Value
from tests.support.browser import Visitor
from tests.support.public import TYPED
from verification.cli.demo import Account


class Citizen:
    """Somebody on the public side. ``receipt``: as the page showed it."""

    def __init__(self, visitor: Visitor, *, url: str) -> None:
        self.visitor = visitor
        self.url = url
        self.page: Page = visitor.context.new_page()
        self.receipt = ""

    def open_form(self) -> Form:
        """From the first page to the form."""
        self.page.goto(self.url)
        self.page.locator('main a[href$="/submit"]').first.click()
        return self.form()

    def form(self) -> Form:
        """The form of this page."""
        return Form(self.page, "/submit")

    def read_receipt(self) -> str:
        """The receipt on the page."""
        self.receipt = "".join(self.page.locator(".receipt-code").inner_text().split())
        return self.receipt

    def say_saved(self) -> None:
        """“I have saved it.”"""
        Form(self.page, "/submit/saved").send()

    def open_mailbox(self, receipt: str) -> None:
        """Look what became of it, with the receipt alone."""
        self.page.goto(f"{self.url}/check")
        Form(self.page, "/check").fill(receipt=receipt).send()

    def reply(self, text: str) -> None:
        """Answer the question in the open mailbox."""
        form = self.page.locator("form", has=self.page.locator('[name=kind][value="reply"]'))
        form.locator("[name=text]").fill(text)
        form.locator("button").click()
        self.page.locator('.notice-good[role="status"]').wait_for()

    def rate(self, **answers: str) -> None:
        """Say in the open mailbox whether it is fixed."""
        form = self.page.locator("#write-rating")
        for name, value in answers.items():
            form.locator(f'[name={name}][value="{value}"]').check()
        form.locator("button").click()
        self.page.locator('.notice-good[role="status"]').wait_for()


class Colleague:
    """Somebody on the internal side."""

    def __init__(self, visitor: Visitor, *, url: str, account: Account) -> None:
        self.visitor = visitor
        self.url = url
        self.account = account
        self.page: Page = visitor.context.new_page()

    def log_in(self) -> Colleague:
        """Passphrase and one-time code; the page after it."""
        self.page.goto(f"{self.url}/login")
        form = Form(self.page, "/login")
        form.fill(
            login=self.account.login,
            passphrase=self.account.passphrase,
            code=self.account.code(datetime.now(UTC)),
        )
        form.send()
        return self

    def go(self, path: str) -> Page:
        """To an address of the internal side."""
        self.page.goto(self.url + path)
        return self.page

    def send(self, address: str, **fields: Value) -> Page:
        """Fill in the form of this page that goes to ``address``, and send it."""
        return Form(self.page, address).fill(**fields).send()

    def follow(self, ending: str) -> Page:
        """The link on this page whose address ends so."""
        return self.open(self.page.locator(f'main a[href$="{ending}"]').first)

    def open(self, link: Locator) -> Page:
        """Click a link of this page and wait until its page is there."""
        with self.page.expect_navigation():
            link.click()
        return self.page

    @property
    def path(self) -> str:
        """The address this person looks at, without the host."""
        return urlsplit(self.page.url).path

    def reload_until(self, condition: Callable[[Page], bool], *, what: str, tries: int = 120) -> None:
        """Look again until background work has done its part; fails after half a minute."""
        for _ in range(tries):
            if condition(self.page):
                return
            self.page.wait_for_timeout(250)
            self.page.reload()
        raise AssertionError(f"did not happen: {what}")

    def bytes_of(self, path: str) -> tuple[int, bytes]:
        """Status and body of an address, asked for with this person's cookies."""
        answer = self.visitor.context.request.get(self.url + path)
        return answer.status, answer.body()

    def take_original(self, object_id: str, *, reason: str) -> tuple[int, bytes]:
        """Ask for an original as its form does; the token comes from a page this person may see."""
        token = self.token()
        answer = self.visitor.context.request.post(
            f"{self.url}/files/{object_id}/original", form={"csrf_token": token, "reason": reason}
        )
        return answer.status, answer.body()

    def token(self) -> str:
        """A token of this person's session."""
        page = self.visitor.context.request.get(f"{self.url}/notices").text()
        found = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert found is not None
        return found[1]


def ids_in(page: Page, pattern: str) -> list[str]:
    """What addresses on this page name: ``ids_in(page, "/tips/{}")``, each once, in order."""
    found = re.findall(pattern.replace("{}", r"([0-9a-f-]{36})"), page.content())
    return list(dict.fromkeys(found))


def write_file(folder: Path, name: str, content: bytes) -> Path:
    """A file on a person's disk."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_bytes(content)
    return path


def fill_in(person: Citizen, *, language: str = "zh-Hans") -> Form:
    """An ordinary report, typed and not yet sent."""
    person.page.goto(f"{person.url}/submit?lang={language}")
    return person.form().fill(**TYPED)
