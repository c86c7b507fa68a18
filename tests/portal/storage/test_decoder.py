"""The decoder alone: the same parts however the bytes arrive, and never a byte more or less."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.storage.decoder import (
    MAX_HEADER_BYTES,
    Malformed,
    MultipartDecoder,
    PartBegins,
    PartBytes,
    PartEnds,
)

BOUNDARY = b"----edge"
Part = tuple[str, str | None, bytes]


def decode(chunks: Iterable[bytes], *, boundary: bytes = BOUNDARY) -> tuple[list[Part], bool]:
    """Whole parts as (name, file name, content), and whether the message had its end."""
    decoder, parts = MultipartDecoder(boundary), []
    name, file_name, content = "", None, b""
    for chunk in chunks:
        for event in decoder.feed(chunk):
            if isinstance(event, PartBegins):
                name, file_name, content = event.name, event.file_name, b""
            elif isinstance(event, PartBytes):
                assert len(event.content) > 0
                content += event.content
            elif isinstance(event, PartEnds):
                parts.append((name, file_name, content))
    return parts, decoder.ended


def encode(parts: Iterable[Part], *, boundary: bytes = BOUNDARY) -> bytes:
    body = b""
    for name, file_name, content in parts:
        named = f'Content-Disposition: form-data; name="{name}"'
        named += "" if file_name is None else f'; filename="{file_name}"'
        body += b"--" + boundary + b"\r\n" + named.encode() + b"\r\n\r\n" + content + b"\r\n"
    return body + b"--" + boundary + b"--\r\n"


def crumbs(body: bytes, size: int) -> list[bytes]:
    return [body[at : at + size] for at in range(0, len(body), size)]


CONTENTS = st.lists(
    st.one_of(
        st.binary(max_size=30),
        st.sampled_from(
            [b"\r\n", b"\r", b"\n", b"--", b"\r\n--", b"\r\n----edg", b"\r\n----edgeX", b"\r\n----edge-"]
        ),
    ),
    max_size=6,
).map(b"".join)


def is_content(content: bytes) -> bool:
    """Not itself a boundary line, which no sender would let happen."""
    return (
        b"\r\n----edge\r\n" not in b"\r\n" + content + b"\r\n" and b"\r\n----edge--" not in content + b"\r\n"
    )


@settings(max_examples=500, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "文件"]), st.sampled_from([None, "", "x.jpg"]), CONTENTS.filter(is_content)
        ),
        max_size=4,
    ),
    st.integers(1, 80),
)
@example([("a", "x", b"\r\n")], 1)
@example([("a", "x", b"")], 1)
def test_parts_come_out_as_they_went_in_however_the_bytes_arrive(parts: list[Part], size: int) -> None:
    body = encode(parts)
    blanks = [part for part in parts if b"\r\n----edge " in part[2] or b"\r\n----edge\t" in part[2]]
    if not blanks:
        assert decode(crumbs(body, size)) == (parts, True)
        assert decode([body]) == (parts, True)


@pytest.mark.parametrize("content", [b"", b"\r", b"\r\n", b"x", b"x\r", b"x\r\n"])
def test_body_cut_into_two_chunks_anywhere_loses_and_adds_no_byte(content: bytes) -> None:
    parts: list[Part] = [("a", "x.jpg", content), ("b", None, b"text")]
    body = encode(parts)
    for cut in range(len(body) + 1):
        assert decode([body[:cut], body[cut:]]) == (parts, True), cut


def test_body_without_its_closing_boundary_has_not_ended() -> None:
    body = encode([("a", None, b"x")])
    for cut in range(len(body) - 2):
        assert decode([body[:cut]])[1] is False, cut
    assert decode([body[:-2]])[1] is True


@pytest.mark.parametrize(
    "body",
    [
        b"preamble\r\n" + encode([("a", None, b"x")]),
        b"\r\n" + encode([("a", None, b"x")]),
        encode([("a", None, b"x")]) + b"epilogue, however long" * 5000,
        encode([("a", None, b"x")]).replace(b"----edge\r\n", b"----edge \t \r\n"),
        b"------edge\r\nX-More: 1\r\ncontent-disposition: FORM-DATA; name=a\r\n\r\nx\r\n------edge--",
    ],
)
def test_what_the_standard_allows_is_read(body: bytes) -> None:
    for size in (1, 7, len(body)):
        assert decode(crumbs(body, size)) == ([("a", None, b"x")], True)


def test_empty_part_whose_blank_line_is_the_boundary_line_end_is_read() -> None:
    body = encode([("a", None, b""), ("b", None, b"y")]).replace(b"\r\n\r\n\r\n--", b"\r\n\r\n--")
    for size in (1, 3, len(body)):
        assert decode(crumbs(body, size)) == ([("a", None, b""), ("b", None, b"y")], True)


@pytest.mark.parametrize(
    ("sent", "name", "file_name"),
    [
        (b'form-data; name="a"; filename="b.jpg"', "a", "b.jpg"),
        (b'form-data; filename="b.jpg"; name="a"', "a", "b.jpg"),
        (b'form-data; name="a\\"b"', 'a"b', None),
        ('form-data; name="说明"; filename="照 片;1.jpg"'.encode(), "说明", "照 片;1.jpg"),
        (b"form-data; name=a; filename*=utf-8''%e7%85%a7.jpg", "a", "照.jpg"),
        (b'form-data; name=""; filename=""', "", ""),
    ],
)
def test_disposition_in_its_odd_forms_is_understood(sent: bytes, name: str, file_name: str | None) -> None:
    body = b"------edge\r\nContent-Disposition: " + sent + b"\r\n\r\nx\r\n------edge--"
    assert decode([body]) == ([(name, file_name, b"x")], True)


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"Content-Type: text/plain",
        b"Content-Disposition: form-data",
        b'Content-Disposition: attachment; name="a"',
        b'Content-Disposition form-data; name="a"',
        b'Content-Disposition: form-data;\r\n name="a"',
        b': form-data; name="a"',
        b'Content-Disposition: form-data; name="a"\r\nX\xff: 1',
        b'Content-Disposition: form-data; name="a"\nX: 1\r\nno colon',
        b'Content-Disposition: form-data; name="a"\r\nX: ' + b"x" * MAX_HEADER_BYTES,
    ],
)
def test_part_with_bad_headers_is_malformed(headers: bytes) -> None:
    body = b"------edge\r\n" + headers + b"\r\n\r\nx\r\n------edge--"
    for size in (11, len(body)):
        with pytest.raises(Malformed):
            decode(crumbs(body, size))


def test_headers_and_preamble_are_bounded_before_they_end() -> None:
    for begun in (b"------edge\r\nX: ", b""):
        with pytest.raises(Malformed):
            decode([begun, *[b"x" * 1000] * 17])


def test_first_of_two_dispositions_counts() -> None:
    twice = (
        b'Content-Disposition: form-data; name="a"\r\nContent-Disposition: form-data; name="b"; filename="f"'
    )
    assert decode([b"------edge\r\n" + twice + b"\r\n\r\nx\r\n------edge--"]) == ([("a", None, b"x")], True)


@pytest.mark.parametrize("boundary", [b"", b"x" * 71, b"a\rb", b"a\nb"])
def test_what_cannot_be_a_boundary_is_refused(boundary: bytes) -> None:
    with pytest.raises(Malformed):
        MultipartDecoder(boundary)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=8))
def test_any_bytes_are_decoded_or_malformed(chunks: list[bytes]) -> None:
    try:
        parts, ended = decode([b"------edge\r\n", *chunks])
    except Malformed:
        return
    assert ended or len(parts) <= b"".join(chunks).count(BOUNDARY)
