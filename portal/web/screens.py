"""Putting the public pages together quickly: all but a few secrets of a page is rendered once and kept.

A form nobody has typed into differs between visitors only in its token and its draft, a receipt's page only
in the receipt. Such a page is rendered once for each language and state of the office, with marks where the
secrets go; a request puts its own there. Must not know: what is done with a form that is sent.
Source: 7-facts "Serving and uploads".
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import Response, current_app, make_response, render_template, session
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from config import PortalSettings
from portal.crypto.suites import Secret
from portal.domain.directory import Directory, Suggestions
from portal.domain.drafts import DraftFileInfo
from portal.domain.intake import Intake
from portal.models import Desk
from portal.storage.errors import Busy, RetryLater
from portal.texts import either, language
from portal.web import forms, words
from portal.web.forms import Problem
from portal.web.tokens import new_token
from portal.web.uploads import ensure_cookie_secret, new_form_secret

EXTENSION: Final = "xiansuo-screens"
#: Private-use characters around a name stand where a value goes; no text of a page or of an office has them.
_MARK: Final = "\ue000{}\ue001"
_MARKS: Final = re.compile("\ue000(\\w+)\ue001")
#: Directories change now and then; what they made of the page before is not worth keeping.
_MOST_KEPT: Final = 32


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file already received, as the page lists it."""

    object_id: str
    name: str
    size: str

    @classmethod
    def of(cls, info: DraftFileInfo) -> ListedFile:
        """From the draft."""
        return cls(str(info.object_id), info.name, forms.size_in_words(info.true_bytes))


@dataclass(frozen=True, slots=True, repr=False)
class Filled(Secret):
    """What a form that comes back is filled with."""

    values: dict[str, str]
    problems: Sequence[Problem] = ()
    files: Sequence[ListedFile] = ()
    notice: Any = None
    draft: str | None = None


class Screens:
    """The public pages of one app."""

    def __init__(self, intake: Intake, directory: Directory, settings: PortalSettings) -> None:
        self.intake = intake
        self.settings = settings
        self._directory = directory
        self._last_offered = frozenset({Desk.DESK})
        self._kept: dict[tuple[object, ...], list[str]] = {}
        self._lock = threading.Lock()

    def offered(self) -> frozenset[Desk]:
        """Desks that take tips now. Raises RetryLater where the keys cannot be read."""
        try:
            offers = self.intake.recipients.offers
            self._last_offered = frozenset(desk for desk in Desk if offers(desk))
        except (OperationalError, PoolTimeout):
            raise RetryLater(Busy.DATABASE) from None
        return self._last_offered

    def channel(self) -> str:
        """Where to turn with what must not go to this office."""
        return either(self.settings.redirect_channel, self.settings.redirect_channel_en)

    def edge_retention(self) -> str:
        """What the network in front of this site keeps."""
        return either(self.settings.edge_retention, self.settings.edge_retention_en)

    def empty_form(self) -> Response:
        """The form as everybody first sees it."""
        offered, suggestions = self.offered(), self._directory.suggestions()
        if Desk.DESK not in offered:
            return make_response(render_template("portal/closed.html", channel=self.channel()), 503)
        ensure_cookie_secret(session, rng=self.intake.rng)
        return self._filled_in(
            ("submit", offered, suggestions),
            lambda marks: self._form(
                Filled({}, draft=marks["draft"]), offered, suggestions, token=marks["token"]
            ),
            {"token": new_token(), "draft": new_form_secret(self.intake.rng)},
        )

    def filled_form(self, filled: Filled, *, status: int) -> Response:
        """The form with what was typed; a new draft unless ``filled`` goes on with one."""
        ensure_cookie_secret(session, rng=self.intake.rng)
        try:
            offered = self.offered()
        except RetryLater:
            # What was typed must come back even now; sending asks again whether the desk takes it.
            offered = self._last_offered
        page = self._form(filled, offered, self._directory.suggestions(), token=new_token())
        return make_response(page, status)

    def still(self, template: str, **values: Any) -> Response:
        """A page that is the same for everybody."""
        return self._filled_in((template,), lambda _marks: render_template(template, **values), {})

    def receipt(self, groups: Sequence[str], *, picture: str, outcome: str, token: str) -> Response:
        """The page that shows a receipt: its groups of characters, and its picture as a ``data:`` address."""
        values = {f"group{number}": group for number, group in enumerate(groups)}
        return self._filled_in(
            ("receipt", outcome),
            lambda marks: render_template(
                "portal/receipt.html",
                groups=[marks[name] for name in values],
                picture=marks["picture"],
                outcome=outcome,
                token=marks["token"],
            ),
            values | {"picture": picture, "token": token},
        )

    def _form(self, filled: Filled, offered: frozenset[Desk], suggestions: Suggestions, *, token: str) -> str:
        limits = self.intake.limits
        return render_template(
            "portal/submit.html",
            token=token,
            draft=filled.draft or new_form_secret(self.intake.rng),
            values=filled.values,
            problems=filled.problems,
            wrong=dict(filled.problems),
            files=filled.files,
            notice=filled.notice,
            alternate=Desk.ALTERNATE in offered,
            channel=self.channel(),
            bodies=suggestions.bodies,
            places=suggestions.places,
            reporters=forms.choices(words.REPORTERS),
            subjects=forms.choices(words.SUBJECTS),
            account_min=forms.ACCOUNT_MIN,
            account_max=forms.ACCOUNT_MAX,
            max_files=limits.max_files,
            max_file_bytes=limits.max_file_bytes,
            max_message_bytes=limits.max_message_bytes,
            part_bytes=limits.part_bytes,
            max_file=forms.size_in_words(limits.max_file_bytes),
            max_message=forms.size_in_words(limits.max_message_bytes),
        )

    def _filled_in(
        self,
        key: tuple[object, ...],
        render: Callable[[Mapping[str, str]], str],
        values: Mapping[str, str],
    ) -> Response:
        """A page kept under ``key`` and the language, with ``values`` in its places.

        render: makes the page from marks instead of values. The values are our own and need no escaping.
        """
        key = (language(), *key)
        parts = self._kept.get(key)
        if parts is None:
            parts = _MARKS.split(render({name: _MARK.format(name) for name in values}))
            with self._lock:
                if len(self._kept) >= _MOST_KEPT:
                    self._kept.clear()
                self._kept[key] = parts
        # Text and names of places take turns.
        page = "".join(values.get(part, "") if index % 2 else part for index, part in enumerate(parts))
        return Response(page, mimetype="text/html")


def screens() -> Screens:
    """The app's."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Screens)
    return found
