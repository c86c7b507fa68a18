"""What an inspection code shows: the one record that both sides read and write.

Codes and dates, names of units and people, and one line about the scope that was written for it. Must not
know: how it is signed (``portal.crypto.inspection``). Source: issue 4 "Inspection code".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from portal.crypto.compartments import Record
from portal.errors import Tampered


@dataclass(frozen=True, slots=True)
class ShownMember:
    """Somebody of the team. part: ``leader``, ``member`` or ``outside``."""

    name: str
    part: str


@dataclass(frozen=True, slots=True)
class ShownInspection:
    """An approved inspection. units: (Chinese, English) name of each. kind, methods: codes of Art. 14, 12."""

    number: str
    plan: int
    kind: str
    units: tuple[tuple[str, str], ...]
    scope: str
    methods: tuple[str, ...]
    starts_on: date
    ends_on: date
    members: tuple[ShownMember, ...]
    issued_on: date

    def to_record(self) -> Record:
        """As it is signed."""
        return {
            "number": self.number,
            "plan": self.plan,
            "kind": self.kind,
            "units": [list(names) for names in self.units],
            "scope": self.scope,
            "methods": list(self.methods),
            "starts": self.starts_on.isoformat(),
            "ends": self.ends_on.isoformat(),
            "members": [[member.name, member.part] for member in self.members],
            "issued": self.issued_on.isoformat(),
        }

    @classmethod
    def from_record(cls, record: Any) -> Self:
        """Raises Tampered for what ``to_record`` would not give."""
        try:
            read = cls(
                number=str(record["number"]),
                plan=int(record["plan"]),
                kind=str(record["kind"]),
                units=tuple((str(name), str(english)) for name, english in record["units"]),
                scope=str(record["scope"]),
                methods=tuple(str(method) for method in record["methods"]),
                starts_on=date.fromisoformat(record["starts"]),
                ends_on=date.fromisoformat(record["ends"]),
                members=tuple(ShownMember(str(name), str(part)) for name, part in record["members"]),
                issued_on=date.fromisoformat(record["issued"]),
            )
        except (KeyError, TypeError, ValueError):
            raise Tampered("inspection fields") from None
        if read.to_record() != record:
            raise Tampered("inspection fields")
        return read
