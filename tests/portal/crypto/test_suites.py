"""Injective labels, and secrets that stay out of sight. FORMAT.md §1."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto.bundles import StaffKeys
from portal.crypto.compartments import halve_file_key
from portal.crypto.receipt import Receipt
from portal.crypto.recipients import PrivateKey
from portal.crypto.signing import SigningKey
from portal.crypto.suites import Secret, labelled

FIELDS = st.lists(st.binary(max_size=6), max_size=4)
DOMAINS = st.sampled_from(["hkdf", "hpke", "small", "signature", "key-statement"])


@given(left=st.tuples(DOMAINS, FIELDS), right=st.tuples(DOMAINS, FIELDS))
def test_labelled_of_different_fields_is_different(
    left: tuple[str, list[bytes]], right: tuple[str, list[bytes]]
) -> None:
    assert (labelled(left[0], *left[1]) == labelled(right[0], *right[1])) == (left == right)


@given(fields=FIELDS, place=st.integers(0, 24))
def test_labelled_with_a_boundary_moved_is_different(fields: list[bytes], place: int) -> None:
    joined = b"".join(fields)
    moved = [joined[: place % (len(joined) + 1)], joined[place % (len(joined) + 1) :]]
    assert (labelled("hkdf", *fields) == labelled("hkdf", *moved)) == (fields == moved)


SEED = bytes(range(200, 232))
SECRETS: list[tuple[Secret, list[bytes]]] = [
    (PrivateKey.from_bytes(SEED * 3), [SEED]),
    (SigningKey.from_bytes(SEED), [SEED]),
    (StaffKeys.from_bytes(SEED * 4), [SEED]),
    (halve_file_key(bytes(32), desk_half=SEED), [SEED]),
    (
        Receipt.from_secrets(SEED, SEED),
        [Receipt.from_secrets(SEED, SEED).text.encode(), Receipt.from_secrets(SEED, SEED).lookup_id],
    ),
]


@pytest.mark.parametrize(("secret", "hidden"), SECRETS, ids=lambda value: type(value).__name__)
def test_secret_in_any_text_shows_its_class_only(secret: Secret, hidden: list[bytes]) -> None:
    for shown in (repr(secret), str(secret), f"{secret}", f"{[secret]!r}"):
        assert shown.strip("[]") == f"<{type(secret).__name__} hidden>"
        for value in hidden:
            for form in (value.hex(), repr(value), repr(value)[2:10], value.decode("latin1")):
                assert form not in shown


@pytest.mark.parametrize("secret", [secret for secret, _ in SECRETS], ids=lambda value: type(value).__name__)
def test_secret_when_pickled_or_copied_is_refused(secret: Secret) -> None:
    for store in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="secret"):
            store(secret)


@pytest.mark.parametrize("secret", [secret for secret, _ in SECRETS], ids=lambda value: type(value).__name__)
def test_secret_has_no_dict_that_a_dumper_could_walk(secret: Secret) -> None:
    assert not hasattr(secret, "__dict__")
