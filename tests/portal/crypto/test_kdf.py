"""Derivation, padding, passphrases and small boxes. FORMAT.md §2, §3, §5, §12.1."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.kdf import derive, open_small, padme, seal_small, stretch
from portal.errors import Tampered
from tests.vectors import forge

SECRET = bytes(range(32))
KEY = bytes(reversed(range(32)))
CONTEXT = b"row 7"


def test_derive_is_hkdf_as_the_format_writes_it() -> None:
    for label, length, context in (("draft/id", 32, b""), ("object", 64, b"c" * 48), ("x", 1, b"\x00")):
        expected = forge.derive(SECRET, label, length, context)
        assert derive(SECRET, label=label, length=length, context=context) == expected


def test_derive_for_another_label_length_context_or_secret_is_unrelated() -> None:
    outputs = [
        derive(SECRET, label="a"),
        derive(SECRET, label="b"),
        derive(SECRET, label="a", length=33)[:32],
        derive(SECRET, label="a", context=b"b"),
        derive(SECRET, label="ab"),
        derive(KEY, label="a"),
    ]
    assert len(set(outputs)) == len(outputs)


@pytest.mark.parametrize("label", ["", "Upper", "with space", "a" * 65, "é", "new\nline"])
def test_derive_with_a_label_outside_the_alphabet_is_refused(label: str) -> None:
    with pytest.raises(ValueError, match="label"):
        derive(SECRET, label=label)


def test_derive_from_something_short_is_refused() -> None:
    with pytest.raises(ValueError, match="short"):
        derive(b"passphrase", label="a")


@given(st.integers(0, 2**45))
def test_padme_is_that_of_the_paper(n: int) -> None:
    padded = padme(n)
    assert padded == forge.padme(n)
    assert n <= padded <= n + n * 12 // 100
    assert padme(padded) == padded


def test_padme_never_falls() -> None:
    padded = [padme(n) for n in range(70_000)]
    assert padded == sorted(padded)
    assert padded[:2] == [0, 1]
    with pytest.raises(ValueError, match="negative"):
        padme(-1)


def test_stretch_depends_on_passphrase_salt_and_host_key() -> None:
    salt, host_key = bytes(16), bytes(32)
    keys = {
        stretch("长江 2026", salt=salt, host_key=host_key),
        stretch("长江 2027", salt=salt, host_key=host_key),
        stretch("长江 2026", salt=b"\x01" + salt[1:], host_key=host_key),
        stretch("长江 2026", salt=salt, host_key=b"\x01" + host_key[1:]),
    }
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 4
    assert stretch("长江\u3000２０２６", salt=salt, host_key=host_key) in keys
    assert stretch("\ud800", salt=salt, host_key=host_key) not in keys
    for wrong in ({"salt": bytes(15)}, {"host_key": b""}):
        with pytest.raises(ValueError, match="16 bytes"):
            stretch("x", **({"salt": salt, "host_key": host_key} | wrong))


@given(plaintext=st.binary(max_size=3000), context=st.binary(max_size=60), at_least=st.integers(0, 2000))
@settings(deadline=None)
def test_small_box_comes_back(plaintext: bytes, context: bytes, at_least: int) -> None:
    sealed = seal_small(plaintext, key=KEY, context=context, at_least=at_least)
    assert open_small(sealed, key=KEY, context=context) == plaintext
    assert len(sealed) == 35 + padme(max(len(plaintext) + 4, at_least))


def test_small_boxes_of_the_same_value_share_no_nonce() -> None:
    nonces = {seal_small(b"x", key=KEY, context=CONTEXT)[7:19] for _ in range(200)}
    assert len(nonces) == 200


def test_small_box_at_the_largest_size_comes_back_and_above_is_refused() -> None:
    largest = bytes(1 << 20)
    assert open_small(seal_small(largest, key=KEY, context=b""), key=KEY, context=b"") == largest
    with pytest.raises(ValueError, match="1 MiB"):
        seal_small(largest + b"\x00", key=KEY, context=b"")
    with pytest.raises(ValueError, match="1 MiB"):
        seal_small(b"", key=KEY, context=b"", at_least=(1 << 20) + 1)


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_small_box_with_a_key_of_another_length_is_refused(length: int) -> None:
    sealed = seal_small(b"x", key=KEY, context=b"")
    with pytest.raises(ValueError, match="32 bytes"):
        seal_small(b"x", key=bytes(length), context=b"")
    with pytest.raises(ValueError, match="32 bytes"):
        open_small(sealed, key=bytes(length), context=b"")


def test_small_box_with_any_bit_flipped_or_byte_cut_is_refused() -> None:
    sealed = seal_small(b"twelve bytes", key=KEY, context=CONTEXT)
    assert open_small(sealed, key=KEY, context=CONTEXT) == b"twelve bytes"
    wrong = [sealed[:n] for n in range(len(sealed))] + [sealed + b"\x00"]
    for bit in range(len(sealed) * 8):
        flipped = bytearray(sealed)
        flipped[bit // 8] ^= 1 << bit % 8
        wrong.append(bytes(flipped))
    for sealed_wrong in wrong:
        with pytest.raises(Tampered):
            open_small(sealed_wrong, key=KEY, context=CONTEXT)


def test_small_box_for_another_row_or_key_is_refused() -> None:
    sealed = seal_small(b"x", key=KEY, context=CONTEXT)
    for key, context in ((SECRET, CONTEXT), (KEY, b"row 8"), (KEY, b"")):
        with pytest.raises(Tampered):
            open_small(sealed, key=key, context=context)


def test_small_box_with_a_nonce_of_another_length_is_refused() -> None:
    for length in (0, 8, 16):
        with pytest.raises(ValueError, match="12 bytes"):
            seal_small(b"x", key=KEY, context=b"", nonce=bytes(length))


def forged_box(payload: bytes, *, floor: int) -> bytes:
    """A box with the right tag over whatever payload."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header = b"\x01\x00\x01" + floor.to_bytes(4, "big")
    aad = forge.labelled("small", header, CONTEXT)
    return header + bytes(12) + AESGCM(KEY).encrypt(bytes(12), payload, aad)


def test_small_box_with_a_payload_that_is_not_canonical_is_refused() -> None:
    good = b"abc" + bytes(9) + b"\x00\x00\x00\x03"
    assert open_small(forged_box(good, floor=16), key=KEY, context=CONTEXT) == b"abc"
    wrong = {
        "padding not zero": (b"abc" + b"\x01" + good[4:], 16),
        "longer than needed": (b"abc" + bytes(25) + b"\x00\x00\x00\x03", 16),
        "below the floor": (good, 18),
        "no padded length": (b"abc" + bytes(10) + b"\x00\x00\x00\x03", 17),
        "length beyond the payload": (good[:-4] + b"\x00\x00\x00\x0d", 16),
        "length of gigabytes": (good[:-4] + b"\xff\xff\xff\xff", 16),
    }
    for payload, floor in wrong.values():
        with pytest.raises(Tampered):
            open_small(forged_box(payload, floor=floor), key=KEY, context=CONTEXT)


@given(st.binary(max_size=200))
def test_small_box_of_any_bytes_only_ever_raises_tampered(noise: bytes) -> None:
    for sealed in (noise, b"\x01\x00\x01" + noise):
        with pytest.raises(Tampered):
            open_small(sealed, key=KEY, context=CONTEXT)
