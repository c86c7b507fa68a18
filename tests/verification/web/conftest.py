"""The internal app on a small office, on each database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.office import TestOffice


@pytest.fixture
def desk(office: TestOffice, tmp_path: Path) -> Desk:
    """The internal app on the test's office."""
    return Desk(office, tmp_path / "blobs")
