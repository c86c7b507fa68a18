"""The office root's private half in a file: written once, read for a ceremony, otherwise kept offline.

Owns the file's form: 64 hexadecimal characters, mode 0600, never overwritten. The public half is pinned in
the configuration (``XIANSUO_ROOT_PUBLIC``). Source: 4-sealing "office root".
"""

from __future__ import annotations

import os
from pathlib import Path

from portal.crypto.signing import SigningKey


class NoRoot(Exception):
    """There is no readable root key at that path."""


def make_root(path: Path) -> SigningKey:
    """A fresh root key, durable in a new file of mode 0600. FileExistsError if something is there."""
    root = SigningKey.generate()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(root.to_bytes().hex() + "\n")
        file.flush()
        os.fsync(descriptor)
    return root


def read_root(path: Path) -> SigningKey:
    """The root key of a file that ``make_root`` wrote. Raises NoRoot."""
    try:
        return SigningKey.from_bytes(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError) as error:
        raise NoRoot(str(path)) from error


def public_hex(root: SigningKey) -> str:
    """The public half as the configuration takes it: 64 hexadecimal characters."""
    return root.verify_key().to_bytes().hex()
