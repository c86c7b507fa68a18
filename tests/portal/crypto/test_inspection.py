"""Inspection codes: their text, what a mistyped one does, and boxes that open for their own code alone."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.crypto.inspection import CHARACTERS, InspectionCode, SignedInspection
from portal.crypto.receipt import ALPHABET, Receipt
from portal.crypto.signing import SigningKey
from portal.errors import MistypedCode, MistypedReceipt, Tampered

codes = st.binary(min_size=CHARACTERS - 1, max_size=CHARACTERS - 1).map(
    lambda chosen: InspectionCode.generate(lambda _count: chosen)
)
VOICE, VOICE_ID = SigningKey.from_bytes(bytes(range(32))), uuid.UUID(int=7)
SAID = {"number": "2026-0012", "issued": "2026-03-02"}


@given(codes)
def test_text_is_read_back_however_it_is_typed(code: InspectionCode) -> None:
    assert len(code.text) == 19
    for typed in (code.text, code.text.lower(), code.text.replace("-", " "), f"督查码：{code.text}"):
        assert InspectionCode.parse(typed) == code


@given(codes, st.integers(0, CHARACTERS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_letter_is_noticed(code: InspectionCode, place: int, letter: str) -> None:
    letters = code.text.replace("-", "")
    wrong = letters[:place] + letter + letters[place + 1 :]
    if wrong == letters:
        assert InspectionCode.parse(wrong) == code
    else:
        with pytest.raises(MistypedCode):
            InspectionCode.parse(wrong)


def test_receipt_is_no_code_and_a_code_is_no_receipt() -> None:
    receipt = Receipt.from_secrets(bytes(32), bytes(range(32)))
    with pytest.raises(MistypedCode):
        InspectionCode.parse(receipt.text)
    with pytest.raises(MistypedReceipt):
        Receipt.parse(InspectionCode.generate(bytes).text)
    for nonsense in ("", "U" * 16, "0" * 16, "x" * 500):
        with pytest.raises(MistypedCode):
            InspectionCode.parse(nonsense)


def test_code_of_a_given_chance_is_this_one() -> None:
    code = InspectionCode.generate(lambda count: bytes(range(count)))
    assert code.text == "0123-4567-89AB-CDEE"
    assert code.lookup_id != code.box_key
    assert "0123" not in repr(code)


def test_box_opens_and_verifies_for_its_own_code_alone() -> None:
    code = InspectionCode.generate(lambda count: bytes(range(count)))
    other = InspectionCode.generate(lambda count: bytes(range(1, count + 1)))
    signed = SignedInspection.sign(SAID, code=code, voice_key_id=VOICE_ID, voice=VOICE)
    box = signed.seal(code)
    assert b"2026-0012" not in box
    opened = SignedInspection.open(box, code=code)
    assert opened == signed
    opened.verify(code=code, voice=VOICE.verify_key())
    with pytest.raises(Tampered):
        SignedInspection.open(box, code=other)
    with pytest.raises(Tampered):
        opened.verify(code=other, voice=VOICE.verify_key())
    with pytest.raises(Tampered):
        opened.verify(code=code, voice=SigningKey.generate().verify_key())
    with pytest.raises(Tampered):
        replace(opened, said={**SAID, "number": "2026-0013"}).verify(code=code, voice=VOICE.verify_key())
    with pytest.raises(Tampered):
        replace(opened, voice_key_id=uuid.UUID(int=8)).verify(code=code, voice=VOICE.verify_key())
    with pytest.raises(Tampered):
        SignedInspection.open(box[:-1] + bytes([box[-1] ^ 1]), code=code)


def test_boxes_of_short_and_long_inspections_have_one_size() -> None:
    code = InspectionCode.generate(bytes)
    sizes = {
        len(
            SignedInspection.sign(
                {**SAID, "scope": "x" * length}, code=code, voice_key_id=VOICE_ID, voice=VOICE
            ).seal(code)
        )
        for length in (0, 200, 900)
    }
    assert len(sizes) == 1
