"""Real files from phones, offices and test suites: sent, cleaned, and taken out again byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.models import CleanState, StoredFile
from tests.support.desk import Desk
from tests.support.jobs import keep_file, make_bench
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


def test_every_original_comes_back_byte_for_byte(
    desk: Desk, cleaner: Cleaner, shared_attachments: Path, tmp_path: Path
) -> None:
    paths = [path for path in sorted(shared_attachments.rglob("*")) if path.is_file()]
    assert len(paths) >= 30
    bench = make_bench(desk.office, cleaner=cleaner, folder=tmp_path / "cleaner")
    for path in paths:
        clean_file(keep_file(desk.office, path.read_bytes()), bench)
    originals = sorted(path.read_bytes() for path in paths)
    fan = desk.person("fan")
    with desk.office.database.read() as session:
        stored = session.scalars(select(StoredFile)).all()
    assert {file.clean_state for file in stored} == {CleanState.CLEANED, CleanState.ORIGINAL_ONLY}
    taken = [fan.post(f"/files/{file.object_id}/original", {"reason": "核对原件"}) for file in stored]
    assert sorted(answer.data for answer in taken) == originals
