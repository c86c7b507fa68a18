"""Names and types that strangers chose, made fit to be kept and shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.storage.received import MAX_NAME_CHARACTERS, Limits, clean_name, clean_type


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("现场照片.jpg", "现场照片.jpg"),
        ("C:\\fakepath\\a.jpg", "a.jpg"),
        ("../../etc/passwd", "passwd"),
        ("  a.jpg \r\n", "a.jpg"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a\x00b\x1bc.png", "abc.png"),
        ("\ud800x", "x"),
        ("/", ""),
        ("x" * 300 + ".jpeg", "x" * 195 + ".jpeg"),
        ("x" * 300, "x" * 200),
        ("a." + "y" * 300, "a." + "y" * 198),
    ],
)
def test_clean_name_keeps_what_tells_and_drops_what_harms(sent: str, kept: str) -> None:
    assert clean_name(sent) == kept


@given(st.text())
def test_clean_name_of_anything_is_short_one_line_and_stable(sent: str) -> None:
    kept = clean_name(sent)
    assert len(kept) <= MAX_NAME_CHARACTERS
    assert not set(kept) & set("/\\\r\n\x00\u202e")
    assert clean_name(kept) == kept
    kept.encode("utf-8")


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("image/jpeg", "image/jpeg"),
        ("IMAGE/JPEG; name=x", "image/jpeg"),
        ("", "application/octet-stream"),
        ("image", "application/octet-stream"),
        ("text/html\r\nX: y", "application/octet-stream"),
        ("a/" + "b" * 61, "application/octet-stream"),
        ("图/片", "application/octet-stream"),
    ],
)
def test_clean_type_keeps_the_form_of_a_type_alone(sent: str, kept: str) -> None:
    assert clean_type(sent) == kept


def test_limits_leave_room_for_what_lies_between_the_files() -> None:
    limits = Limits(max_file_bytes=10, max_message_bytes=100, max_files=2, max_fields=3, max_fields_bytes=50)
    assert limits.max_body_bytes == 100 + 50 + 5 * 1024
