"""The schema of a test database: made once by the migrations, as an installation's is, and then copied."""

from __future__ import annotations

import shutil
from pathlib import Path


def copy_sqlite(template: Path, *, to: Path) -> str:
    """A new SQLite database with the template's schema; returns its URL."""
    shutil.copyfile(template, to)
    return f"sqlite:///{to}"
