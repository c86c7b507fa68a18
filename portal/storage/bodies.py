"""No request body is left half read: the page is sent at once, and the rest of the body is drained after it.

A browser that is still sending when the server closes the connection shows "connection reset" and never the
page that says why. So, whenever an app answers before it has read the body (too large, a bad token, a
missing page), its whole answer goes out first and then the body is read and dropped, up to a bound. Measured
with granian: the answer is on the wire before the first drained byte. Must not know: routes, forms, pages.
Source: issue 2 "connection never just dropped".
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

DRAIN_READ_BYTES: Final = 64 * 1024
MAX_DRAINS: Final = 16
"""How many bodies one process drains at once; a flood of them must not take every thread."""


class _Body(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class _CountedBody:
    """The server's body, and how much of it has been read."""

    def __init__(self, body: _Body, *, declared_bytes: int | None) -> None:
        self._body = body
        self._declared_bytes = declared_bytes
        self.read_bytes = 0
        self.ended = declared_bytes == 0

    def read(self, size: int = -1, /) -> bytes:
        chunk = self._body.read(size)
        self.read_bytes += len(chunk)
        if self._declared_bytes is not None and self.read_bytes >= self._declared_bytes:
            self.ended = True
        if not chunk and size != 0:
            self.ended = True
        return chunk

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.read(DRAIN_READ_BYTES):
            yield chunk


class PoliteBodies:
    """WSGI middleware; put it outermost. Requests without a body pass untouched."""

    def __init__(self, app: WSGIApplication, *, max_drain_bytes: int, max_drain_seconds: int) -> None:
        """max_drain_bytes: how much of an unwanted body is read; the connection is closed beyond it."""
        self._app = app
        self._max_bytes = max_drain_bytes
        self._max_seconds = max_drain_seconds
        self._drains = threading.Semaphore(MAX_DRAINS)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        declared = _declared_bytes(environ)
        if declared == 0:
            return self._app(environ, start_response)
        body = _CountedBody(environ["wsgi.input"], declared_bytes=declared)
        environ["wsgi.input"] = body
        answer = self._app(environ, _closing_if_unread(start_response, body))
        return answer if body.ended else self._drained_after(answer, body)

    def _drained_after(self, answer: Iterable[bytes], body: _CountedBody) -> Iterator[bytes]:
        try:
            yield from answer
        finally:
            if close := getattr(answer, "close", None):
                close()
        if not body.ended and self._drains.acquire(blocking=False):
            try:
                self._drain(body)
            finally:
                self._drains.release()

    def _drain(self, body: _CountedBody) -> None:
        # A person's connection, not the application's time: the monotonic clock is meant.
        until = time.monotonic() + self._max_seconds
        stop_at = body.read_bytes + self._max_bytes
        try:
            while not body.ended and body.read_bytes < stop_at and time.monotonic() < until:
                body.read(DRAIN_READ_BYTES)
        except OSError:
            return


def _closing_if_unread(start_response: StartResponse, body: _CountedBody) -> StartResponse:
    def start(
        status: str, headers: list[tuple[str, str]], exc_info: object = None, /
    ) -> Callable[[bytes], object]:
        if not body.ended:
            headers = [*headers, ("Connection", "close")]
        return start_response(status, headers, exc_info) if exc_info else start_response(status, headers)  # type: ignore[arg-type]  # typeshed's exc_info alias is private

    return start


def _declared_bytes(environ: WSGIEnvironment) -> int | None:
    """The Content-Length; 0 where there is no body; None where its end is not announced."""
    declared = environ.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit():
        return int(declared)
    return None if environ.get("HTTP_TRANSFER_ENCODING") else 0
