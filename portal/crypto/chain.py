"""From the office root to the key in hand: who may vouch for what, and whether it holds on a given day.

Owns: the table of issuers and the walk along a chain. Must not know: rows, configuration, today's date.
Source: FORMAT.md §8.1, §8.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from portal.crypto.recipients import PUBLIC_BYTES, PublicKey
from portal.crypto.signing import KeyStatement, VerifyKey, verify_statement
from portal.crypto.suites import KEY_BYTES
from portal.errors import Tampered, UnsignedKey

ROOT: Final = "root"

ISSUES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        ROOT: frozenset(
            {"desk", "alternate", "director", "recovery", "staff", "cleaner-issuer", "unit", "voice"}
        ),
        "staff": frozenset({"case"}),
        "cleaner-issuer": frozenset({"cleaner"}),
    }
)
"""Which purposes the holder of each kind of key may sign; of staff only those with a desk, see DESKS."""

DESKS: Final = frozenset({"desk", "alternate"})
"""The rights a staff statement can carry after its holder: these people open cases, and sign their keys."""

PUBLIC_BYTES_OF: Final[Mapping[str, int]] = MappingProxyType(
    dict.fromkeys(("desk", "alternate", "director", "recovery", "unit", "case", "cleaner"), PUBLIC_BYTES)
    | {"staff": PUBLIC_BYTES + KEY_BYTES, "cleaner-issuer": KEY_BYTES, "voice": KEY_BYTES}
)
"""How long ``public`` is for each purpose."""

_SIGNING: Final = frozenset({"staff", "cleaner-issuer", "voice"})
_MAX_LINKS: Final = 2


@dataclass(frozen=True, slots=True)
class SignedStatement:
    """A statement with the 64 bytes that vouch for it."""

    statement: KeyStatement
    signature: bytes


def verify_chain(
    links: Sequence[SignedStatement], *, root: VerifyKey, purpose: str, holder: str, on: date
) -> KeyStatement:
    """The last statement of a chain, if the root vouches for it: for this purpose and holder, on this day.

    links: one statement signed by the root, or that and one signed by its key. holder: whose key the caller
    means, without rights. Raises UnsignedKey: nobody seals to the key then. Source: FORMAT.md §8.2.
    """
    if not 1 <= len(links) <= _MAX_LINKS:
        raise UnsignedKey("chain length")
    leaf = links[-1].statement
    if leaf.purpose != purpose:
        raise UnsignedKey("purpose")
    if _whose(leaf) != holder:
        raise UnsignedKey("holder")
    if not leaf.covers(on):
        raise UnsignedKey("dates")
    signer, issuer = root, ROOT
    for link in links[:-1]:
        _verify_link(link, signer=signer, issuer=issuer)
        if not link.statement.covers(leaf.not_before):
            raise UnsignedKey("issuer dates")
        if leaf.purpose == "case" and not _has_desk(link.statement):
            raise UnsignedKey("issuer")
        signer, issuer = verify_key_of(link.statement), link.statement.purpose
    _verify_link(links[-1], signer=signer, issuer=issuer)
    return leaf


def _verify_link(link: SignedStatement, *, signer: VerifyKey, issuer: str) -> None:
    statement = link.statement
    if statement.purpose not in ISSUES.get(issuer, frozenset()):
        raise UnsignedKey("issuer")
    if len(statement.public) != PUBLIC_BYTES_OF[statement.purpose]:
        raise UnsignedKey("public length")
    if statement.purpose == "cleaner" and statement.not_after is None:
        raise UnsignedKey("dates")
    verify_statement(statement, link.signature, signer=signer)


def staff_holder(person: str, *, desk: str | None) -> str:
    """The holder of a staff key; desk: the one whose cases this person opens, or None. FORMAT.md §8.1."""
    if desk is None:
        return person
    if desk not in DESKS:
        raise ValueError("no such desk")
    return f"{person}:{desk}"


def _whose(statement: KeyStatement) -> str:
    return statement.holder.partition(":")[0] if statement.purpose == "staff" else statement.holder


def _has_desk(statement: KeyStatement) -> bool:
    return statement.purpose == "staff" and statement.holder.partition(":")[2] in DESKS


def recipient_of(statement: KeyStatement) -> PublicKey:
    """The key to seal to. Raises UnsignedKey for a purpose that has none or a malformed key."""
    if len(statement.public) not in (PUBLIC_BYTES, PUBLIC_BYTES + KEY_BYTES):
        raise UnsignedKey("public length")
    try:
        return PublicKey.from_bytes(statement.public[:PUBLIC_BYTES])
    except Tampered:
        raise UnsignedKey("public key") from None


def verify_key_of(statement: KeyStatement) -> VerifyKey:
    """The key that checks what this holder signs. Raises UnsignedKey for a purpose that has none."""
    if statement.purpose not in _SIGNING or len(statement.public) != PUBLIC_BYTES_OF.get(statement.purpose):
        raise UnsignedKey("no verify key")
    return VerifyKey.from_bytes(statement.public[-KEY_BYTES:])
