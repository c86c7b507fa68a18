"""The fuzzers' targets hold for their seeds and for what hypothesis draws, and do find a fault put in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto.stream import SealedReader
from portal.storage.decoder import MultipartDecoder, PartEvent
from tests.fuzz import targets
from tests.fuzz.targets import TARGETS, seeds


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_target_holds_for_its_seeds(name: str) -> None:
    given_inputs = list(seeds(name))
    assert given_inputs
    for one in given_inputs:
        TARGETS[name](one)


@given(st.sampled_from(sorted(TARGETS)), st.binary(max_size=200))
def test_targets_hold_for_any_bytes(name: str, data: bytes) -> None:
    TARGETS[name](data)


def test_reader_that_forgets_its_padding_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SealedReader, "chunks", lambda _self: iter([b"something else"]))
    with pytest.raises(AssertionError):
        targets.sealed_object(next(seeds("sealed-object")))


def test_decoder_that_depends_on_how_bytes_come_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    real = MultipartDecoder.feed

    def forgetful(self: MultipartDecoder, chunk: bytes) -> Iterator[PartEvent]:
        return real(self, chunk if len(chunk) > 7 else chunk.replace(b"c", b""))

    monkeypatch.setattr(MultipartDecoder, "feed", forgetful)
    with pytest.raises(AssertionError):
        targets.multipart(next(seeds("multipart")))
