"""What each kind of record says: its fields, which of them are needed, and how long they may be.

The page draws a form from these fields and the verb checks against them; words for them are in the templates.
Source: 1-mission journey 5; 2-domain §2 "showing a card", Art. 12, 25.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from verification.domain.inputs import LONG, MEDIUM, SHORT, Inputs
from verification.models import Method, RecordKind


@dataclass(frozen=True, slots=True)
class Line:
    """A text field of at most ``most`` characters.

    ``unless``: not needed where that tick is set. ``where``: needed where one of these ticks is set.
    """

    name: str
    most: int
    needed: bool = False
    unless: str | None = None
    where: tuple[str, ...] = ()

    def is_needed(self, ticks: Mapping[str, bool]) -> bool:
        """Whether it must be filled in with these ticks."""
        if any(ticks[tick] for tick in self.where):
            return True
        return self.needed and not (self.unless and ticks[self.unless])


@dataclass(frozen=True, slots=True)
class Tick:
    """A yes-or-no field."""

    name: str


@dataclass(frozen=True, slots=True)
class RecordForm:
    """A kind of record: its fields in order, and the method it usually is (Art. 12)."""

    fields: tuple[Line | Tick, ...]
    method: Method


RECORD_FORMS: dict[RecordKind, RecordForm] = {
    RecordKind.VISIT: RecordForm(
        (
            Line("arrival", MEDIUM),
            Tick("card_shown"),
            Line("people_there", MEDIUM),
            Line("seen", LONG, needed=True),
        ),
        Method.INSPECTION,
    ),
    RecordKind.INTERVIEW: RecordForm(
        (
            Line("person", SHORT, needed=True),
            Line("role", SHORT),
            Tick("card_shown"),
            Tick("refused"),
            Line("questions", LONG, needed=True, unless="refused"),
            Tick("read_back"),
            Tick("signed"),
            Tick("refused_sign"),
            Line("refusal", MEDIUM, where=("refused", "refused_sign")),
        ),
        Method.INSPECTION,
    ),
    RecordKind.DOCUMENT: RecordForm(
        (
            Line("what", MEDIUM, needed=True),
            Line("from_whom", SHORT, needed=True),
            Tick("originals"),
            Line("remarks", MEDIUM),
        ),
        Method.READING,
    ),
    RecordKind.SAMPLE: RecordForm(
        (
            Line("what", MEDIUM, needed=True),
            Line("count", SHORT, needed=True),
            Line("from_whom", SHORT, needed=True),
            Line("kept_at", SHORT, needed=True),
            Line("remarks", MEDIUM),
        ),
        Method.INSPECTION,
    ),
    RecordKind.OBSTRUCTION: RecordForm(
        (Line("who", SHORT), Line("demanded", MEDIUM), Line("happened", LONG, needed=True), Tick("told")),
        Method.INSPECTION,
    ),
    RecordKind.STATEMENT: RecordForm(
        (Line("person", SHORT, needed=True), Line("said", LONG, needed=True)), Method.SELF_CHECK
    ),
    RecordKind.DESK: RecordForm((Line("what", MEDIUM, needed=True),), Method.READING),
}


def checked_words(
    kind: RecordKind, words: Mapping[str, str | bool], *, inputs: Inputs
) -> dict[str, str | bool]:
    """The fields of ``kind`` from what was typed, missing ones empty; problems go into ``inputs``."""
    fields = RECORD_FORMS[kind].fields
    ticks = {field.name: bool(words.get(field.name)) for field in fields if isinstance(field, Tick)}
    lines = {
        field.name: inputs.text(
            field.name,
            str(words.get(field.name) or ""),
            most=field.most,
            needed=field.is_needed(ticks),
        )
        for field in fields
        if isinstance(field, Line)
    }
    return {**ticks, **lines}


def in_order(kind: RecordKind, words: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """A stored record's fields in the order of its form; sealed records are sorted by name."""
    return {field.name: words[field.name] for field in RECORD_FORMS[kind].fields if field.name in words}
