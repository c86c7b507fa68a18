"""Recipient keys: only good ones load, and each ciphertext opens in its one place. FORMAT.md §6, §7."""

from __future__ import annotations

import hashlib
import hmac
import random
import uuid
from collections.abc import Callable

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.crypto.recipients import (
    OVERHEAD_BYTES,
    PrivateKey,
    PublicKey,
    info_for,
    open_file_key,
    seal_file_key,
    unwrap_private_key,
    wrap_private_key,
)
from portal.errors import Tampered

FIELD = 2**255 - 19
OBJECT, KEY_ID, OTHER_ID = (uuid.UUID(int=n, version=4) for n in (1, 2, 3))
PRIVATE = PrivateKey.from_bytes(bytes(range(96)))
FILE_KEY = bytes(range(100, 132))
LOW_ORDER = [
    0,
    1,
    FIELD - 1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
]


def with_point(coordinate: int) -> bytes:
    return PRIVATE.public().to_bytes()[:1184] + coordinate.to_bytes(32, "little")


def opened_by_hand(sealed: bytes, *, private: PrivateKey, info: bytes) -> bytes:
    """HPKE base mode with X-Wing, from its parts: ML-KEM, X25519, SHA3, HMAC. FORMAT.md §6, RFC 9180 §5.1."""
    encoded, point = private.to_bytes(), private.public().to_bytes()[1184:]
    share = sealed[1088:1120]
    ml_kem = MLKEM768PrivateKey.from_seed_bytes(encoded[:64]).decapsulate(sealed[:1088])
    exchanged = X25519PrivateKey.from_private_bytes(encoded[64:]).exchange(
        X25519PublicKey.from_public_bytes(share)
    )
    shared = hashlib.sha3_256(ml_kem + exchanged + share + point + bytes.fromhex("5c2e2f2f5e5c")).digest()
    suite = b"HPKE" + bytes.fromhex("647a00010002")

    def extract(label: bytes, secret: bytes, salt: bytes = bytes(32)) -> bytes:
        return hmac.digest(salt, b"HPKE-v1" + suite + label + secret, "sha256")

    context = b"\x00" + extract(b"psk_id_hash", b"") + extract(b"info_hash", info)
    secret = extract(b"secret", b"", salt=shared)

    def expand(label: bytes, length: int) -> bytes:
        labelled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + context
        return hmac.digest(secret, labelled + b"\x01", "sha256")[:length]

    return AESGCM(expand(b"key", 32)).decrypt(expand(b"base_nonce", 12), sealed[1120:], None)


def test_ciphertext_is_that_of_x_wing_in_rfc_9180() -> None:
    for plaintext in (b"", FILE_KEY, bytes(10_000)):
        sealed = PRIVATE.public().seal(plaintext, info=b"info")
        assert opened_by_hand(sealed, private=PRIVATE, info=b"info") == plaintext
        with pytest.raises(InvalidTag):
            opened_by_hand(sealed, private=PRIVATE, info=b"other")


@given(st.binary(max_size=500), st.binary(max_size=200))
@settings(deadline=None, max_examples=30)
def test_what_is_sealed_to_a_key_opens_with_it(plaintext: bytes, info: bytes) -> None:
    sealed = PRIVATE.public().seal(plaintext, info=info)
    assert len(sealed) == len(plaintext) + OVERHEAD_BYTES
    assert PRIVATE.open(sealed, info=info) == plaintext
    with pytest.raises(Tampered):
        PRIVATE.open(sealed, info=info + b"\x00")


def test_keys_by_their_bytes_come_back() -> None:
    generated = PrivateKey.generate()
    assert PrivateKey.from_bytes(generated.to_bytes()) == generated != PrivateKey.generate()
    assert len(generated.to_bytes()) == 96
    public = generated.public()
    assert PublicKey.from_bytes(public.to_bytes()) == public
    assert len(public.to_bytes()) == 1216
    assert len({public, PublicKey.from_bytes(public.to_bytes()), PRIVATE.public()}) == 2
    assert len({public.fingerprint(), PRIVATE.public().fingerprint()}) == 2


@pytest.mark.parametrize("length", [0, 32, 64, 95, 97, 1184, 1215, 1217])
def test_keys_of_another_length_are_refused(length: int) -> None:
    for read in (PrivateKey.from_bytes, PublicKey.from_bytes):
        with pytest.raises(Tampered):
            read(bytes(length))


def test_low_order_points_are_those_without_a_shared_secret() -> None:
    someone = X25519PrivateKey.from_private_bytes(bytes(range(32)))
    for coordinate in LOW_ORDER:
        point = X25519PublicKey.from_public_bytes(coordinate.to_bytes(32, "little"))
        with pytest.raises(ValueError, match="shared key"):
            someone.exchange(point)


@pytest.mark.parametrize(
    "coordinate", [*LOW_ORDER, FIELD, FIELD + 1, FIELD + 9, 2**255 - 1, 9 + 2**255, 2**256 - 1]
)
def test_public_key_with_a_point_of_low_order_or_unreduced_is_refused(coordinate: int) -> None:
    assert PublicKey.from_bytes(with_point(9)).to_bytes() == with_point(9)
    with pytest.raises(Tampered):
        PublicKey.from_bytes(with_point(coordinate))


def test_public_key_with_an_unreduced_lattice_half_is_refused() -> None:
    encoded = PRIVATE.public().to_bytes()
    with pytest.raises(Tampered):
        PublicKey.from_bytes(b"\xff" * 1152 + encoded[1152:])


def test_sealed_file_key_with_any_byte_changed_or_cut_is_refused() -> None:
    sealed = seal_file_key(FILE_KEY, to=PRIVATE.public(), recipient_key_id=KEY_ID, object_id=OBJECT)
    assert len(sealed) == 1168

    def opened(body: bytes) -> bytes:
        return open_file_key(body, private=PRIVATE, recipient_key_id=KEY_ID, object_id=OBJECT)

    assert opened(sealed) == FILE_KEY
    chance = random.Random(3)
    for place in range(len(sealed)):
        flipped = bytearray(sealed)
        flipped[place] ^= 1 << chance.randrange(8)
        with pytest.raises(Tampered):
            opened(bytes(flipped))
    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            opened(sealed[:length])
    with pytest.raises(Tampered):
        opened(sealed + b"\x00")


def test_ciphertext_with_a_low_order_share_is_refused() -> None:
    sealed = PRIVATE.public().seal(b"x", info=b"")
    for coordinate in LOW_ORDER:
        with pytest.raises(Tampered):
            PRIVATE.open(sealed[:1088] + coordinate.to_bytes(32, "little") + sealed[1120:], info=b"")


def test_sealed_file_key_in_another_place_is_refused() -> None:
    sealed = seal_file_key(FILE_KEY, to=PRIVATE.public(), recipient_key_id=KEY_ID, object_id=OBJECT)
    other = PrivateKey.generate()
    attempts: list[Callable[[], object]] = [
        lambda: open_file_key(sealed, private=PRIVATE, recipient_key_id=KEY_ID, object_id=OTHER_ID),
        lambda: open_file_key(sealed, private=PRIVATE, recipient_key_id=OTHER_ID, object_id=OBJECT),
        lambda: open_file_key(sealed, private=PRIVATE, recipient_key_id=OBJECT, object_id=KEY_ID),
        lambda: open_file_key(sealed, private=other, recipient_key_id=KEY_ID, object_id=OBJECT),
        lambda: unwrap_private_key(sealed, holder=PRIVATE, key_id=OBJECT, holder_key_id=KEY_ID),
    ]
    for attempt in attempts:
        with pytest.raises(Tampered):
            attempt()


def test_sealed_file_key_whose_plaintext_is_of_another_length_is_refused() -> None:
    info = info_for("file-key", object_id=OBJECT, recipient_key_id=KEY_ID)
    for length in (0, 31, 33, 64):
        sealed = PRIVATE.public().seal(bytes(length), info=info)
        with pytest.raises(Tampered):
            open_file_key(sealed, private=PRIVATE, recipient_key_id=KEY_ID, object_id=OBJECT)
    with pytest.raises(ValueError, match="32 bytes"):
        seal_file_key(bytes(31), to=PRIVATE.public(), recipient_key_id=KEY_ID, object_id=OBJECT)


def test_wrapped_private_key_unwraps_for_its_holder_alone() -> None:
    wrapped, holder = PrivateKey.generate(), PRIVATE
    sealed = wrap_private_key(wrapped, to=holder.public(), key_id=KEY_ID, holder_key_id=OTHER_ID)
    assert len(sealed) == 1232
    assert unwrap_private_key(sealed, holder=holder, key_id=KEY_ID, holder_key_id=OTHER_ID) == wrapped
    for holder_key, key_id, holder_key_id in (
        (wrapped, KEY_ID, OTHER_ID),
        (holder, OBJECT, OTHER_ID),
        (holder, KEY_ID, OBJECT),
    ):
        with pytest.raises(Tampered):
            unwrap_private_key(sealed, holder=holder_key, key_id=key_id, holder_key_id=holder_key_id)


@given(st.binary(max_size=1300))
@settings(deadline=None, max_examples=60)
def test_bytes_of_any_kind_only_ever_raise_tampered(noise: bytes) -> None:
    with pytest.raises(Tampered):
        PRIVATE.open(noise, info=b"")
