"""Looking for moments: times finer than a day that something which happened in a window has left behind.

Every new value of every table, every field of the queue, the change times of files and the lines of logs. A
moment counts when its time of day lies in the window, whatever its day: a clock that ends in three days at
the minute a report came tells that minute too. Must not know: what happened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import redis
import sqlalchemy as sa

_ISO = re.compile(rb"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
#: Seconds and milliseconds since 1970 that fall into this century's working life.
_EPOCH = re.compile(rb"(?<!\d)(1[6-9]\d{8}|2[0-3]\d{8})(?:\d{3})?(?:\.\d+)?(?!\d)")


@dataclass(frozen=True)
class Window:
    """From ``begin`` to ``end``, aware; shorter than half a day."""

    begin: datetime
    end: datetime

    def holds(self, moment: datetime) -> bool:
        """Whether the time of day lies in the window, in any of the world's full-hour zones."""
        # Offsets of whole hours cancel out when only minutes and seconds are compared.
        width = (self.end - self.begin).total_seconds()
        since = (moment - self.begin).total_seconds() % 3600
        return since <= width


@dataclass(frozen=True)
class Standing:
    """Everything with a time in it, at one moment. Keys are places."""

    cells: Counter[tuple[str, object]]
    files: dict[Path, int]
    logs: dict[Path, int]


def stand(*, database_url: str, folders: list[Path], log_dir: Path) -> Standing:
    """Take stock. files: change times in whole seconds; logs: lengths."""
    return Standing(
        cells=Counter(_cells(database_url)),
        files={
            path: int(path.lstat().st_mtime)
            for folder in folders
            for path in (folder, *folder.rglob("*"))
            if not path.is_socket()
        },
        logs={path: path.stat().st_size for path in log_dir.glob("*")},
    )


def moments_in_database(before: Standing, after: Standing, *, window: Window) -> set[str]:
    """Columns with a new value that tells a moment of the window."""
    new = after.cells - before.cells
    return {
        place
        for place, value in new
        for moment in _moments(value)
        if window.holds(moment) and not _is_turn(place, moment)
    }


def _is_turn(place: str, moment: datetime) -> bool:
    """Whether it is the beginning of a turn, which comes by the clock with and without a report."""
    return place == "schedule_slot.slot" and (moment.second, moment.microsecond) == (0, 0)


def moments_in_files(before: Standing, after: Standing, *, window: Window) -> set[Path]:
    """Files and folders that were changed in the window, as their change time tells."""
    return {
        path
        for path, seconds in after.files.items()
        if before.files.get(path) != seconds
        and window.begin.timestamp() - 1 <= seconds <= window.end.timestamp() + 1
    }


def lines_in_logs(before: Standing, log_dir: Path) -> list[str]:
    """Lines written since."""
    lines = []
    for path in log_dir.glob("*"):
        with path.open("rb") as log:
            log.seek(before.logs.get(path, 0))
            lines += [f"{path.name}: {line.decode()}" for line in log.read().splitlines()]
    return lines


def moments_in_queue(url: str, *, window: Window) -> set[str]:
    """Names of keys that tell a moment of the window; ids in them are cut off."""
    found = set()
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            for part in (key, *_parts(client, key)):
                if any(window.holds(moment) for moment in _moments(part)):
                    found.add(":".join(key.decode().split(":")[:2]))
    return found


def _parts(client: redis.Redis, key: bytes) -> Iterator[object]:
    kind: object = client.type(key)
    if kind == b"string":
        yield client.get(key)
    elif kind == b"hash":
        yield from client.hgetall(key).values()
    elif kind == b"zset":
        for pair in client.zrange(key, 0, -1, withscores=True):
            yield from pair
    elif kind == b"list":
        yield from client.lrange(key, 0, -1)
    elif kind == b"set":
        yield from client.smembers(key)


def _cells(database_url: str) -> Iterator[tuple[str, object]]:
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        metadata = sa.MetaData()
        metadata.reflect(connection)
        for table in metadata.sorted_tables:
            for row in connection.execute(sa.select(table)):
                for column, value in zip(table.columns, row, strict=True):
                    yield f"{table.name}.{column.name}", _hashable(value)
    engine.dispose()


def _hashable(value: object) -> object:
    return repr(value) if isinstance(value, dict | list) else value


def _moments(value: object) -> Iterator[datetime]:
    """Every time finer than a day that a value could mean."""
    if isinstance(value, datetime):
        yield value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, bool) or value is None:
        return
    elif isinstance(value, int | float):
        seconds = value / 1000 if value > 10**11 else value
        if 1_600_000_000 < seconds < 2_400_000_000:
            yield datetime.fromtimestamp(seconds, UTC)
    elif isinstance(value, str | bytes):
        text = value.encode() if isinstance(value, str) else value
        for match in _ISO.finditer(text):
            yield datetime.fromisoformat(f"{match[1].decode()}T{match[2].decode()}+00:00")
        for match in _EPOCH.finditer(text):
            yield datetime.fromtimestamp(int(match[1]), UTC)


def widened(begin: datetime, end: datetime) -> Window:
    """A window a little wider than what was seen, for clocks that round."""
    return Window(begin - timedelta(seconds=2), end + timedelta(seconds=2))
