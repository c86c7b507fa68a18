"""What every verb of the public side stands on, handed in once: database, blobs, keys, clock, chance, limits.

Owns: the day, and transactions that end in ``RetryLater`` where the database is locked, full or away. Must
not know: requests, pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.db import Database
from portal.domain.recipients import Recipients
from portal.domain.retrying import retry_later
from portal.models import Rng
from portal.storage.blobs import Blobs
from portal.storage.received import Limits

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Intake:
    """The public side's standing equipment; one for each process."""

    database: Database
    blobs: Blobs
    recipients: Recipients
    clock: Clock
    rng: Rng
    limits: Limits

    @property
    def today(self) -> date:
        """The civil day: the finest time that is kept of anything an informant does."""
        return civil_day(self.clock)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One snapshot. Raises RetryLater where the database is away."""
        with retry_later(), self.database.read() as session:
            yield session

    def write_together(self, effect: Callable[[Session], T]) -> T:
        """As ``writing``, in one transaction with others that wait: for what may come in a rush."""
        with retry_later():
            return self.database.write_together(effect)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """One transaction, committed when the block ends well. Raises RetryLater where it cannot be."""
        with retry_later(), self.database.write() as session:
            yield session
