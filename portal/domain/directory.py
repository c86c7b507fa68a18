"""Names of bodies and places that the form suggests; a citizen may write anything else.

Owns: reading the public directory, cached for a minute so that the form costs no query. Must not know: the
form, or which bodies may be inspected.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from portal.domain.intake import Intake
from portal.models import DirectoryEntry, DirectoryKind
from portal.storage.errors import RetryLater

REFRESH_SECONDS: Final = 60
#: Of each kind, the first in the office's order: the form with all it loads stays within 40 KB.
MAX_NAMES: Final = 70


@dataclass(frozen=True, slots=True)
class Suggestions:
    """What is suggested, in the office's order."""

    bodies: tuple[str, ...]
    places: tuple[str, ...]


class Directory:
    """The suggestions of now. Safe for many threads; at most one of them reads the database at a time."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._lock = threading.Lock()
        self._read: tuple[datetime, Suggestions] | None = None

    def suggestions(self) -> Suggestions:
        """Read within the last minute; older ones or none while the database is away."""
        with self._lock:
            now = self._intake.clock.now()
            if self._read is None or not timedelta(0) <= now - self._read[0] < _LIFETIME:
                try:
                    self._read = (now, self._from_database())
                except RetryLater:
                    return self._read[1] if self._read else _NONE
            return self._read[1]

    def _from_database(self) -> Suggestions:
        query = select(DirectoryEntry.kind, DirectoryEntry.name).order_by(DirectoryEntry.ordinal)
        with self._intake.reading() as session:
            rows = session.execute(query).all()
        return Suggestions(
            bodies=tuple(name for kind, name in rows if kind is DirectoryKind.BODY)[:MAX_NAMES],
            places=tuple(name for kind, name in rows if kind is DirectoryKind.PLACE)[:MAX_NAMES],
        )


_LIFETIME: Final = timedelta(seconds=REFRESH_SECONDS)
_NONE: Final = Suggestions(bodies=(), places=())
