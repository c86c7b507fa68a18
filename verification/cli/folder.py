"""The data folder: where secrets, keys, blobs and the database lie, and the settings that follow from it.

    secrets/   host.key, portal.secret, internal.secret      made once, mode 0600
    root/      office-root.KEEP-OFFLINE.key                  a demo's alone; a real one lies on no server
    cleaner/   the cleaner's keys, one a day, and their issuer
    blobs/     sealed files
    xiansuo.sqlite3
    demo.json  who can log in; a demo's alone
    seeding    there while a seed is running

Owns names, modes and defaults. Must not know: tables, what a seed does, how programs are started.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from verification.cli.demo import FILE_NAME

SECRET_FILES: Final = {
    "XIANSUO_HOST_KEY": "host.key",
    "XIANSUO_PORTAL_SECRET": "portal.secret",
    "XIANSUO_INTERNAL_SECRET": "internal.secret",
}
SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class DataFolder:
    """One installation's folder."""

    path: Path

    @property
    def root_file(self) -> Path:
        """The office root's private half of a demo."""
        return self.path / "root" / "office-root.KEEP-OFFLINE.key"

    @property
    def database_file(self) -> Path:
        """The embedded database."""
        return self.path / "xiansuo.sqlite3"

    @property
    def blobs(self) -> Path:
        """Sealed files."""
        return self.path / "blobs"

    @property
    def cleaner_keys(self) -> Path:
        """The workers' keys."""
        return self.path / "cleaner"

    @property
    def seeding(self) -> Path:
        """The mark of a seed that has not finished."""
        return self.path / "seeding"

    @property
    def demo_file(self) -> Path:
        """Who can log in to the demo."""
        return self.path / FILE_NAME

    def settings(self, given: Mapping[str, str]) -> dict[str, str]:
        """``given``, completed with this folder's own places and secrets, which are made where missing."""
        own = {
            "XIANSUO_DATABASE_URL": f"sqlite:///{self.database_file}",
            "XIANSUO_BLOB_DIR": str(self.blobs),
            "XIANSUO_CLEANER_KEY_DIR": str(self.cleaner_keys),
            "XIANSUO_QUEUE_URL": f"unix://{self.path / 'run' / 'valkey.sock'}?db=0",
            "XIANSUO_PUBLIC_URL": "http://127.0.0.1:8000",
            "XIANSUO_INTERNAL_URL": "http://127.0.0.1:8001",
        }
        for name, file_name in SECRET_FILES.items():
            if not is_given(name, given):
                own[f"{name}_FILE"] = str(self._secret(file_name))
        return {name: value for name, value in own.items() if not is_given(name, given)} | dict(given)

    def _secret(self, file_name: str) -> Path:
        path = self.path / "secrets" / file_name
        if not path.exists():
            write_private(path, secrets.token_hex(SECRET_BYTES) + "\n")
        return path

    def demo_facts(self) -> dict[str, Any] | None:
        """What ``demo.json`` says, or None where there is none."""
        try:
            written: dict[str, Any] = json.loads(self.demo_file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return written

    def write_demo_facts(self, facts: Mapping[str, Any]) -> None:
        """Write ``demo.json``, mode 0600, whole or not at all."""
        write_private(self.demo_file, json.dumps(facts, ensure_ascii=False, indent=2) + "\n")


def is_given(name: str, given: Mapping[str, str]) -> bool:
    """Whether the surroundings name a setting, by value or by file."""
    base = name.removesuffix("_FILE")
    return base in given or f"{base}_FILE" in given


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600, durable, whole or not at all; its folder, if new, has mode 0700."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
