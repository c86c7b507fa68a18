"""The root of every error the project raises on purpose, and those that the kernel raises.

One class for each decision a caller makes. Fields, never formatted text: an error may reach a log, so it
carries no payload, receipt, name or key. Must not know: HTTP. Status codes are chosen in ``web`` alone.
Source: 5-style "Errors".
"""

from __future__ import annotations

from enum import StrEnum


class XiansuoError(Exception):
    """Anything raised on purpose by this project."""


class Tampered(XiansuoError):
    """Bytes are not what was sealed, or the key is not the one they were sealed to.

    The two cannot be told apart and are not meant to be. ``part`` names the place in the format that
    refused ("header", "chunk", "length" …), for tests and operators; it never depends on a secret.
    """

    def __init__(self, part: str = "") -> None:
        super().__init__(part)
        self.part = part


class MistypeReason(StrEnum):
    """What is wrong with a typed receipt, so that the page can say so."""

    LENGTH = "length"
    ALPHABET = "alphabet"
    CHECK = "check"


class MistypedReceipt(XiansuoError):
    """The text cannot be a receipt: told by its form alone, before any key is derived.

    ``characters`` is how many significant characters were typed (24 are wanted).
    """

    def __init__(self, reason: MistypeReason, *, characters: int) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.characters = characters


class MistypedCode(XiansuoError):
    """The text cannot be an inspection code: told by its form alone, before anything is looked up."""


class UnsignedKey(XiansuoError):
    """A public key is not vouched for by the office root for this purpose on this day: do not seal to it."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


class TooLong(XiansuoError):
    """A compartment of one fixed size was given more than it can hold."""

    def __init__(self, *, actual_bytes: int, max_bytes: int) -> None:
        super().__init__(f"{actual_bytes} > {max_bytes}")
        self.actual_bytes = actual_bytes
        self.max_bytes = max_bytes
