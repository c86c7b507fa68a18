"""An office, its internal app, and a story to be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.desk import Desk
from tests.support.office import TestOffice
from tests.support.story import Story


@pytest.fixture
def desk(office: TestOffice, tmp_path: Path) -> Desk:
    """The internal app on the test's office."""
    return Desk(office, tmp_path / "blobs")


@pytest.fixture
def story(office: TestOffice) -> Story:
    """A case that has not begun."""
    return Story(office)
