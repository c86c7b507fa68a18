"""A multipart/form-data decoder without input or output: bytes in, parts out, nothing held but a few bytes.

Owns: boundaries and part headers (RFC 7578, RFC 2046 §5.1), with CRLF line ends alone, as every browser
writes them. Must not know: limits on fields and files, sealing, streams.

Our own, because werkzeug's (3.1.9) adds a byte: when a read ends between the two dashes of the closing
boundary, or within blanks after one, it takes the boundary's CR for the file's last byte; a photograph that
has grown by a byte is a false exhibit. It also copies every byte several times.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

from werkzeug.http import parse_options_header

MAX_HEADER_BYTES: Final = 16 * 1024
MAX_PREAMBLE_BYTES: Final = 16 * 1024
MAX_BLANKS: Final = 64
"""Blanks that may stand between a boundary and its line's end; nobody writes any."""


class Malformed(Exception):
    """This is no multipart message, or not one that we read."""


@dataclass(frozen=True, slots=True)
class PartBegins:
    """A part's headers. ``file_name`` is None for a text field; ``content_type`` as sent, possibly empty."""

    name: str
    file_name: str | None
    content_type: str


@dataclass(frozen=True, slots=True)
class PartBytes:
    """Some bytes of the part, never none."""

    content: memoryview


class PartEnds:
    """The part is whole."""


PartEvent: TypeAlias = PartBegins | PartBytes | PartEnds
PART_ENDS: Final = PartEnds()


class _State(Enum):
    PREAMBLE = auto()
    HEADERS = auto()
    BLANK_LINE = auto()
    CONTENT = auto()
    ENDED = auto()


class _Line(Enum):
    """What stands behind a boundary."""

    NEXT_PART = auto()
    CLOSING = auto()
    NEITHER = auto()
    NOT_THERE_YET = auto()


_Step: TypeAlias = Generator[PartEvent, None, int]
"""Gives the events of one step, returns how far it has come."""


class MultipartDecoder:
    """Feed it chunks of any size; the message is whole once ``ended`` is true, whatever follows."""

    def __init__(self, boundary: bytes) -> None:
        """boundary: 1..70 bytes, as in the Content-Type. Raises Malformed for what cannot be one."""
        if not 1 <= len(boundary) <= 70 or b"\r" in boundary or b"\n" in boundary:
            raise Malformed
        self._delimiter = b"\r\n--" + boundary
        # As if a line had ended before the body: the first boundary may stand at its very beginning.
        self._held = b"\r\n"
        self._state = _State.PREAMBLE
        self._preamble_bytes = 0

    @property
    def ended(self) -> bool:
        """Whether the closing boundary has come."""
        return self._state is _State.ENDED

    def feed(self, chunk: bytes) -> Iterator[PartEvent]:
        """Take the next bytes. Raises Malformed; the events before it are good."""
        pending = self._held + chunk if self._held else chunk
        self._held = b""
        at = 0
        while at < len(pending) and not self.ended:
            before = at, self._state
            at = yield from self._step(pending, at)
            if before == (at, self._state):
                # Not enough to tell: never more than a boundary's line or one part's headers.
                self._held = pending[at:]
                return

    def _step(self, pending: bytes, at: int) -> _Step:
        if self._state is _State.HEADERS:
            return (yield from self._headers(pending, at))
        if self._state is _State.BLANK_LINE:
            return self._blank_line(pending, at)
        return (yield from self._content(pending, at))

    def _headers(self, pending: bytes, at: int) -> _Step:
        end = pending.find(b"\r\n\r\n", at)
        if (len(pending) if end < 0 else end) - at > MAX_HEADER_BYTES:
            raise Malformed
        if end < 0:
            return at
        yield _part_of(pending[at:end])
        self._state = _State.BLANK_LINE
        return end + 2

    def _blank_line(self, pending: bytes, at: int) -> int:
        # Some senders let the blank line double as the line end before the next boundary, where a part is
        # empty. Then the boundary stands right here.
        seen = pending[at : at + len(self._delimiter)]
        if len(seen) < len(self._delimiter) and self._delimiter.startswith(seen):
            return at
        self._state = _State.CONTENT
        return at if seen == self._delimiter else at + 2

    def _content(self, pending: bytes, at: int) -> _Step:
        """Everything up to the next boundary, or up to what may be the beginning of one."""
        found = pending.find(self._delimiter, at)
        if found < 0:
            end = _before_partial(pending, at, self._delimiter)
            yield from self._pass_on(pending, at, end)
            return end
        yield from self._pass_on(pending, at, found)
        after = found + len(self._delimiter)
        line = _line_behind(pending, after)
        if line is _Line.NOT_THERE_YET:
            return found
        if line is _Line.NEITHER:
            # A longer line that only begins like a boundary: it is content.
            yield from self._pass_on(pending, found, after)
            return after
        if self._state is _State.CONTENT:
            yield PART_ENDS
        if line is _Line.CLOSING:
            self._state = _State.ENDED
            return len(pending)
        self._state = _State.HEADERS
        return pending.find(b"\r\n", after) + 2

    def _pass_on(self, pending: bytes, start: int, end: int) -> Iterator[PartEvent]:
        if self._state is _State.PREAMBLE:
            self._preamble_bytes += end - start
            if self._preamble_bytes > MAX_PREAMBLE_BYTES:
                raise Malformed
        elif end > start:
            yield PartBytes(memoryview(pending)[start:end])


def _before_partial(pending: bytes, at: int, delimiter: bytes) -> int:
    """Where the beginning of a boundary may stand at the end of ``pending``, or its end."""
    # A boundary has one CR, at its front: only the last CR can be the beginning of one.
    begins = pending.rfind(b"\r", max(at, len(pending) - len(delimiter) + 1))
    return begins if begins >= 0 and delimiter.startswith(pending[begins:]) else len(pending)


def _line_behind(pending: bytes, after: int) -> _Line:
    rest = pending[after : after + MAX_BLANKS + 2]
    if rest.startswith(b"--"):
        return _Line.CLOSING
    behind_blanks = rest.lstrip(b" \t")
    if behind_blanks.startswith(b"\r\n"):
        return _Line.NEXT_PART
    is_open = rest == b"-" or behind_blanks in (b"", b"\r")
    return _Line.NOT_THERE_YET if is_open and len(rest) < MAX_BLANKS + 2 else _Line.NEITHER


def _part_of(headers: bytes) -> PartBegins:
    try:
        named = dict(_named(line) for line in reversed(headers.decode("utf-8").split("\r\n")))
        disposition, options = parse_options_header(named.get("content-disposition", ""))
    except (ValueError, LookupError):
        raise Malformed from None
    if disposition.lower() != "form-data" or "name" not in options:
        raise Malformed
    return PartBegins(options["name"], options.get("filename"), named.get("content-type", ""))


def _named(line: str) -> tuple[str, str]:
    """A header's name and value. ValueError for a line that is none; folded ones nobody writes any more."""
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise ValueError("not a header")
    return name.lower(), value.strip(" \t")
