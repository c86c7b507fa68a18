"""Reading what was typed: every reader gives a value or notes an error, and ``check`` raises them together.

Forms are plain HTML made by the macros; what they send is read here, typed, once. Whatever was typed stays
available to the page as text. Must not know: any page, any rule. Source: 5-style "every form works without
JavaScript"; 7-facts (widgets of a form library cost nine tenths of a page).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypeVar

from flask import request
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from werkzeug.datastructures import MultiDict

from portal.clock import CIVIL_ZONE
from verification.errors import InvalidInput

E = TypeVar("E", bound=StrEnum)


@dataclass(slots=True)
class Typed:
    """A form as it was sent. Readers never raise; ``check`` does."""

    fields: MultiDict[str, str]
    errors: dict[str, LazyString | str] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> Typed:
        """The form of this request."""
        return cls(request.form)

    @classmethod
    def empty(cls, first: Mapping[str, str | list[str]] | None = None) -> Typed:
        """A form not yet filled in; ``first``: what stands in it at first."""
        return cls(MultiDict(first or {}))

    def text(self, name: str) -> str:
        """As typed, line ends made plain, outer space taken off."""
        return self.raw(name).strip()

    def raw(self, name: str) -> str:
        """As typed, for showing it again."""
        return self.fields.get(name, "").replace("\r\n", "\n")

    def many(self, name: str) -> list[str]:
        """Every value of a repeated field, as typed."""
        return [value.replace("\r\n", "\n") for value in self.fields.getlist(name)]

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return bool(self.fields.get(name))

    def version(self) -> int:
        """The version the page was loaded with; 0, which no subject has, where it was tampered with."""
        value = self.fields.get("version", "")
        return int(value) if value.isascii() and value.isdigit() else 0

    def member(self, name: str, kind: type[E]) -> E | None:
        """A member of an enum, or None where nothing was chosen (that is for the verb to judge)."""
        value = self.fields.get(name, "")
        if not value:
            return None
        try:
            return kind(value)
        except ValueError:
            self.errors[name] = _l("Please choose one from the list.")
            return None

    def needed(self, name: str, kind: type[E], fallback: E) -> E:
        """A member that must be chosen; ``fallback`` only completes the call until ``check`` raises."""
        value = self.member(name, kind)
        if value is None:
            self.errors.setdefault(name, _l("Please choose one from the list."))
            return fallback
        return value

    def one_id(self, name: str) -> uuid.UUID | None:
        """An id chosen from a list, or None where nothing was chosen."""
        value = self.fields.get(name, "")
        if not value:
            return None
        try:
            return uuid.UUID(value)
        except ValueError:
            self.errors[name] = _l("Please choose one from the list.")
            return None

    def ids(self, name: str) -> list[uuid.UUID]:
        """Ids ticked in a list, each once."""
        found: dict[uuid.UUID, None] = {}
        for value in self.fields.getlist(name):
            if not value:
                continue
            try:
                found[uuid.UUID(value)] = None
            except ValueError:
                self.errors[name] = _l("Please choose from the list.")
        return list(found)

    def day(self, name: str) -> date | None:
        """A date, or None where none was given."""
        value = self.fields.get(name, "")
        if not value:
            return None
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.errors[name] = _l("Please give a date.")
            return None

    def moment(self, name: str) -> datetime | None:
        """A ``datetime-local`` field in the office's zone (aware), or None where none was given."""
        value = self.fields.get(name, "")
        if not value:
            return None
        try:
            return datetime.fromisoformat(value).replace(tzinfo=CIVIL_ZONE)
        except ValueError:
            self.errors[name] = _l("Please give a date and a time.")
            return None

    def whole(self, name: str) -> int | None:
        """A whole number, or None where none was given."""
        value = self.fields.get(name, "").strip()
        if not value:
            return None
        if not value.isascii() or not value.isdigit() or len(value) > 9:
            self.errors[name] = _l("Please give a whole number.")
            return None
        return int(value)

    def check(self) -> None:
        """Raises InvalidInput if a reader noted an error."""
        if self.errors:
            raise InvalidInput(dict(self.errors))
