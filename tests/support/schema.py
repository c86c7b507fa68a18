"""The schema of a test database: made by the migrations, exactly as an installation's is."""

from __future__ import annotations

import shutil
from pathlib import Path

from verification.migrations.chain import upgrade


def migrate(url: str) -> None:
    """Bring an empty database to the newest schema."""
    upgrade(url)


def copy_sqlite(template: Path, *, to: Path) -> str:
    """A new SQLite database with the template's schema; returns its URL."""
    shutil.copyfile(template, to)
    return f"sqlite:///{to}"
