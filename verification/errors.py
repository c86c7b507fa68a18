"""What can go wrong on the internal side: one class for each decision the caller makes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from flask_babel.speaklater import LazyString

from portal.errors import XiansuoError


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an act is not possible now: the rule it rests on and the sentence for the page.

    ``field`` names the form field to show it beside, where there is one.
    """

    rule_id: str
    text: LazyString | str
    field: str | None = None


@dataclass
class Refused(XiansuoError):
    """The act is refused; every reason is listed."""

    refusals: tuple[Refusal, ...]

    def __str__(self) -> str:
        return ", ".join(refusal.rule_id for refusal in self.refusals)


@dataclass
class StaleSubject(XiansuoError):
    """The subject changed since the page was loaded; ``version`` is the one it has now."""

    version: int


@dataclass
class NotHere(XiansuoError):
    """There is no such thing for this person: a stranger learns nothing more."""


@dataclass
class KeyLocked(XiansuoError):
    """The person in this session holds no key that opens it."""

    key_id: uuid.UUID | None = None


@dataclass
class InvalidInput(XiansuoError):
    """What was typed cannot be used; ``errors`` is field name → sentence."""

    errors: dict[str, LazyString | str] = field(default_factory=dict)


class LoginRefused(XiansuoError):
    """Login, passphrase or code is wrong; deliberately without a reason."""


class LoginPaused(XiansuoError):
    """Too many wrong attempts for this account; it opens again by itself."""
