"""The search for markers finds each form it claims to find; otherwise finding nothing would mean nothing."""

from __future__ import annotations

import base64
import gzip
import json
import os
import zlib
from pathlib import Path

import pytest
import redis

from tests.support.markers import Hit, Search, descendants
from tests.support.valkey import ValkeyProcess

MARKER = "桥头标记 marker-4711-Ω".encode()
SEARCH = Search({"m": MARKER})

HIDINGS = {
    "raw": MARKER,
    "hex": MARKER.hex().encode(),
    "upper hex": MARKER.hex().upper().encode(),
    "base64 at 0": base64.b64encode(MARKER),
    "base64 at 1": base64.b64encode(b"x" + MARKER + b"yz"),
    "base64 at 2": base64.b64encode(b"xy" + MARKER + b"z"),
    "base64 for addresses": base64.urlsafe_b64encode(b"x" + MARKER),
    "json": json.dumps({"a": MARKER.decode()}).encode(),
    "utf-16": MARKER.decode().encode("utf-16-le"),
    "gzip": gzip.compress(b"before" + MARKER),
    "zlib": zlib.compress(b"before" + MARKER),
    "gzip of base64": gzip.compress(base64.b64encode(b"x" + MARKER)),
}


@pytest.mark.parametrize("hiding", HIDINGS)
def test_search_finds_a_marker_hidden_as(hiding: str) -> None:
    content = b"\x00" * 100 + HIDINGS[hiding] + b"\xff" * 100
    assert SEARCH.in_bytes(content, place="p")


def test_search_finds_nothing_where_nothing_is() -> None:
    assert SEARCH.in_bytes(os.urandom(100_000), place="p") == set()


def test_search_finds_a_marker_across_a_block_border(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(8 * 1024 * 1024 - 5) + MARKER + bytes(1000))
    assert {hit.form for hit in SEARCH.in_file(path)} == {"raw"}


def test_search_finds_a_marker_in_a_file_name(tmp_path: Path) -> None:
    (tmp_path / MARKER.hex()).mkdir()
    assert {hit.form for hit in SEARCH.in_folders([tmp_path])} == {"hex"}


def test_search_finds_a_deleted_file_that_is_still_open(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    with path.open("wb") as file:
        file.write(MARKER)
        file.flush()
        path.unlink()
        hits = SEARCH.in_open_files(descendants(os.getpid()))
    assert {(hit.marker, hit.form) for hit in hits} == {("m", "raw")}


def test_search_finds_a_marker_in_the_queue(valkey: ValkeyProcess) -> None:
    client = redis.Redis.from_url(valkey.url)
    client.hset("rq:job:1", "data", gzip.compress(MARKER))
    client.close()
    assert {hit.form for hit in SEARCH.in_valkey(valkey.url)} == {"compressed raw"}


def test_marker_too_short_to_mean_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="too short"):
        Search({"m": b"short"})


def test_hit_says_where_and_not_what() -> None:
    assert "marker-4711" not in repr(Hit("p", "m", "raw"))
