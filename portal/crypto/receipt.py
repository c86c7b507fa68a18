"""The receipt: the informant's only credential, forgiving to type and checked before any work.

Owns: the alphabet, the check character, what is forgiven, and what follows from a receipt. Must not know:
tips, the mailbox, whether a receipt exists. Source: FORMAT.md §9.
"""

from __future__ import annotations

import hmac
import unicodedata
from typing import Final

from portal.crypto.kdf import derive
from portal.crypto.recipients import PRIVATE_BYTES, PrivateKey
from portal.crypto.suites import KEY_BYTES, Secret, lp
from portal.errors import MistypedReceipt, MistypeReason

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS: Final = 24

_GROUP: Final = 4
_MAX_TYPED: Final = 200
_SECRET_BYTES: Final = 15
_CHECK_SUM: Final = 5
_VALUES: Final = {character: value for value, character in enumerate(ALPHABET)}
_FORGIVEN: Final = str.maketrans("abcdefghijklmnopqrstuvwxyzIiLlOo", "ABCDEFGHIJKLMNOPQRSTUVWXYZ111100")


def _times_alpha(value: int) -> int:
    """Multiply by x in GF(2)[x] / (x^5 + x^2 + 1)."""
    doubled = value << 1
    return doubled ^ 0b100101 if doubled & 0b100000 else doubled


def _times(a: int, b: int) -> int:
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = _times_alpha(a)
        b >>= 1
    return product


def _powers_of_alpha() -> tuple[int, ...]:
    powers = [1]
    while len(powers) < CHARACTERS:
        powers.append(_times_alpha(powers[-1]))
    return tuple(powers)


_WEIGHTS: Final = _powers_of_alpha()
# α has order 31, so the inverse of the last weight is α^(31 − 23); eight more steps from 1.
_LAST_INVERSE: Final = _WEIGHTS[31 - (CHARACTERS - 1)]


def weighted_sum(values: list[int]) -> int:
    """Σ vᵢ·αⁱ over GF(32). It changes whenever one value changes or two different values change places."""
    total = 0
    for value, weight in zip(values, _WEIGHTS, strict=False):
        total ^= _times(value, weight)
    return total


class Receipt(Secret):
    """A receipt in memory. ``text`` is for the one page that shows it; nothing else may print it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        """secret: 15 bytes, the last five bits zero. Use ``from_secrets`` or ``parse``."""
        if len(secret) != _SECRET_BYTES or secret[-1] & 0x1F:
            raise ValueError("a receipt is 115 bits in 15 bytes")
        self._secret = secret

    @classmethod
    def from_secrets(cls, form_secret: bytes, cookie_secret: bytes) -> Receipt:
        """The receipt of one form: the same two secrets (32 bytes each) always give the same one."""
        both = both_secrets(form_secret, cookie_secret)
        bits = derive(both, label="receipt/text", length=_SECRET_BYTES)
        return cls(bits[:-1] + bytes([bits[-1] & 0xE0]))

    @classmethod
    def parse(cls, text: str) -> Receipt:
        """Read what a person typed. Raises MistypedReceipt, before any key is derived.

        Forgiven: case, full width, everything between and around that is neither a digit nor a letter with
        case (dashes, punctuation, Chinese words), I and L for 1, O for 0. Source: FORMAT.md §9.
        """
        if len(text) > _MAX_TYPED:
            raise MistypedReceipt(MistypeReason.LENGTH, characters=len(text))
        typed = typed_characters(text)
        if len(typed) != CHARACTERS:
            raise MistypedReceipt(MistypeReason.LENGTH, characters=len(typed))
        if not _VALUES.keys() >= set(typed):
            raise MistypedReceipt(MistypeReason.ALPHABET, characters=len(typed))
        values = [_VALUES[character] for character in typed]
        if weighted_sum(values) != _CHECK_SUM:
            raise MistypedReceipt(MistypeReason.CHECK, characters=len(typed))
        bits = 0
        for value in values[:-1]:
            bits = bits << 5 | value
        return cls((bits << 5).to_bytes(_SECRET_BYTES, "big"))

    @property
    def text(self) -> str:
        """Twenty-four characters in six groups of four, joined by dashes."""
        bits = int.from_bytes(self._secret, "big")
        values = [bits >> shift & 0x1F for shift in range(115, 0, -5)]
        values.append(_times(weighted_sum(values) ^ _CHECK_SUM, _LAST_INVERSE))
        characters = "".join(ALPHABET[value] for value in values)
        return "-".join(characters[i : i + _GROUP] for i in range(0, CHARACTERS, _GROUP))

    @property
    def lookup_id(self) -> bytes:
        """32 bytes by which the tip is found; tells nothing of the receipt."""
        return derive(self._secret, label="receipt/lookup-id")

    def private_key(self) -> PrivateKey:
        """The informant's key pair, about 0.4 ms; live for one request, never stored."""
        encoded = derive(self._secret, label="receipt/informant-key", length=PRIVATE_BYTES)
        return PrivateKey.from_bytes(encoded)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Receipt) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self.lookup_id)


def typed_characters(text: str) -> str:
    """What counts of a text that somebody typed off: see ``Receipt.parse`` for what is forgiven."""
    typed = "".join(c for c in unicodedata.normalize("NFKC", text) if _counts(c))
    return typed.translate(_FORGIVEN)


def both_secrets(form_secret: bytes, cookie_secret: bytes) -> bytes:
    """The two halves of a form's secret as one derivation input; 32 bytes each, else ValueError."""
    if len(form_secret) != KEY_BYTES or len(cookie_secret) != KEY_BYTES:
        raise ValueError("form secret and cookie secret are 32 bytes each")
    return lp(form_secret) + lp(cookie_secret)


def _counts(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "N" or category in ("Lu", "Ll", "Lt")
