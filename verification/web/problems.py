"""Why a form comes back: errors beside fields, refusals with rules, "it changed", "busy", refused files.

Owns: which error becomes which answer and status, and how a refusal is explained. Must not know: any page.
Source: 5-style "HTTP status is chosen in web only"; issue 4 "Refusal pages name the rule".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel.speaklater import LazyString
from sqlalchemy.exc import DBAPIError

from portal.db import is_busy, is_overtaken
from portal.storage.errors import RetryLater
from portal.storage.received import FileProblem, UploadError
from verification.errors import InvalidInput, Refusal, Refused, StaleSubject
from verification.web.uploads import uploads

#: Refused so, an act is not offered any more by the page that comes back.
_FORM_GONE = frozenset({"state", "ask-once"})


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a form comes back. ``stale``: the version that the subject has now.

    overtaken: another wrote the same first, and the database took only one of the two.
    had_files: files came with it; they are not kept and have to be chosen again.
    """

    errors: Mapping[str, LazyString | str] = field(default_factory=dict)
    refusals: tuple[Refusal, ...] = ()
    stale: int | None = None
    busy: bool = False
    too_old: bool = False
    files: tuple[FileProblem, ...] = ()
    had_files: bool = False
    overtaken: bool = False

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows it."""
        if self.busy:
            return 503
        if self.refusals or self.has_changed:
            return 409
        return 400 if self.too_old else 422

    def listed(self, prefix: str = "") -> list[tuple[str, LazyString | str]]:
        """(key of the control, sentence) for the summary at the top of the form."""
        return [(prefix + name, text) for name, text in self.errors.items()]

    @property
    def has_changed(self) -> bool:
        """Whether somebody else acted on it while this was written."""
        return self.overtaken or self.stale is not None

    @property
    def has_moved_on(self) -> bool:
        """Whether the page may no longer have the form that was sent: what was typed is then shown apart."""
        return self.has_changed or any(refusal.rule_id in _FORM_GONE for refusal in self.refusals)

    def error(self, name: str) -> LazyString | str:
        """The sentence to show beside the field ``name``; empty where there is none."""
        if name in self.errors:
            return self.errors[name]
        return next((refusal.text for refusal in self.refusals if refusal.field == name), "")

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return bool(
            self.errors or self.refusals or self.has_changed or self.busy or self.too_old or self.files
        )


#: For pages that are shown for the first time.
NO_PROBLEM = Problem()


def problem_of(error: BaseException) -> Problem | None:
    """What a page can say of this error; None where the person cannot do anything about it."""
    received = uploads()
    files, had_files = tuple(received.problems), bool(received.files or received.problems)
    if isinstance(error, InvalidInput):
        return Problem(errors=error.errors, files=files, had_files=had_files)
    if isinstance(error, Refused):
        return Problem(refusals=error.refusals, files=files, had_files=had_files)
    if isinstance(error, StaleSubject):
        return Problem(stale=error.version, files=files, had_files=had_files)
    if isinstance(error, RetryLater) or (isinstance(error, DBAPIError) and is_busy(error)):
        return Problem(busy=True, files=files, had_files=had_files)
    if isinstance(error, DBAPIError) and is_overtaken(error):
        return Problem(overtaken=True, files=files, had_files=had_files)
    if isinstance(error, UploadError):
        return Problem(files=(FileProblem("", "", error.reason, error.max_bytes), *files), had_files=True)
    return None
