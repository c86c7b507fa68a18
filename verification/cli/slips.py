"""What is printed once and kept nowhere: a person's first passphrase and authenticator secret; paper shares.

Must not know: tables. Source: 4-sealing "Keys" (recovery shares).
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from urllib.parse import quote

from verification.domain.founding import StaffSecrets

#: Crockford's base 32: no letter looks like a figure.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP_CHARACTERS = 4, 4


def fresh_passphrase() -> str:
    """Four groups of four characters: 80 bits."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_CHARACTERS)) for _ in range(_GROUPS)
    )


def person_slip(*, name: str, login: str, passphrase: str, own: StaffSecrets, office: str) -> str:
    """What one person takes home from the ceremony."""
    secret = base64.b32encode(own.totp_secret).decode("ascii").rstrip("=")
    address = f"otpauth://totp/{quote(office)}:{quote(login)}?secret={secret}&issuer={quote(office)}"
    return "\n".join(
        (
            f"--- {name} " + "-" * 40,
            f"login          {login}",
            f"passphrase     {passphrase}",
            f"authenticator  {address}",
        )
    )


def share_slips(holder: str, shares: Sequence[str]) -> str:
    """The shares of one office key, each on a paper of its own; two of the three bring the key back."""
    return "\n".join(
        line
        for number, share in enumerate(shares, start=1)
        for line in (f"--- {holder} key, share {number} of {len(shares)} " + "-" * 20, share)
    )
