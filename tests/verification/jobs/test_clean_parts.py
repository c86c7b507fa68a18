"""Originals that arrived in parts: cleaned, hashed and opened as one; a part amiss is damage."""

from __future__ import annotations

import hashlib
import io
import uuid

import pytest
from PIL import Image
from sqlalchemy import delete, select, update

from portal.models import CleanState, FilePart, SealedObject
from tests.support.jobs import cleaning_of, keep_file
from tests.support.office import TestOffice
from tests.support.photographs import marks_in, photograph
from verification.clean_report import Reason
from verification.domain.evidence import open_original
from verification.jobs.clean_file import clean_file
from verification.jobs.running import Workbench

pytestmark = pytest.mark.slow


def opened(office: TestOffice, object_id: uuid.UUID) -> bytes:
    with office.acting("fan") as acting:
        reader = open_original(acting, object_id, blobs=office.blobs)
        content = b"".join(reader.chunks())
        reader.close()
    return content


def parts_of(office: TestOffice) -> list[uuid.UUID]:
    with office.database.read() as session:
        return list(session.scalars(select(FilePart.object_id).order_by(FilePart.number)))


@pytest.mark.parametrize("part_bytes", [1, 64], ids=["two parts", "64 parts"])
def test_picture_in_parts_has_one_clean_copy(office: TestOffice, bench: Workbench, part_bytes: int) -> None:
    original = photograph()
    length = -(-len(original) // part_bytes) if part_bytes > 1 else len(original) - 1
    work = keep_file(office, original, part_bytes=length)
    assert len(parts_of(office)) == max(part_bytes - 1, 1)
    clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert after.state is CleanState.CLEANED
    assert after.copy is not None
    assert marks_in(after.copy) == set()
    assert Image.open(io.BytesIO(after.copy)).size == (320, 240)
    assert after.report is not None
    assert after.report.sha256 == hashlib.sha256(original).hexdigest()
    assert after.report.original_bytes == len(original)
    assert opened(office, work.subject_id) == original


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("wrong", ["lost", "swapped", "cut", "emptied"])
def test_part_that_is_amiss_is_damage_and_no_accident_of_the_worker(
    office: TestOffice, bench: Workbench, wrong: str
) -> None:
    original = photograph()
    work = keep_file(office, original, part_bytes=len(original) // 4)
    parts = parts_of(office)
    with office.database.write() as session:
        if wrong == "lost":
            session.execute(delete(FilePart).where(FilePart.object_id == parts[-1]))
        elif wrong == "swapped":
            for part, number in ((parts[0], 99), (parts[1], 1), (parts[0], 2)):
                session.execute(update(FilePart).where(FilePart.object_id == part).values(number=number))
        elif wrong == "emptied":
            session.execute(delete(FilePart))
        else:
            name = session.get_one(SealedObject, parts[1]).blob_name
    if wrong == "cut":
        assert name is not None
        path = next(office.blobs._root.rglob(name))  # a disk that fails asks nobody
        path.chmod(0o600)
        path.write_bytes(path.read_bytes()[:-1])
    clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert (after.state, after.copy) == (CleanState.ORIGINAL_ONLY, None)
    assert after.report is not None
    assert after.report.reason is Reason.DAMAGED
