"""An office and the public side that seals to it, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.clock import FixedClock
from portal.db import Database
from portal.domain.drafts import DraftSecrets
from portal.domain.intake import Intake
from portal.models import Rng
from tests.support.intake import SigningDesk, open_intake


@pytest.fixture
def signing(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    """Desk and director; no cleaner yet."""
    return SigningDesk(database, clock=clock, rng=rng)


@pytest.fixture
def intake(signing: SigningDesk, clock: FixedClock, tmp_path: Path) -> Intake:
    """The public side."""
    return open_intake(signing, folder=tmp_path / "blobs", clock=clock)


@pytest.fixture
def draft(rng: Rng) -> DraftSecrets:
    """One form in one browser."""
    return DraftSecrets(rng(32), rng(32))
