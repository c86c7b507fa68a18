"""Staff keys at rest and in a session, drafts, digests, recovery. FORMAT.md §10, §12."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

from portal.crypto.bundles import (
    StaffKeys,
    digest_key,
    open_digest,
    open_session,
    open_staff_keys,
    recovery_key,
    seal_digest,
    seal_session,
    seal_staff_keys,
    session_lookup_id,
)
from portal.crypto.draft import content_tag, draft_id, draft_key, open_in_draft, seal_in_draft, spent_id
from portal.crypto.recipients import PrivateKey, unwrap_private_key, wrap_private_key
from portal.errors import Tampered

STAFF = StaffKeys.from_bytes(bytes(range(128)))
DESK = PrivateKey.from_bytes(bytes(range(96)))
ID, OTHER_ID = uuid.UUID(int=1, version=4), uuid.UUID(int=2, version=4)
HOST_KEY = bytes(range(50, 82))
TOKEN = bytes(range(60, 92))
FORM, COOKIE = bytes(range(70, 102)), bytes(range(80, 112))


def all_refused(attempts: list[Callable[[], object]]) -> bool:
    for attempt in attempts:
        with pytest.raises(Tampered):
            attempt()
    return True


def test_staff_keys_by_their_bytes_come_back() -> None:
    assert StaffKeys.from_bytes(STAFF.to_bytes()) == STAFF != StaffKeys.generate()
    assert len({STAFF, StaffKeys.from_bytes(STAFF.to_bytes())}) == 1
    assert len(STAFF.public_bytes()) == 1248
    assert all_refused([lambda: StaffKeys.from_bytes(bytes(127)), lambda: StaffKeys.from_bytes(bytes(129))])


def test_staff_keys_unlock_with_passphrase_host_key_and_row_alone() -> None:
    sealed = seal_staff_keys(STAFF, passphrase="青山绿水", host_key=HOST_KEY, staff_key_id=ID)
    again = seal_staff_keys(STAFF, passphrase="青山绿水", host_key=HOST_KEY, staff_key_id=ID)
    assert len(sealed) == len(again)
    assert sealed[1:17] != again[1:17]

    def unlock(
        body: bytes = sealed, *, word: str = "青山绿水", host: bytes = HOST_KEY, row: uuid.UUID = ID
    ) -> StaffKeys:
        return open_staff_keys(body, passphrase=word, host_key=host, staff_key_id=row)

    assert unlock() == STAFF
    assert all_refused(
        [
            lambda: unlock(word="青山绿树"),
            lambda: unlock(host=bytes(32)),
            lambda: unlock(row=OTHER_ID),
            lambda: unlock(b"\x02" + sealed[1:]),
            lambda: unlock(sealed[:1] + bytes(16) + sealed[17:]),
            lambda: unlock(sealed[:-1]),
            lambda: unlock(sealed[:17]),
            lambda: unlock(b""),
        ]
    )


def test_session_opens_with_its_token_and_person_alone() -> None:
    sealed = seal_session(STAFF, token=TOKEN, staff_key_id=ID)
    assert open_session(sealed, token=TOKEN, staff_key_id=ID) == STAFF
    other = bytes(32)
    assert all_refused(
        [
            lambda: open_session(sealed, token=other, staff_key_id=ID),
            lambda: open_session(sealed, token=TOKEN, staff_key_id=OTHER_ID),
            lambda: open_session(sealed[:-1], token=TOKEN, staff_key_id=ID),
        ]
    )
    assert session_lookup_id(TOKEN) != session_lookup_id(other)
    assert TOKEN not in session_lookup_id(TOKEN) + sealed
    for short in (b"", bytes(31)):
        with pytest.raises(ValueError, match="32 bytes"):
            session_lookup_id(short)


def test_digest_opens_with_its_desk_generation_and_tip_alone() -> None:
    key = digest_key(DESK, desk_key_id=ID)
    sealed = seal_digest("路灯坏了".encode(), key=key, tip_id=ID)
    assert open_digest(sealed, key=key, tip_id=ID) == "路灯坏了".encode()
    assert {len(seal_digest(bytes(n), key=key, tip_id=ID)) for n in (0, 1, 1020)} == {len(sealed)}
    assert len(seal_digest(bytes(1021), key=key, tip_id=ID)) > len(sealed)
    next_generation = digest_key(DESK, desk_key_id=OTHER_ID)
    assert key != next_generation != digest_key(PrivateKey.generate(), desk_key_id=OTHER_ID)
    assert all_refused(
        [
            lambda: open_digest(sealed, key=next_generation, tip_id=ID),
            lambda: open_digest(sealed, key=key, tip_id=OTHER_ID),
        ]
    )


def test_recovery_secret_gives_the_pair_that_unwraps_the_desk() -> None:
    recovery = recovery_key(FORM)
    assert recovery == recovery_key(FORM) != recovery_key(COOKIE)
    wrapped = wrap_private_key(DESK, to=recovery.public(), key_id=ID, holder_key_id=OTHER_ID)
    assert unwrap_private_key(wrapped, holder=recovery_key(FORM), key_id=ID, holder_key_id=OTHER_ID) == DESK
    with pytest.raises(ValueError, match="32 bytes"):
        recovery_key(bytes(16))


def test_draft_is_named_and_opened_by_form_and_cookie_together() -> None:
    named = draft_id(FORM, COOKIE)
    assert named == draft_id(FORM, COOKIE)
    assert len({named, draft_id(FORM, bytes(32)), draft_id(bytes(32), COOKIE), spent_id(FORM)}) == 4
    key = draft_key(FORM, COOKIE)
    assert len({key, draft_key(COOKIE, FORM), draft_key(FORM, FORM), named}) == 4
    sealed = seal_in_draft(b"1.jpg", key=key, draft=named, object_id=ID)
    assert open_in_draft(sealed, key=key, draft=named, object_id=ID) == b"1.jpg"
    longer = seal_in_draft(b"x" * 255, key=key, draft=named, object_id=ID)
    assert len(longer) == len(sealed)
    stranger = draft_key(FORM, bytes(32))
    tags = {content_tag(b"a", key=key), content_tag(b"b", key=key), content_tag(b"a", key=stranger)}
    assert content_tag(b"a", key=key) in tags
    assert len(tags) == 3
    assert all_refused(
        [
            lambda: open_in_draft(sealed, key=stranger, draft=named, object_id=ID),
            lambda: open_in_draft(sealed, key=key, draft=draft_id(COOKIE, FORM), object_id=ID),
            lambda: open_in_draft(sealed, key=key, draft=named, object_id=OTHER_ID),
        ]
    )
    for short in (b"", bytes(31)):
        with pytest.raises(ValueError, match="32 bytes"):
            spent_id(short)
        with pytest.raises(ValueError, match="32 bytes"):
            draft_id(FORM, short)
        with pytest.raises(ValueError, match="32 bytes"):
            draft_key(FORM, short)
