"""Sending what is sealed: decrypted while it is sent, kept nowhere, from whatever byte is asked for.

Owns: the headers of every file, ranges, names that are safe on any computer. Must not know: who may open
what. What a stranger made is never run by our pages: a sandbox without any right and no guessing of types.
Source: RFC 9110 §14; 4-sealing "Clean copies".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Protocol
from urllib.parse import quote

from flask import Response, request
from werkzeug.http import parse_range_header

SANDBOX: Final = "default-src 'none'; sandbox; frame-ancestors 'none'"
#: What a browser shows by itself inside our pages; everything else is a download.
SHOWN: Final = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "video/mp4": "mp4",
    "video/webm": "webm",
    "audio/mp4": "m4a",
    "audio/webm": "weba",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/aac": "aac",
}
#: What is sent under its own type, to be saved.
SAVED: Final = {
    "application/pdf": "pdf",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "text/plain": "txt",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "audio/x-matroska": "mka",
    "video/ogg": "ogv",
    "audio/amr": "amr",
    "video/3gpp": "3gp",
    "audio/3gpp": "3gp",
}
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MAX_NAME: Final = 120


class Opened(Protocol):
    """A sealed object that was opened for reading."""

    true_bytes: int

    def read_range(self, start: int, length: int) -> Iterator[bytes]:
        """Plaintext bytes, decrypted as they are taken."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


def suffix_of(media_type: str) -> str:
    """The ending of a file's name; "bin" for what we do not know."""
    return SHOWN.get(media_type) or SAVED.get(media_type) or "bin"


def send(reader: Opened, *, start: int, length: int, media_type: str, name: str, save: bool) -> Response:
    """Bytes start .. start + length of an opened object, or the range of them that is asked for.

    media_type: what our own cleaner wrote; any other than those above is sent as bytes to be saved.
    """
    is_known = media_type in SHOWN or media_type in SAVED
    wanted = _wanted(length)
    if wanted is None:
        reader.close()
        refused = Response(status=416)
        refused.headers["Content-Range"] = f"bytes */{length}"
        return refused
    first, end = wanted
    response = Response(
        _body(reader, start + first, end - first),
        status=206 if request.range and (first, end) != (0, length) else 200,
        mimetype=media_type if is_known else "application/octet-stream",
    )
    way = "inline" if media_type in SHOWN and not save else "attachment"
    headers = response.headers
    headers["Content-Disposition"] = disposition(name, way=way)
    headers["Content-Length"] = str(end - first)
    headers["Accept-Ranges"] = "bytes"
    if response.status_code == 206:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{length}"
    return sealed_off(response)


def sealed_off(response: Response) -> Response:
    """The headers of everything that is not one of our own pages."""
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def disposition(name: str, *, way: str) -> str:
    """The Content-Disposition for a name that is safe everywhere."""
    return f"{way}; filename*=UTF-8''{quote(safe_name(name), safe='')}"


def safe_name(name: str) -> str:
    """A file name without folders or anything that a computer takes for something else; never empty."""
    plain = _FORBIDDEN.sub("_", name).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if len(plain) > _MAX_NAME:
        plain = stem[: _MAX_NAME - len(suffix) - 1] + dot + suffix if len(suffix) <= 16 else plain[:_MAX_NAME]
    if _RESERVED.fullmatch(plain):
        plain = f"_{plain}"
    return plain or "file"


def _wanted(length: int) -> tuple[int, int] | None:
    """First byte and end of what to send; None where nothing of what is asked for is there."""
    asked = parse_range_header(request.headers.get("Range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, length  # several ranges in one answer: nobody plays films that way
    return asked.range_for_length(length)


def _body(reader: Opened, start: int, length: int) -> Iterator[bytes]:
    if request.method == "HEAD":
        reader.close()
        return iter(())
    return _closing(reader, start, length)


def _closing(reader: Opened, start: int, length: int) -> Iterator[bytes]:
    try:
        yield from reader.read_range(start, length)
    finally:
        reader.close()
