"""The same file with another tip: the desk is told, a thief of the database is not."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from portal.models import Attachment, StoredFile, Tip
from tests.support.desk import Desk
from tests.support.jobs import make_bench, outbox
from tests.support.photographs import photograph
from tests.verification.web.test_tips import text_of
from tests.verification.web.tips import send
from verification.domain.duplicates import SameFile, mark_files, same_files
from verification.domain.leaving import leave_office
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Work, Workbench
from verification.models import FileMark, Staff

pytestmark = pytest.mark.slow

PHOTO, OTHER = photograph(), photograph(width=300)


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def bench(desk: Desk, cleaner: Cleaner, tmp_path: Path) -> Workbench:
    return make_bench(desk.office, cleaner=cleaner, folder=tmp_path / "cleaner")


def sent(desk: Desk, bench: Workbench, *files: tuple[str, bytes]) -> uuid.UUID:
    tip_id = send(desk, files)
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    return tip_id


def look(desk: Desk, tip_id: uuid.UUID) -> list[SameFile]:
    """Somebody of the desk opens it; every other place of its files."""
    with desk.office.acting("fan") as acting:
        tip = acting.session.get_one(Tip, tip_id)
        mark_files(acting, tip)
        return [one for places in same_files(acting, tip).values() for one in places]


def test_same_file_with_another_tip_is_told_once_both_were_opened(desk: Desk, bench: Workbench) -> None:
    first = sent(desk, bench, ("1.jpg", PHOTO))
    second = sent(desk, bench, ("别的名字.jpg", PHOTO), ("2.jpg", OTHER))
    assert look(desk, second) == []
    (other,) = look(desk, first)
    assert other.tip_id == second
    (again,) = look(desk, second)
    assert again.tip_id == first


def test_page_says_so_to_the_desk_with_the_way_there(desk: Desk, bench: Workbench) -> None:
    first, second = sent(desk, bench, ("1.jpg", PHOTO)), sent(desk, bench, ("2.jpg", PHOTO))
    fan = desk.person("fan")
    assert "Same file" not in text_of(fan.get(f"/tips/{first}"))
    page = text_of(fan.get(f"/tips/{second}"))
    assert "Same file" in page
    assert f'href="/tips/{first}"' in page
    assert f'href="/tips/{second}"' in text_of(fan.get(f"/tips/{first}"))


def test_same_file_twice_in_one_tip_is_told(desk: Desk, bench: Workbench) -> None:
    tip_id = sent(desk, bench, ("1.jpg", PHOTO), ("2.jpg", PHOTO))
    assert {one.tip_id for one in look(desk, tip_id)} == {tip_id}
    assert "this very tip" in text_of(desk.person("fan").get(f"/tips/{tip_id}"))


def test_file_that_is_looked_at_later_is_marked_later(desk: Desk, bench: Workbench) -> None:
    tip_id = send(desk, [("1.jpg", PHOTO)])
    look(desk, tip_id)
    assert marks_of(desk) == []
    for row in outbox(desk.office):
        if row.topic.value == "clean-file":
            clean_file(Work(row.id, row.topic, row.subject_id, attempts=1), bench)
    look(desk, tip_id)
    look(desk, tip_id)
    assert len(marks_of(desk)) == 1


def test_files_are_known_again_after_the_desk_got_a_new_key(desk: Desk, bench: Workbench) -> None:
    first = sent(desk, bench, ("1.jpg", PHOTO))
    look(desk, first)
    shen_leaves(desk)
    second = sent(desk, bench, ("2.jpg", PHOTO))
    assert [one.tip_id for one in look(desk, second)] == [first]
    assert len({mark.key_id for mark in marks_of(desk)}) == 2
    assert len({mark.mark for mark in marks_of(desk)}) == 2


def shen_leaves(desk: Desk) -> None:
    """Which gives the desk its next generation."""
    keys, office = desk.office.keys, desk.office
    with office.database.write() as session:
        staff = session.get_one(Staff, office.staff_id("shen"))
        leave_office(session, staff, root=keys.root, shares=keys.shares["desk"][:2], clock=office.clock)


def test_marks_tell_a_thief_neither_file_nor_hash(desk: Desk, bench: Workbench) -> None:
    look(desk, sent(desk, bench, ("1.jpg", PHOTO)))
    look(desk, sent(desk, bench, ("2.jpg", OTHER)))
    marks = {mark.mark for mark in marks_of(desk)}
    assert len(marks) == 2
    for content in (PHOTO, OTHER):
        for name in ("sha256", "sm3", "sha512", "blake2b"):
            assert hashlib.new(name, content).digest()[:32] not in marks


def test_mark_goes_with_its_file(desk: Desk, bench: Workbench) -> None:
    look(desk, sent(desk, bench, ("1.jpg", PHOTO)))
    with desk.office.database.write() as session:
        stored = session.scalars(select(StoredFile)).one()
        session.delete(session.get_one(Attachment, stored.object_id))
        session.flush()
        session.delete(stored)
    assert marks_of(desk) == []


def marks_of(desk: Desk) -> list[FileMark]:
    with desk.office.database.read() as session:
        return list(session.scalars(select(FileMark)))
