"""What this machine has for the tests, and what happens where something is missing.

With ``CI=true`` a missing piece is a failure, so that a green run proves everything ran; elsewhere the test
is skipped with the command that would help.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import NoReturn

import pytest

PROJECT = Path(__file__).resolve().parents[2]
#: Linux keeps this folder in memory. Thousands of small databases need some of it.
MEMORY, ROOM_IN_MEMORY = Path("/dev/shm"), 6 * 2**30  # fresh folders are made in it, by name nowhere


def prefer_memory() -> None:
    """Put temporary files, of this process and those that it starts, into memory where there is room.

    What a disk adds to a commit, and the disk of a shared machine above all, no test is about.
    """
    if "TMPDIR" not in os.environ and MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_IN_MEMORY:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # asked for again


def missing(what: str) -> NoReturn:
    """Fail in CI, skip elsewhere."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"missing here: {what}", pytrace=False)
    pytest.skip(f"missing here: {what}")


def postgres_programs() -> Path:
    """The folder with ``initdb`` and ``postgres``, the newest version there is."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if folders:
        return folders[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    missing("PostgreSQL (make test installs it; Debian: apt-get install postgresql)")


def chromium() -> str:
    """Chromium's path."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    missing("Chromium (make test installs it; Debian: apt-get install chromium fonts-noto-cjk)")


def attachments() -> Path:
    """Real photographs and documents to upload: kept beside the project, or at $XIANSUO_TEST_DATA."""
    named = os.environ.get("XIANSUO_TEST_DATA")
    folder = Path(named) if named else PROJECT.parent / "shared" / "data" / "attachments"
    if not (folder / "images").is_dir():
        missing(f"the shared attachments at {folder} (set XIANSUO_TEST_DATA)")
    return folder
