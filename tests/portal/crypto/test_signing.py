"""Signatures, key statements and the chain from the office root. FORMAT.md §8."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from portal.crypto.bundles import StaffKeys
from portal.crypto.chain import (
    ISSUES,
    PUBLIC_BYTES_OF,
    SignedStatement,
    recipient_of,
    staff_holder,
    verify_chain,
    verify_key_of,
)
from portal.crypto.recipients import PrivateKey
from portal.crypto.signing import KeyStatement, SigningKey, VerifyKey, sign_statement, verify_statement
from portal.errors import Tampered, UnsignedKey

ROOT = SigningKey.from_bytes(bytes(range(32)))
ISSUER = SigningKey.from_bytes(bytes(range(32, 64)))
STAFF = StaffKeys(recipient=PrivateKey.from_bytes(bytes(range(96))), signing=ISSUER)
PUBLIC = STAFF.recipient.public()
DAY = date(2026, 3, 2)
LATER = date(2026, 6, 1)

PUBLICS = {1216: PUBLIC.to_bytes(), 1248: STAFF.public_bytes(), 32: ISSUER.verify_key().to_bytes()}


def statement_for(purpose: str, **fields: object) -> KeyStatement:
    base = KeyStatement(
        key_id=uuid.UUID(int=5, version=4),
        purpose=purpose,
        holder="王主任:desk" if purpose == "staff" else "王主任",
        generation=2,
        not_before=DAY,
        not_after=LATER,
        public=PUBLICS[PUBLIC_BYTES_OF.get(purpose, 1216)],
    )
    return replace(base, **fields)  # type: ignore[arg-type]  # fields of one dataclass, by name


def signed(statement: KeyStatement, *, by: SigningKey = ROOT) -> SignedStatement:
    return SignedStatement(statement=statement, signature=sign_statement(statement, signer=by))


def refusal_of(
    *links: SignedStatement, purpose: str, on: date = DAY, root: SigningKey = ROOT, holder: str = "王主任"
) -> str:
    with pytest.raises(UnsignedKey) as caught:
        verify_chain(links, root=root.verify_key(), purpose=purpose, holder=holder, on=on)
    return caught.value.why


# --- signatures --------------------------------------------------------------------------------------------


def test_signature_verifies_for_its_message_purpose_and_key_alone() -> None:
    signature = ROOT.sign(b"head")
    ROOT.verify_key().verify(b"head", signature)
    key = VerifyKey.from_bytes(ROOT.verify_key().to_bytes())
    assert key == ROOT.verify_key()
    wrong = [
        (key, b"heads", signature, "message"),
        (key, b"head", signature, "other"),
        (key, b"head", signature[:-1], "message"),
        (key, b"head", signature + b"\x00", "message"),
        (key, b"head", b"", "message"),
        (ISSUER.verify_key(), b"head", signature, "message"),
    ]
    for verify_key, message, other, purpose in wrong:
        with pytest.raises(Tampered):
            verify_key.verify(message, other, purpose=purpose)


def test_signature_with_any_bit_flipped_is_refused() -> None:
    signature = ROOT.sign(b"head")
    for bit in range(512):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            ROOT.verify_key().verify(b"head", bytes(flipped))


def test_signing_keys_by_their_bytes_come_back() -> None:
    generated = SigningKey.generate()
    assert SigningKey.from_bytes(generated.to_bytes()) == generated != SigningKey.generate()
    assert len({generated, SigningKey.from_bytes(generated.to_bytes())}) == 1
    for length in (0, 31, 33, 64):
        for read in (SigningKey.from_bytes, VerifyKey.from_bytes):
            with pytest.raises(Tampered):
                read(bytes(length))


# --- statements --------------------------------------------------------------------------------------------


def test_statement_with_any_field_changed_is_not_what_was_signed() -> None:
    statement = statement_for("desk")
    signature = sign_statement(statement, signer=ROOT)
    verify_statement(statement, signature, signer=ROOT.verify_key())
    changed = [
        replace(statement, key_id=uuid.UUID(int=6, version=4)),
        replace(statement, purpose="director"),
        replace(statement, holder="王主"),
        replace(statement, generation=3),
        replace(statement, not_before=DAY - timedelta(days=1)),
        replace(statement, not_after=LATER + timedelta(days=1)),
        replace(statement, not_after=None),
        replace(statement, public=PrivateKey.generate().public().to_bytes()),
        replace(statement, purpose="des", holder="k王主任"),
    ]
    assert len({other.encode() for other in changed} | {statement.encode()}) == len(changed) + 1
    for other in changed:
        with pytest.raises(UnsignedKey):
            verify_statement(other, signature, signer=ROOT.verify_key())
    with pytest.raises(UnsignedKey):
        verify_statement(statement, signature, signer=ISSUER.verify_key())


def test_bare_message_that_looks_like_a_statement_vouches_for_nothing() -> None:
    statement = statement_for("desk")
    signature = ROOT.sign(statement.encode())
    with pytest.raises(UnsignedKey):
        verify_statement(statement, signature, signer=ROOT.verify_key())


def test_statement_that_has_no_encoding_is_refused() -> None:
    for fields in ({"holder": "王" * 86}, {"generation": -1}, {"generation": 2**32}):
        with pytest.raises(ValueError, match="holder"):
            statement_for("desk", **fields).encode()
    assert statement_for("desk", holder="王" * 85, generation=2**32 - 1).encode()


# --- chains ------------------------------------------------------------------------------------------------


def test_chain_of_root_and_issuers_holds_exactly_where_the_table_says() -> None:
    held = set()
    for issuer, purpose in product(ISSUES, PUBLIC_BYTES_OF):
        leaf = statement_for(purpose)
        links = (
            [signed(leaf)] if issuer == "root" else [signed(statement_for(issuer)), signed(leaf, by=ISSUER)]
        )
        try:
            assert (
                verify_chain(links, root=ROOT.verify_key(), purpose=purpose, holder="王主任", on=DAY) == leaf
            )
            held.add((issuer, purpose))
        except UnsignedKey:
            pass
    assert held == {
        *(
            ("root", p)
            for p in ("desk", "alternate", "director", "recovery", "staff", "cleaner-issuer", "unit", "voice")
        ),
        ("staff", "case"),
        ("cleaner-issuer", "cleaner"),
    }


def test_chain_with_a_swapped_key_is_refused() -> None:
    desk = signed(statement_for("desk"))
    swapped = replace(
        desk, statement=replace(desk.statement, public=PrivateKey.generate().public().to_bytes())
    )
    assert refusal_of(swapped, purpose="desk") == "signature"
    assert refusal_of(signed(statement_for("desk"), by=ISSUER), purpose="desk") == "signature"
    assert refusal_of(desk, purpose="desk", root=ISSUER) == "signature"


def test_chain_for_another_purpose_is_refused() -> None:
    assert refusal_of(signed(statement_for("director")), purpose="desk") == "purpose"
    assert refusal_of(signed(statement_for("invented")), purpose="invented") == "issuer"
    assert refusal_of(signed(statement_for("root")), purpose="root") == "issuer"


def test_chain_of_another_holder_is_refused() -> None:
    for purpose in ("desk", "unit", "staff", "case"):
        links = [signed(statement_for(purpose))]
        if purpose == "case":
            links = [signed(statement_for("staff")), signed(statement_for("case"), by=ISSUER)]
        for holder in ("", "王主", "王主任:desk", "王主任:", "王主任,"):
            assert refusal_of(*links, purpose=purpose, holder=holder) == "holder"
    # Only the holder of a staff key is followed by a right; anywhere else a colon is a letter like others.
    assert refusal_of(signed(statement_for("unit", holder="王主任:desk")), purpose="unit") == "holder"


def test_case_key_signed_by_staff_without_a_desk_is_refused() -> None:
    case = signed(statement_for("case"), by=ISSUER)
    for holder in ("王主任", "王主任:", "王主任:case", "王主任:desk:", "desk", ":"):
        assert refusal_of(signed(statement_for("staff", holder=holder)), case, purpose="case") == "issuer"
    for desk in ("desk", "alternate"):
        issuer = signed(statement_for("staff", holder=staff_holder("王主任", desk=desk)))
        links = [issuer, case]
        verify_chain(links, root=ROOT.verify_key(), purpose="case", holder="王主任", on=DAY)
    assert staff_holder("王主任", desk=None) == "王主任"
    with pytest.raises(ValueError, match="desk"):
        staff_holder("王主任", desk="director")


def test_chain_outside_its_dates_is_refused() -> None:
    desk = signed(statement_for("desk"))
    for on in (DAY, LATER):
        verify_chain([desk], root=ROOT.verify_key(), purpose="desk", holder="王主任", on=on)
    for on in (DAY - timedelta(days=1), LATER + timedelta(days=1)):
        assert refusal_of(desk, purpose="desk", on=on) == "dates"
    endless = signed(statement_for("desk", not_after=None))
    verify_chain([endless], root=ROOT.verify_key(), purpose="desk", holder="王主任", on=date(2099, 1, 1))


def test_chain_whose_issuer_was_not_in_force_when_it_signed_is_refused() -> None:
    case = signed(statement_for("case", not_after=None), by=ISSUER)
    staff = statement_for("staff")
    later = LATER + timedelta(days=9)
    verify_chain([signed(staff), case], root=ROOT.verify_key(), purpose="case", holder="王主任", on=later)
    too_early = signed(replace(staff, not_before=DAY + timedelta(days=1)))
    too_late = signed(replace(staff, not_before=date(2025, 1, 1), not_after=DAY - timedelta(days=1)))
    for link in (too_early, too_late):
        assert refusal_of(link, case, purpose="case") == "issuer dates"


def test_chain_by_an_issuer_the_root_does_not_know_is_refused() -> None:
    case = signed(statement_for("case"), by=ISSUER)
    self_made = signed(statement_for("staff"), by=ISSUER)
    assert refusal_of(self_made, case, purpose="case") == "signature"
    other = signed(statement_for("staff", public=StaffKeys.generate().public_bytes()))
    assert refusal_of(other, case, purpose="case") == "signature"
    assert refusal_of(signed(statement_for("desk")), case, purpose="case") == "issuer"
    cleaner = signed(statement_for("cleaner", not_after=DAY), by=ISSUER)
    assert refusal_of(signed(statement_for("desk")), cleaner, purpose="cleaner") == "no verify key"


def test_chain_of_no_or_three_links_is_refused() -> None:
    assert refusal_of(purpose="desk") == "chain length"
    staff = signed(statement_for("staff"))
    assert refusal_of(staff, staff, signed(statement_for("case")), purpose="case") == "chain length"
    assert refusal_of(staff, staff, purpose="staff") == "issuer"


def test_chain_with_a_public_key_of_another_length_is_refused() -> None:
    for purpose, length in PUBLIC_BYTES_OF.items():
        wrong = statement_for(purpose, public=PUBLICS[length] + b"\x00")
        assert refusal_of(signed(wrong), purpose=purpose) in ("public length", "issuer")


def test_cleaner_key_without_an_end_is_refused() -> None:
    issuer = signed(statement_for("cleaner-issuer"))
    verify_chain(
        [issuer, signed(statement_for("cleaner", not_after=DAY), by=ISSUER)],
        root=ROOT.verify_key(),
        purpose="cleaner",
        holder="王主任",
        on=DAY,
    )
    endless = signed(statement_for("cleaner", not_after=None), by=ISSUER)
    assert refusal_of(issuer, endless, purpose="cleaner") == "dates"


def test_keys_inside_a_statement_are_found_by_purpose() -> None:
    assert recipient_of(statement_for("desk")) == PUBLIC
    assert recipient_of(statement_for("staff")) == PUBLIC
    assert verify_key_of(statement_for("staff")) == ISSUER.verify_key()
    assert verify_key_of(statement_for("cleaner-issuer")) == ISSUER.verify_key()
    assert verify_key_of(statement_for("voice")) == ISSUER.verify_key()
    for purpose in ("desk", "case", "cleaner", "root", "invented"):
        with pytest.raises(UnsignedKey):
            verify_key_of(statement_for(purpose))
    for public in (PUBLICS[32], bytes(1215), PUBLICS[1216][:1184] + bytes(32)):
        with pytest.raises(UnsignedKey):
            recipient_of(statement_for("desk", public=public))
