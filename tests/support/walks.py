"""A case at each stage, walked there once in a session: a test that starts at a stage gets a copy of it.

``Journey(office).delivered()`` on an office in which nothing was written yet lays down the database, the
files and the chance of such a walk; on any other office it walks. Walking takes a second, a copy a hundredth.
"""

from __future__ import annotations

import random
import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import event

from portal.clock import FixedClock
from portal.crypto.receipt import Receipt
from portal.db import Database
from tests.support.postgres import PostgresServer

if TYPE_CHECKING:
    from tests.support.journey import Journey
    from tests.support.office import FoundedOffice, TestOffice

#: In this order each is walked from the one before.
STAGES = (
    "proposed", "docketed", "planned", "signed", "fixing", "concluding", "approved", "delivered", "ordered",
)  # fmt: skip
_WRITING = ("INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER")
J = TypeVar("J", bound="Journey")


class Copies(Protocol):
    """How one kind of database is kept and laid down again."""

    def keep(self, database: Database) -> str:
        """A copy of it as it stands; returns its name."""

    def lay(self, source: str, *, over: Database) -> None:
        """Make ``over`` what ``source`` is."""


class FileCopies:
    """SQLite: files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, database: Database) -> str:
        """See ``Copies``."""
        kept = self._folder / f"{uuid.uuid4()}.sqlite3"
        with database.upkeep() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.dispose()
        shutil.copyfile(_file_of(database), kept)
        return str(kept)

    def lay(self, source: str, *, over: Database) -> None:
        """See ``Copies``."""
        over.dispose()
        path = _file_of(over)
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        shutil.copyfile(source, path)


class PostgresCopies:
    """PostgreSQL: databases made from one another."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def keep(self, database: Database) -> str:
        """See ``Copies``."""
        database.dispose()
        return self._server.create(copy_of=str(database.url.database))

    def lay(self, source: str, *, over: Database) -> None:
        """See ``Copies``."""
        over.dispose()
        self._server.replace(str(over.url.database), copy_of=source)


@dataclass(frozen=True, slots=True)
class Stage:
    """What is left when a case has come so far."""

    source: str
    blobs: Path
    chance: tuple[Any, ...]
    case_id: uuid.UUID
    task_id: uuid.UUID
    item_id: uuid.UUID
    receipts: tuple[Receipt, ...]


class Walks:
    """Every stage on one kind of database."""

    def __init__(self, founded: FoundedOffice, copies: Copies) -> None:
        self.founded, self._copies = founded, copies
        self._stages: dict[str, Stage] = {}

    def build(self, database: Database, *, began: FixedClock, folder: Path) -> Walks:
        """Walk to every stage, in a database that this may use up."""
        from tests.support.journey import Journey

        for name in STAGES:
            self._copies.lay(self.founded.source, over=database)
            chance, blobs = random.Random(), folder / name
            office = self.founded.standing_in(database, clock=began, chance=chance, blob_dir=blobs)
            self.begin(office, chance=chance, blobs=blobs)
            walk: Journey = getattr(Journey(office), name)()
            self._stages[name] = Stage(
                self._copies.keep(database), blobs, chance.getstate(),
                walk.case_id, walk.task_id, walk.item_id, tuple(walk.receipts),
            )  # fmt: skip
        database.dispose()
        return self

    def begin(self, office: TestOffice, *, chance: random.Random, blobs: Path) -> None:
        """From now on ``office`` may start at any stage."""
        office.start = Start(self, office, chance=chance, blobs=blobs)

    def lay(self, name: str, start: Start) -> Stage | None:
        """The stage's database and files over those of ``start``; None where it was not walked yet."""
        stage = self._stages.get(name)
        if stage is None:
            return None
        self._copies.lay(stage.source, over=start.database)
        shutil.copytree(stage.blobs, start.blobs, dirs_exist_ok=True)
        start.chance.setstate(stage.chance)
        return stage


class Start:
    """The beginning of one office: as long as nothing was written, it may become any stage."""

    def __init__(self, walks: Walks, office: TestOffice, *, chance: random.Random, blobs: Path) -> None:
        self.database, self.chance, self.blobs = office.database, chance, blobs
        self._walks, self._clock = walks, office.clock
        self._began, self._state = office.clock.now(), chance.getstate()
        self._written = False
        event.listen(self.database.engine, "before_cursor_execute", self._notice)

    def _notice(self, _connection: object, _cursor: object, statement: str, *_more: object) -> None:
        self._written = self._written or statement.lstrip().upper().startswith(_WRITING)

    @property
    def is_untouched(self) -> bool:
        """Whether this office is still as it was founded, whoever might have written to it."""
        same = self.chance.getstate() == self._state and self._clock.now() == self._began
        if self.database.is_sqlite:
            path = _file_of(self.database)
            log = path.with_name(f"{path.name}-wal")
            same = same and not (log.exists() and log.stat().st_size)
        return same and not self._written

    def at(self, name: str) -> Stage | None:
        """Go to a stage; None where that has to be walked."""
        return self._walks.lay(name, self) if self.is_untouched else None


def from_the_beginning(walk: Callable[..., J]) -> Callable[..., J]:
    """A step of ``Journey`` that starts with nothing: the same case as if it had been walked."""
    name = walk.__name__

    @wraps(walk)
    def go(self: J, **changes: Any) -> J:
        is_plain = not changes and _is_plain(self, name)
        stage = self.office.start.at(name) if self.office.start and is_plain else None
        if stage is None:
            return walk(self, **changes)
        self.case_id, self.task_id, self.item_id = stage.case_id, stage.task_id, stage.item_id
        self.receipts = list(stage.receipts)
        return self

    return go


def _is_plain(journey: Journey, name: str) -> bool:
    """Whether this journey goes to the stage as every other does."""
    from tests.support.journey import Journey

    before = STAGES[: STAGES.index(name) + 1]
    same = all(getattr(type(journey), one) is getattr(Journey, one) for one in before)
    return same and journey.units == ("transport",)


def _file_of(database: Database) -> Path:
    assert database.url.database is not None
    return Path(database.url.database)
