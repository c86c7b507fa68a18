"""Checking what was typed before anything is done: every problem of a form at once, beside its field.

What a rule forbids is not decided here but by the guards, which name the rule. Must not know: pages, forms.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.domain.acting import Acting
from verification.errors import InvalidInput, Refusal, Refused
from verification.policy.permissions import Permission

T = TypeVar("T")

SHORT, MEDIUM, LONG = 200, 2_000, 20_000
"""How many characters a name or place, a note, and a whole document may have."""

_FARTHEST_DAYS = 3 * 366


@dataclass(slots=True)
class Inputs:
    """Gathers the problems of one form; ``done`` raises them together."""

    errors: dict[str, LazyString | str] = field(default_factory=dict)

    def text(self, name: str, value: str, *, most: int, needed: bool = True) -> str:
        """``value`` without outer white space, at most ``most`` characters."""
        stripped = value.strip()
        if needed and not stripped:
            self.errors[name] = _l("Please write something here.")
        if len(stripped) > most:
            self.errors[name] = _l("Please write at most %(count)s characters.", count=most)
        return stripped

    def number(self, name: str, value: int | None, *, least: int, most: int) -> int:
        """A whole number from ``least`` to ``most``."""
        if value is None or not least <= value <= most:
            self.errors[name] = _l(
                "Please give a whole number from %(least)s to %(most)s.", least=least, most=most
            )
        return value or 0

    def day(self, name: str, value: date | None, *, today: date, least: date | None = None) -> date:
        """A date within three years of ``today``, and not before ``least``."""
        if value is None:
            self.errors[name] = _l("Please give a date.")
            return today
        if abs((value - today).days) > _FARTHEST_DAYS:
            self.errors[name] = _l("Please check the year.")
        elif least is not None and value < least:
            self.errors[name] = _l("Please choose a later date.")
        return value

    def past_day(self, name: str, value: date | None, *, today: date, least: date | None = None) -> date:
        """A date of what has happened: not after ``today``, and not before ``least``."""
        found = self.day(name, value, today=today, least=least)
        if found > today:
            self.errors[name] = _l("This lies in the future.")
        return found

    def among(self, name: str, value: T | None, known: Collection[T]) -> T | None:
        """One of ``known``."""
        if value is None or value not in known:
            self.errors[name] = _l("Please choose one from the list.")
        return value

    def all_among(self, name: str, values: Iterable[T], known: Collection[T]) -> list[T]:
        """Each of ``known`` at most once, in the order given."""
        chosen = list(dict.fromkeys(values))
        if not set(chosen) <= set(known):
            self.errors[name] = _l("Please choose from the list.")
        return chosen

    def wrong(self, name: str, text: LazyString) -> None:
        """A problem of its own kind."""
        self.errors[name] = text

    def done(self) -> None:
        """Raises InvalidInput if there was any problem."""
        if self.errors:
            raise InvalidInput(dict(self.errors))


def note_text(note: str, *, name: str = "note") -> str:
    """The words that go with an act; may be empty here, because a guard asks for them with its rule."""
    inputs = Inputs()
    text = inputs.text(name, note, most=MEDIUM, needed=False)
    inputs.done()
    return text


def require(acting: Acting, permission: Permission) -> None:
    """For acts without a transition: refuse as the table would. Raises Refused."""
    if not acting.actor.may(permission):
        raise Refused((Refusal("permission", _l("Your role may not do this.")),))
