"""What must not travel on in a brief: identifiers, and wording copied from a statement.

Finds; decides nothing. Source: 2-domain §5 first row; Petitions Regulation 30.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: A run this long that both texts share is hardly chance in Chinese; measured in characters without spaces.
COPIED_CHARACTERS = 16


class IdentifierKind(StrEnum):
    """What kind of identifier was found."""

    PHONE = "phone"
    ID_NUMBER = "id-number"
    EMAIL = "email"
    ACCOUNT = "account"


_PATTERNS: tuple[tuple[IdentifierKind, re.Pattern[str]], ...] = (
    (IdentifierKind.ID_NUMBER, re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)")),
    (IdentifierKind.EMAIL, re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")),
    (IdentifierKind.PHONE, re.compile(r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)")),
    (IdentifierKind.PHONE, re.compile(r"(?<!\d)0\d{2,3}[ -]\d{7,8}(?!\d)")),
    (IdentifierKind.ACCOUNT, re.compile(r"(?<!\d)\d{16,19}(?!\d)")),
)


@dataclass(frozen=True, slots=True)
class Leak:
    """A stretch of the brief that must not go on; ``kind`` None: copied from a statement."""

    kind: IdentifierKind | None
    start: int
    end: int


def find_identifiers(text: str) -> list[Leak]:
    """Phone numbers, identity numbers, mail addresses and account numbers, full-width digits included."""
    folded = "".join(unicodedata.normalize("NFKC", character)[:1] or " " for character in text)
    found = [
        Leak(kind, match.start(), match.end())
        for kind, pattern in _PATTERNS
        for match in pattern.finditer(folded)
    ]
    return sorted(found, key=lambda leak: leak.start)


def find_copied(text: str, *, statements: Iterable[str], at_least: int = COPIED_CHARACTERS) -> list[Leak]:
    """Stretches of ``text`` of ``at_least`` characters that stand in a statement, white space apart."""
    positions = [index for index, character in enumerate(text) if not character.isspace()]
    squeezed = "".join(text[index] for index in positions)
    grams: set[str] = set()
    for statement in statements:
        flat = "".join(statement.split())
        grams |= {flat[start : start + at_least] for start in range(len(flat) - at_least + 1)}
    leaks: list[Leak] = []
    start = 0
    while start + at_least <= len(squeezed):
        if squeezed[start : start + at_least] not in grams:
            start += 1
            continue
        end = start + at_least
        while end < len(squeezed) and squeezed[end - at_least + 1 : end + 1] in grams:
            end += 1
        leaks.append(Leak(None, positions[start], positions[end - 1] + 1))
        start = end
    return leaks
