"""Chains of key statements that hold, and chains that differ from them in one thing. FORMAT.md §8.2."""

from __future__ import annotations

import base64
import hashlib
import uuid
from datetime import date
from typing import Any, Final

from portal.crypto.chain import SignedStatement, verify_chain
from portal.crypto.signing import KeyStatement, SigningKey, VerifyKey, sign_statement
from portal.errors import UnsignedKey

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 9)
ROOT = SigningKey.from_bytes(hashlib.sha256(b"chain root").digest())
PERSON = SigningKey.from_bytes(hashlib.sha256(b"chain person").digest())

#: name: (purpose, holder, signed by the root)
STATEMENTS: Final = {
    "desk": ("desk", "", True),
    "supervisor": ("staff", "aa" * 16 + ":desk", True),
    "alternate supervisor": ("staff", "aa" * 16 + ":alternate", True),
    "inspector": ("staff", "aa" * 16, True),
    "director": ("staff", "aa" * 16 + ":director", True),
    "unit": ("unit", "bb" * 16, True),
    "unit by staff": ("unit", "bb" * 16, False),
    "case": ("case", "cc" * 16, False),
    "case by the root": ("case", "cc" * 16, True),
}

#: (links, purpose, holder, day, whether it holds)
CHAINS: Final = [
    (["desk"], "desk", "", FIRST, True),
    (["desk"], "desk", "", date(2026, 3, 10), False),
    (["desk"], "desk", "aa" * 16, FIRST, False),
    (["desk"], "director", "", FIRST, False),
    (["unit"], "unit", "bb" * 16, LAST, True),
    (["unit"], "unit", "cc" * 16, LAST, False),
    (["supervisor", "unit by staff"], "unit", "bb" * 16, FIRST, False),
    (["supervisor"], "staff", "aa" * 16, FIRST, True),
    (["supervisor"], "staff", "aa" * 16 + ":desk", FIRST, False),
    (["inspector"], "staff", "aa" * 16, FIRST, True),
    (["supervisor", "case"], "case", "cc" * 16, FIRST, True),
    (["alternate supervisor", "case"], "case", "cc" * 16, FIRST, True),
    (["supervisor", "case"], "case", "bb" * 16, FIRST, False),
    (["inspector", "case"], "case", "cc" * 16, FIRST, False),
    (["director", "case"], "case", "cc" * 16, FIRST, False),
    (["case by the root"], "case", "cc" * 16, FIRST, False),
    (["case"], "case", "cc" * 16, FIRST, False),
]


def _public(name: str, purpose: str) -> bytes:
    seed, length = hashlib.sha256(name.encode()).digest(), 1216
    public = (seed * (length // 32 + 1))[:length]
    return public + PERSON.verify_key().to_bytes() if purpose == "staff" else public


def _statement(name: str) -> SignedStatement:
    purpose, holder, by_root = STATEMENTS[name]
    key_id = uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16], version=4)
    statement = KeyStatement(key_id, purpose, holder, 1, FIRST, LAST, _public(name, purpose))
    return SignedStatement(statement, sign_statement(statement, signer=ROOT if by_root else PERSON))


def holds(links: list[str], *, purpose: str, holder: str, on: date, root: VerifyKey) -> bool:
    """Whether our own reader takes this chain."""
    try:
        verify_chain([_statement(name) for name in links], root=root, purpose=purpose, holder=holder, on=on)
    except UnsignedKey:
        return False
    return True


def chains(_: dict[str, Any]) -> dict[str, Any]:
    """The statements, and which chains of them hold for which purpose, holder and day."""
    root = ROOT.verify_key()
    for links, purpose, holder, on, expected in CHAINS:
        assert holds(links, purpose=purpose, holder=holder, on=on, root=root) is expected, links
    rows = {}
    for name in STATEMENTS:
        link = _statement(name)
        rows[name] = {
            "key_id": str(link.statement.key_id),
            "purpose": link.statement.purpose,
            "holder": link.statement.holder,
            "generation": link.statement.generation,
            "not_before": FIRST.isoformat(),
            "not_after": LAST.isoformat(),
            "public": base64.b64encode(link.statement.public).decode(),
            "signature": link.signature.hex(),
        }
    fields = ("links", "purpose", "holder", "on", "holds")
    return {
        "root": root.to_bytes().hex(),
        "statements": rows,
        "chains": [
            dict(zip(fields, (links, purpose, holder, on.isoformat(), expected), strict=True))
            for links, purpose, holder, on, expected in CHAINS
        ],
    }
