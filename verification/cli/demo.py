"""Reading ``var/demo.json``: where a running demo is and who can log in to it.

The file exists only in a demo (mode 0600); seeding writes it. Must not know: any table.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

FILE_NAME = "demo.json"
CODE_DIGITS = 6
CODE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Account:
    """One person of the demo county. totp_secret: base 32, as an authenticator app takes it."""

    name: str
    login: str
    role: str
    passphrase: str
    totp_secret: str

    def code(self, moment: datetime) -> str:
        """The one-time code at that moment (RFC 6238 with SHA-1, which is what the apps speak)."""
        padding = "=" * (-len(self.totp_secret) % 8)
        secret = base64.b32decode(self.totp_secret + padding)
        generator = TOTP(secret, CODE_DIGITS, SHA1(), CODE_SECONDS, enforce_key_length=False)  # noqa: S303  # RFC 6238
        return generator.generate(int(moment.timestamp())).decode("ascii")


def accounts(var: Path) -> list[Account]:
    """Who can log in, in the file's order; empty where this is no demo."""
    try:
        written = json.loads((var / FILE_NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return []
    fields = Account.__dataclass_fields__
    return [Account(**{field: one[field] for field in fields}) for one in written["accounts"]]
