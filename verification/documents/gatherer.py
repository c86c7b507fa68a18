"""Whose case a document is gathered from, by whom, for which office. Must not know: kinds, groups, layout."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from flask_babel.speaklater import LazyString

from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.models import Case, Staff, Unit


@dataclass(frozen=True, slots=True)
class OfficeNames:
    """How the office is called on its papers. mark: the letters of its numbers (机关代字)."""

    name: str
    county: str
    mark: str

    @property
    def government(self) -> str:
        """The government that the office works for."""
        return f"{self.county}人民政府"


@dataclass(frozen=True, slots=True, repr=False)
class Gatherer:
    """What the values of one document are read from. ``subject_id``: what it is about, beside the case."""

    acting: Acting
    office: OfficeNames
    case: Case | None
    subject_id: uuid.UUID | None

    def of_case(self) -> Case:
        """The case; NotHere for a document of a tip."""
        if self.case is None:
            raise NotHere
        return self.case

    def named(self, staff_id: uuid.UUID | None) -> str:
        """Somebody's name; empty for nobody."""
        person = None if staff_id is None else self.acting.session.get(Staff, staff_id)
        return "" if person is None else person.name

    def unit_named(self, unit_id: uuid.UUID | None) -> str:
        """A unit's name; empty for none."""
        unit = None if unit_id is None else self.acting.session.get(Unit, unit_id)
        return "" if unit is None else unit.name


def said(text: LazyString | str) -> str:
    """A word in the language of now."""
    return str(text)


def text_of(record: dict[str, Any]) -> str:
    """The text of a sealed record."""
    return str(record["text"])
