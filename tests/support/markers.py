"""Looking for planted markers in everything a running system leaves behind.

A marker is searched raw, in hex (both cases), base64 (three alignments, both alphabets), JSON escapes and
UTF-16, and inside every gzip or zlib stream that a file turns out to hold. Deleted files that a process still
has open are read through /proc. Must not know: what the system is.
"""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis
import sqlalchemy as sa

_STREAMS = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_BLOCK = 8 * 1024 * 1024
_OVERLAP = 64 * 1024
_UNPACKED_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A marker found: where, which, in what form."""

    place: str
    marker: str
    form: str


def forms_of(marker: bytes) -> dict[str, bytes]:
    """Every way a marker could stand somewhere uncompressed. marker: at least 12 bytes."""
    if len(marker) < 12:
        raise ValueError("too short: it would be found by chance")
    forms = {"raw": marker, "hex": marker.hex().encode(), "HEX": marker.hex().upper().encode()}
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + marker)
        # The first and last characters mix with what stands beside; what is between is the marker's own.
        inner = encoded[4 if shift else 0 : -4]
        forms[f"base64+{shift}"] = inner
        forms[f"base64url+{shift}"] = inner.translate(bytes.maketrans(b"+/", b"-_"))
    try:
        text = marker.decode("utf-8")
    except UnicodeDecodeError:
        return forms
    forms["utf-16"] = text.encode("utf-16-le")
    forms["json"] = json.dumps(text)[1:-1].encode()
    return forms


class Search:
    """A set of markers to look for. Nothing is printed but names of markers and places."""

    def __init__(self, markers: Mapping[str, bytes]) -> None:
        self._needles = {
            (name, form): needle
            for name, marker in markers.items()
            for form, needle in forms_of(marker).items()
        }

    def in_bytes(self, content: bytes, *, place: str) -> set[Hit]:
        """Look in bytes, and in every compressed stream in them."""
        hits = {Hit(place, name, form) for (name, form), needle in self._needles.items() if needle in content}
        for unpacked in _unpacked(content):
            hits |= {
                Hit(place, name, f"compressed {form}")
                for (name, form), needle in self._needles.items()
                if needle in unpacked
            }
        return hits

    def in_file(self, path: Path) -> set[Hit]:
        """Look in a file, a block at a time, with an overlap."""
        hits: set[Hit] = set()
        try:
            with path.open("rb") as file:
                tail = b""
                while block := file.read(_BLOCK):
                    hits |= self.in_bytes(tail + block, place=str(path))
                    tail = block[-_OVERLAP:]
        except (FileNotFoundError, PermissionError, OSError):
            return hits
        return hits

    def in_folders(self, folders: Iterable[Path]) -> set[Hit]:
        """Look in every regular file below ``folders``, and in the names of files and folders."""
        hits: set[Hit] = set()
        for folder in folders:
            for path in folder.rglob("*"):
                hits |= self.in_bytes(os.fsencode(path.name), place=f"name of {path}")
                if path.is_file() and not path.is_symlink():
                    hits |= self.in_file(path)
        return hits

    def in_open_files(self, pids: Iterable[int]) -> set[Hit]:
        """Look in files that were deleted but are still open in these processes."""
        hits: set[Hit] = set()
        for pid in pids:
            for link in Path(f"/proc/{pid}/fd").glob("*"):
                try:
                    target = os.readlink(link)
                except OSError:
                    continue
                if target.endswith("(deleted)"):
                    hits |= {Hit(f"deleted {target}", hit.marker, hit.form) for hit in self.in_file(link)}
        return hits

    def in_database(self, url: str) -> set[Hit]:
        """Look in every column of every row of every table."""
        hits: set[Hit] = set()
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            metadata = sa.MetaData()
            metadata.reflect(connection)
            for table in metadata.sorted_tables:
                for row in connection.execute(sa.select(table)):
                    for column, value in zip(table.columns, row, strict=True):
                        hits |= self.in_bytes(_as_bytes(value), place=f"table {table.name}.{column.name}")
        engine.dispose()
        return hits

    def in_valkey(self, url: str) -> set[Hit]:
        """Look in every key of every database of the queue server, its names and its values."""
        hits: set[Hit] = set()
        client = redis.Redis.from_url(url)
        for key in client.scan_iter(count=1000):
            hits |= self.in_bytes(key, place="name of a queue key")
            dumped = client.dump(key)
            for part in (dumped or b"", *_values(client, key)):
                hits |= self.in_bytes(part, place=f"queue key {key[:40]!r}")
        client.close()
        return hits


def _values(client: redis.Redis, key: bytes) -> Iterator[bytes]:
    readers: dict[bytes, Callable[[], Any]] = {
        b"string": lambda: [client.get(key)],
        b"hash": lambda: [part for pair in client.hgetall(key).items() for part in pair],
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1),
        b"stream": lambda: [repr(client.xrange(key)).encode()],
    }
    kind: Any = client.type(key)
    reader = readers.get(kind)
    for value in reader() if reader else ():
        yield _as_bytes(value)


def _as_bytes(value: object) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, ensure_ascii=False, default=str).encode()


def _unpacked(content: bytes) -> Iterator[bytes]:
    for match in _STREAMS.finditer(content):
        bits = 31 if content[match.start()] == 0x1F else 15
        try:
            unpacked = zlib.decompressobj(bits).decompress(content[match.start() :], _UNPACKED_BYTES)
        except zlib.error:
            continue
        if len(unpacked) >= 12:
            yield unpacked


def descendants(pid: int) -> set[int]:
    """``pid`` and every process below it."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return family
