"""Receipts: forgiving to type, certain to notice a slip. FORMAT.md §9."""

from __future__ import annotations

import math
import random
import traceback
from itertools import combinations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.crypto.receipt import ALPHABET, CHARACTERS, Receipt, weighted_sum
from portal.errors import MistypedReceipt, MistypeReason

VALUES = st.lists(st.integers(0, 31), min_size=CHARACTERS, max_size=CHARACTERS)


def receipts(count: int) -> list[Receipt]:
    chance = random.Random(24)
    return [Receipt.from_secrets(chance.randbytes(32), chance.randbytes(32)) for _ in range(count)]


def mistake_in(text: str) -> MistypedReceipt:
    with pytest.raises(MistypedReceipt) as caught:
        Receipt.parse(text)
    return caught.value


# --- the check character, proved ---------------------------------------------------------------------------


@given(left=VALUES, right=VALUES)
def test_weighted_sum_is_linear(left: list[int], right: list[int]) -> None:
    both = [a ^ b for a, b in zip(left, right, strict=True)]
    assert weighted_sum(both) == weighted_sum(left) ^ weighted_sum(right)


def test_weighted_sum_by_any_one_change_is_changed() -> None:
    """With linearity: no receipt at all stays valid when any one character becomes any other."""
    for place in range(CHARACTERS):
        for change in range(1, 32):
            values = [0] * CHARACTERS
            values[place] = change
            assert weighted_sum(values) != 0


def test_weighted_sum_by_any_exchange_is_changed() -> None:
    """With linearity: no receipt stays valid when two different characters change places, neighbours or not.

    Exchanging a and b adds a ^ b at both places.
    """
    for first, second in combinations(range(CHARACTERS), 2):
        for difference in range(1, 32):
            values = [0] * CHARACTERS
            values[first] = values[second] = difference
            assert weighted_sum(values) != 0


def test_receipt_with_any_one_character_mistyped_is_refused() -> None:
    for receipt in receipts(8):
        text = receipt.text.replace("-", "")
        assert Receipt.parse(text) == receipt
        for place in range(CHARACTERS):
            for other in ALPHABET.replace(text[place], ""):
                mistake = mistake_in(text[:place] + other + text[place + 1 :])
                assert mistake.reason is MistypeReason.CHECK


def test_receipt_with_any_two_characters_exchanged_is_refused() -> None:
    exchanged_neighbours = 0
    for receipt in receipts(8):
        text = receipt.text.replace("-", "")
        for first, second in combinations(range(CHARACTERS), 2):
            if text[first] == text[second]:
                continue
            exchanged_neighbours += second == first + 1
            characters = list(text)
            characters[first], characters[second] = characters[second], characters[first]
            assert mistake_in("".join(characters)).reason is MistypeReason.CHECK
    assert exchanged_neighbours > 150


# --- reading what was typed --------------------------------------------------------------------------------


SEPARATORS = list(" -–—‐−_.·ー*　－﹣一、，。/|：'!@\t\n\r\u00a0\u200b\ufeff\u2028")


@given(secret=st.binary(min_size=64, max_size=64), noise=st.data())
@settings(deadline=None)
def test_receipt_typed_in_any_forgiven_way_is_read(secret: bytes, noise: st.DataObject) -> None:
    receipt = Receipt.from_secrets(secret[:32], secret[32:])
    typed = ""
    for character in receipt.text.replace("-", ""):
        ways = [
            character,
            character.lower(),
            chr(ord(character) + 0xFEE0),
            chr(ord(character.lower()) + 0xFEE0),
        ]
        ways += {"1": list("IiLlＩｉＬｌ"), "0": list("OoＯｏ")}.get(character, [])
        typed += noise.draw(st.sampled_from(ways)) + noise.draw(st.sampled_from(["", "", *SEPARATORS]))
    assert Receipt.parse(typed) == receipt
    assert Receipt.parse(typed).text == receipt.text


def test_receipt_with_the_wrong_number_of_characters_says_how_many() -> None:
    text = receipts(1)[0].text
    for typed, characters in (("", 0), ("  - ", 0), (text[:-1], 23), (text + "0", 25), (text + text, 48)):
        mistake = mistake_in(typed)
        assert (mistake.reason, mistake.characters) == (MistypeReason.LENGTH, characters)


@pytest.mark.parametrize("stranger", [*"UuÉѕΑ०٠", "\x00\x00U"])
def test_receipt_with_a_character_of_no_receipt_is_refused(stranger: str) -> None:
    text = receipts(1)[0].text.replace("-", "")
    assert mistake_in(stranger + text[1:]).reason is MistypeReason.ALPHABET


@pytest.mark.parametrize("stranger", [*"!@线一'，。", "\ud800"])
def test_sign_in_the_place_of_a_character_is_counted_as_missing(stranger: str) -> None:
    text = receipts(1)[0].text.replace("-", "")
    mistake = mistake_in(stranger + text[1:])
    assert (mistake.reason, mistake.characters) == (MistypeReason.LENGTH, CHARACTERS - 1)


def test_receipt_is_read_out_of_the_line_it_was_copied_with() -> None:
    receipt = receipts(1)[0]
    assert Receipt.parse(f"查询码：{receipt.text.replace('-', '、')}。") == receipt


def test_receipt_of_enormous_length_is_refused_before_it_is_normalised() -> None:
    mistake = mistake_in("\ufdfa" * 10_000_000)
    assert (mistake.reason, mistake.characters) == (MistypeReason.LENGTH, 10_000_000)


def test_receipt_of_one_character_repeated_is_mostly_refused() -> None:
    valid = [c for c in ALPHABET if not _is_refused(c * CHARACTERS)]
    assert "0" not in valid
    assert len(valid) <= 1


def _is_refused(text: str) -> bool:
    try:
        Receipt.parse(text)
    except MistypedReceipt:
        return True
    return False


@given(st.text(max_size=60))
@example("０" * 24)
def test_text_of_any_kind_is_read_or_called_mistyped(text: str) -> None:
    if not _is_refused(text):
        assert Receipt.parse(Receipt.parse(text).text) == Receipt.parse(text)


def test_mistyped_receipt_does_not_carry_what_was_typed() -> None:
    text = receipts(1)[0].text
    typed = ("Z" if text[0] != "Z" else "Y") + text[1:]
    mistake = mistake_in(typed)
    shown = "".join(traceback.format_exception(mistake)) + repr(vars(mistake))
    assert "CHECK" in shown
    assert typed not in shown
    assert typed[5:9] not in shown
    assert mistake.__context__ is None


# --- what follows from a receipt ---------------------------------------------------------------------------


def test_receipt_from_the_same_secrets_is_the_same_and_from_others_another() -> None:
    form, cookie = bytes(range(32)), bytes(range(32, 64))
    receipt = Receipt.from_secrets(form, cookie)
    assert Receipt.from_secrets(form, cookie) == receipt
    assert len({receipt, Receipt.from_secrets(cookie, form), Receipt.from_secrets(form, form)}) == 3
    for wrong in ((b"", cookie), (form, b""), (form + b"\x00", cookie[1:])):
        with pytest.raises(ValueError, match="32 bytes"):
            Receipt.from_secrets(*wrong)


def test_receipt_text_is_six_groups_of_four_and_holds_115_bits() -> None:
    many = receipts(1600)
    assert all([len(group) for group in receipt.text.split("-")] == [4] * 6 for receipt in many)
    assert {"".join(receipt.text.split("-"))[i] for receipt in many for i in (0, 22, 23)} == set(ALPHABET)
    counts = [sum(receipt.text[0] == c for receipt in many) for c in ALPHABET]
    assert max(abs(n - 50) for n in counts) < 6 * math.sqrt(50)


def test_receipt_lookup_and_key_are_stable_and_unrelated() -> None:
    receipt, other = receipts(2)
    again = Receipt.parse(receipt.text)
    assert again.lookup_id == receipt.lookup_id != other.lookup_id
    assert len(receipt.lookup_id) == 32
    assert again.private_key() == receipt.private_key() != other.private_key()
    assert receipt.lookup_id not in receipt.private_key().to_bytes()
    sealed = receipt.private_key().public().seal("已办结".encode(), info=b"reply")
    assert again.private_key().open(sealed, info=b"reply") == "已办结".encode()
