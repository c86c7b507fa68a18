"""Fixtures of background work: one zygote for the session, an office and a workbench for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.jobs import make_bench
from tests.support.office import TestOffice
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Workbench


@pytest.fixture(scope="session")
def cleaner() -> Iterator[Cleaner]:
    """A running zygote."""
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def bench(office: TestOffice, cleaner: Cleaner, tmp_path: Path) -> Workbench:
    """A workbench on that office's database."""
    return make_bench(office, cleaner=cleaner, folder=tmp_path / "cleaner")
