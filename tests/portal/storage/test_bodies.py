"""Polite bodies: the answer first, then what is left of the body, up to a bound."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from portal.storage.bodies import DRAIN_READ_BYTES, MAX_DRAINS, PoliteBodies

PAGE = b"too large"
App = Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]


def refusing(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answers without looking at the body."""
    start_response("413 Content Too Large", [("Content-Type", "text/plain")])
    return [PAGE]


def reading(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Reads the body to its end."""
    taken = b"".join(iter(lambda: environ["wsgi.input"].read(10), b""))
    start_response("200 OK", [])
    return [str(len(taken)).encode()]


class Call:
    """One request through the middleware."""

    def __init__(self, app: App, body: Any, *, environ: dict[str, str] | None = None, **bounds: int) -> None:
        limits = {"max_drain_bytes": 1 << 30, "max_drain_seconds": 60} | bounds
        self.polite = PoliteBodies(app, **limits)
        self.body = body
        self.environ: WSGIEnvironment = {"wsgi.input": body, **(environ or {})}
        self.headers: list[tuple[str, str]] = []
        self.chunks = iter(self.polite(self.environ, self._start))

    def _start(self, _status: str, headers: list[tuple[str, str]], *_: object) -> Callable[[bytes], object]:
        self.headers = headers
        return lambda _data: None


def test_page_is_given_before_the_rest_of_the_body_is_read() -> None:
    body = io.BytesIO(bytes(300_000))
    call = Call(refusing, body, environ={"CONTENT_LENGTH": "300000"})
    assert next(call.chunks) == PAGE
    assert body.tell() == 0
    assert list(call.chunks) == []
    assert body.tell() == 300_000
    assert ("Connection", "close") in call.headers


def test_body_that_was_read_is_left_alone() -> None:
    call = Call(reading, io.BytesIO(bytes(1000)), environ={"CONTENT_LENGTH": "1000"})
    assert list(call.chunks) == [b"1000"]
    assert call.headers == []


def test_request_without_a_body_passes_untouched() -> None:
    body = io.BytesIO(b"never read")
    call = Call(refusing, body)
    assert list(call.chunks) == [PAGE]
    assert (call.environ["wsgi.input"], body.tell(), call.headers) == (
        body,
        0,
        [("Content-Type", "text/plain")],
    )


def test_body_of_unannounced_length_is_drained_to_its_end() -> None:
    body = io.BytesIO(bytes(300_000))
    call = Call(refusing, body, environ={"HTTP_TRANSFER_ENCODING": "chunked"})
    assert list(call.chunks) == [PAGE]
    assert body.tell() == 300_000


def test_endless_body_is_drained_up_to_the_bound() -> None:
    class Endless:
        taken = 0

        def read(self, size: int = -1, /) -> bytes:
            self.taken += size
            return bytes(size)

    body = Endless()
    call = Call(refusing, body, environ={"CONTENT_LENGTH": str(1 << 40)}, max_drain_bytes=1_000_000)
    assert list(call.chunks) == [PAGE]
    assert 1_000_000 <= body.taken <= 1_000_000 + DRAIN_READ_BYTES


def test_draining_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter(range(100))
    monkeypatch.setattr("portal.storage.bodies.time.monotonic", lambda: next(moments))
    body = io.BytesIO(bytes(10_000_000))
    call = Call(refusing, body, environ={"CONTENT_LENGTH": "10000000"}, max_drain_seconds=3)
    assert list(call.chunks) == [PAGE]
    assert body.tell() == 2 * DRAIN_READ_BYTES


def test_connection_that_breaks_while_draining_is_no_error() -> None:
    class Broken:
        def read(self, size: int = -1, /) -> bytes:
            raise ConnectionResetError

    call = Call(refusing, Broken(), environ={"CONTENT_LENGTH": "10"})
    assert list(call.chunks) == [PAGE]


def test_answer_is_closed_before_draining() -> None:
    steps = []

    class Answer:
        def __iter__(self) -> Any:
            return iter([PAGE])

        def close(self) -> None:
            steps.append("closed")

    class Body(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            steps.append("drained")
            return super().read(size)

    def app(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return Answer()

    list(Call(app, Body(bytes(10)), environ={"CONTENT_LENGTH": "10"}).chunks)
    assert steps == ["closed", "drained"]


def test_only_so_many_bodies_are_drained_at_once() -> None:
    go_on, draining = threading.Event(), threading.Semaphore(0)

    class Stalled:
        def read(self, size: int = -1, /) -> bytes:
            draining.release()
            go_on.wait(timeout=30)
            return b""

    polite = PoliteBodies(refusing, max_drain_bytes=1000, max_drain_seconds=60)

    def request(body: object) -> None:
        environ = {"wsgi.input": body, "CONTENT_LENGTH": "10"}
        list(polite(environ, lambda *_: lambda _data: None))

    threads = [threading.Thread(target=request, args=(Stalled(),)) for _ in range(MAX_DRAINS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert draining.acquire(timeout=30)
    one_more = io.BytesIO(bytes(10))
    request(one_more)
    assert one_more.tell() == 0
    go_on.set()
    for thread in threads:
        thread.join()
    request(one_more)
    assert one_more.tell() == 10
