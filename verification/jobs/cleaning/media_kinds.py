"""Which kinds of things a recording says of itself: kinds alone, never values. Runs in the limited child.

Source: the names that QuickTime, Android, Matroska, ID3 and Vorbis comments use, as FFmpeg reports them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from av.container import InputContainer
from av.stream import Disposition, Stream

from verification.clean_report import Removed

_NAMES: Final = (
    (re.compile(r"location|gps|xyz|geo", re.IGNORECASE), Removed.POSITION),
    (re.compile(r"^com\.android|make$|model|device|camera|^(ma|mo)d", re.IGNORECASE), Removed.DEVICE),
    (re.compile(r"date|time|year", re.IGNORECASE), Removed.TIME),
    (
        re.compile(r"artist|author|composer|performer|copyright|publisher|owner", re.IGNORECASE),
        Removed.AUTHOR,
    ),
    (re.compile(r"encod|software|handler|vendor|tool|writ", re.IGNORECASE), Removed.SOFTWARE),
    (
        re.compile(r"title|comment|descr|synopsis|lyric|album|genre|track|keyword|note", re.IGNORECASE),
        Removed.COMMENTS,
    ),
)
#: How a file is laid out: every file has these, and nothing is told by them.
_STRUCTURE: Final = re.compile(
    r"major_brand|minor_version|compatible_brands|language|duration|number_of_|bps|statistics|timecode|"
    r"handler_name|vendor_id",
    re.IGNORECASE,
)


def kinds_said(given: InputContainer, *, kept: Sequence[Stream]) -> set[Removed]:
    """What is left behind of this recording."""
    found = set(_named(given.metadata))
    for stream in given.streams:
        found.update(_named(stream.metadata))
        if stream in kept:
            continue
        is_cover = bool(stream.disposition & Disposition.attached_pic)
        found.add(Removed.THUMBNAIL if is_cover else Removed.EMBEDDED)
    if given.chapters():
        found.add(Removed.COMMENTS)
    return found


def _named(metadata: dict[str, str]) -> Iterator[Removed]:
    for name, value in metadata.items():
        if value and not _STRUCTURE.search(name):
            yield next((kind for pattern, kind in _NAMES if pattern.search(name)), Removed.OTHER)
