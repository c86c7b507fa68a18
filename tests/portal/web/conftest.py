"""The public site over a real desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.clock import FixedClock
from portal.db import Database
from portal.models import KeyPurpose, Rng
from tests.support.intake import SigningDesk
from tests.support.public import PublicSite, Visitor, fill_directory, open_site


@pytest.fixture
def desk(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    """Desk and director, no alternate desk; a few names in the directory."""
    desk = SigningDesk(database, clock=clock, rng=rng)
    fill_directory(desk)
    return desk


@pytest.fixture
def site(desk: SigningDesk, clock: FixedClock, rng: Rng, tmp_path: Path) -> Iterator[PublicSite]:
    """The app, with small limits: 256 KiB a file, 1 MiB together, 4 files."""
    site = open_site(
        desk,
        folder=tmp_path / "blobs",
        clock=clock,
        rng=rng,
        MAX_FILE_BYTES=str(256 * 1024),
        MAX_MESSAGE_BYTES=str(1024 * 1024),
        MAX_FILES="4",
    )
    yield site
    site.intake.database.dispose()


@pytest.fixture
def visitor(site: PublicSite) -> Visitor:
    """Somebody with a fresh browser."""
    return site.visitor()


@pytest.fixture
def alternate(desk: SigningDesk) -> SigningDesk:
    """The office has an alternate desk as well. Ask for it before ``site``."""
    desk.found(KeyPurpose.ALTERNATE)
    return desk
