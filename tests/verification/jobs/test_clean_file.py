"""One file from its sealed original to its sealed clean copy, through a real zygote and a real child."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from portal.crypto.stream import ObjectKind
from portal.models import CleanState, ObjectGrant, OutboxRow, SealedObject, StoredFile
from tests.support.jobs import cleaning_of, keep_file, outbox
from tests.support.lost_commit import lose_the_answer
from tests.support.machine import PROJECT
from tests.support.office import TestOffice
from tests.support.photographs import MARKS, encoded, marks_in, photograph, png_bomb
from tests.support.worker_process import is_gone, until
from verification.clean_report import FileType, Reason, Removed
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.errors import (
    AlreadyDone,
    CleanerSilent,
    DayKeyAbsent,
    GrantUnusable,
    RecipientUntrusted,
)
from verification.jobs.running import Workbench

pytestmark = pytest.mark.slow


def blobs_of(office: TestOffice) -> set[str]:
    return {blob.name for blob in office.blobs.stored()}


def test_photograph_becomes_a_clean_copy_for_the_desk(office: TestOffice, bench: Workbench) -> None:
    original = photograph()
    work = keep_file(office, original)
    clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert after.state is CleanState.CLEANED
    assert after.copy is not None
    assert (marks_in(original), marks_in(after.copy)) == (set(MARKS), set())
    assert Image.open(io.BytesIO(after.copy)).size == (320, 240)
    assert outbox(office) == []


def test_report_tells_hashes_kinds_and_size(office: TestOffice, bench: Workbench) -> None:
    original = photograph()
    work = keep_file(office, original)
    clean_file(work, bench)
    report = cleaning_of(office, work.subject_id).report
    assert report is not None
    assert report.sha256 == hashlib.sha256(original).hexdigest()
    assert report.sm3 == hashlib.new("sm3", original).hexdigest()
    assert report.copy is not None
    assert (report.reason, report.file_type, report.copy.media_type) == (None, FileType.JPEG, "image/jpeg")
    assert (report.original_bytes, report.copy.width, report.copy.height) == (len(original), 320, 240)
    assert {Removed.POSITION, Removed.DEVICE, Removed.TIME} <= set(report.removed)
    assert marks_in(report.encode()) == set()


def test_report_in_storage_can_be_opened_as_a_record(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    clean_file(work, bench)
    with office.acting("fan") as acting:
        stored = acting.session.get_one(StoredFile, work.subject_id)
        assert stored.report_object_id is not None
        record = acting.open(stored.report_object_id)
    assert "position" in record["removed"]


def test_cleaner_loses_its_access_with_the_copy(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    assert len(cleaning_of(office, work.subject_id).grants) == 2
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).grants == {office.keys.desk.id}


def test_rows_and_blobs_carry_the_day_alone(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    clean_file(work, bench)
    with office.database.read() as session:
        days = set(session.scalars(select(SealedObject.stored_on)))
        kinds = sorted(session.scalars(select(SealedObject.kind)))
    assert len(days) == 1
    assert set(kinds) >= {ObjectKind.ATTACHMENT, ObjectKind.CLEAN, ObjectKind.REPORT}
    assert {blob.stored_on for blob in office.blobs.stored()} == days


def test_exhibit_is_cleaned_like_an_attachment(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph(), kind=ObjectKind.EXHIBIT)
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("content", "file_type", "reason"),
    [
        (b"", FileType.UNKNOWN, Reason.EMPTY),
        (b"<svg>named photo.jpg</svg>", FileType.UNKNOWN, Reason.TYPE_NOT_CLEANED),
        (b"%PDF-1.7 and so on", FileType.PDF, Reason.BROKEN),
        (photograph(trailing=False)[:-600], FileType.JPEG, Reason.BROKEN),
        (b"\xff\xd8\xff\xe1 a lie", FileType.JPEG, Reason.BROKEN),
        (png_bomb(width=12_000, height=12_000), FileType.PNG, Reason.TOO_MANY_PIXELS),
    ],
    ids=["empty", "drawing", "pdf", "cut short", "lie", "bomb"],
)
def test_what_cannot_be_cleaned_keeps_its_original_and_says_why(
    office: TestOffice, bench: Workbench, content: bytes, file_type: FileType, reason: Reason
) -> None:
    work = keep_file(office, content)
    blobs = blobs_of(office)
    clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert (after.state, after.copy) == (CleanState.ORIGINAL_ONLY, None)
    assert after.report is not None
    assert (after.report.reason, after.report.file_type) == (reason, file_type)
    assert after.report.sha256 == hashlib.sha256(content).hexdigest()
    assert (after.grants, blobs_of(office), outbox(office)) == ({office.keys.desk.id}, blobs, [])
    # The zygote lives on and takes the next file.
    following = keep_file(office, encoded("PNG"))
    clean_file(following, bench)
    assert cleaning_of(office, following.subject_id).state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
def test_object_that_was_changed_on_disk_is_reported_as_damaged(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    with office.database.read() as session:
        name = session.get_one(SealedObject, work.subject_id).blob_name
    assert name is not None
    path = next(path for path in (office.blobs._root).rglob(name))
    sealed = bytearray(path.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    path.write_bytes(sealed)
    clean_file(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert after.report is not None
    assert (after.state, after.report.reason) == (CleanState.ORIGINAL_ONLY, Reason.DAMAGED)
    assert after.report.sha256 is None


@pytest.mark.databases("sqlite")
def test_original_that_lies_in_its_row_is_cleaned_too(office: TestOffice, bench: Workbench) -> None:
    """Also what any store without files of its own does: the child gets sealed bytes in memory."""
    work = keep_file(office, photograph())
    with office.database.write() as session:
        row = session.get_one(SealedObject, work.subject_id)
        with office.blobs.open(row.blob_name or "") as blob:
            row.body, row.blob_name = blob.read(), None
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED


def test_second_run_has_no_effect_and_leaves_no_blob(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    clean_file(work, bench)
    blobs, copy = blobs_of(office), cleaning_of(office, work.subject_id)
    with pytest.raises(AlreadyDone):
        clean_file(work, bench)
    assert (blobs_of(office), cleaning_of(office, work.subject_id)) == (blobs, copy)


def test_two_runs_at_once_make_one_copy(office: TestOffice, bench: Workbench, tmp_path: Path) -> None:
    """Both clean the file before either writes: exactly one transaction is the one that counts."""
    work = keep_file(office, photograph())
    meet = threading.Barrier(2)

    class Meeting(Cleaner):
        def clean(self, *args, **kwargs):  # type: ignore[no-untyped-def]  # passes everything on
            cleaned = super().clean(*args, **kwargs)
            meet.wait(30)
            return cleaned

    def run(other: Cleaner) -> str:
        try:
            clean_file(work, replace(bench, cleaner=other))
        except AlreadyDone:
            return "already done"
        finally:
            other.close()
        return "done"

    cleaners = [Meeting(), Meeting()]
    for one in cleaners:
        one.start()
    with ThreadPoolExecutor(2) as pool:
        endings = sorted(pool.map(run, cleaners))
    assert endings == ["already done", "done"]
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
    with office.database.read() as session:
        kinds = list(session.scalars(select(SealedObject.kind).where(SealedObject.kind == ObjectKind.CLEAN)))
    assert (len(kinds), len(blobs_of(office))) == (1, 2)


HARM = """
import ctypes, os
from verification.jobs.cleaning import child, limits
limits.CHILD_CPU_SECONDS = 1
real = child.CLEANERS
def harmed(source, *, file_type, out):
    if source.seek(0, 2) == {size}:
        {harm}
    source.seek(0)
    return real[file_type](source, file_type=file_type, out=out)
child.CLEANERS = dict.fromkeys(real, harmed)
"""


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    "harm",
    ["while True: pass", "ctypes.string_at(0)", "os._exit(0)", "[bytearray(2**26) for _ in range(99)]"],
    ids=["endless", "crash", "silent end", "memory"],
)
def test_child_that_dies_on_a_file_is_followed_by_one_that_only_reports(
    office: TestOffice, bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, harm: str
) -> None:
    """As if a decoder had such a fault: the code is slipped into the zygote's own process."""
    harmful = photograph()
    (tmp_path / "sitecustomize.py").write_text(HARM.format(size=len(harmful), harm=harm), encoding="utf-8")
    monkeypatch.setattr("verification.jobs.cleaning.cleaner.PROJECT", f"{tmp_path}:{PROJECT}")
    faulty = Cleaner()
    faulty.start()
    work = keep_file(office, harmful)
    following = keep_file(office, encoded("PNG"))
    try:
        for each in (work, following):
            clean_file(each, replace(bench, cleaner=faulty))
    finally:
        faulty.close()
    after = cleaning_of(office, work.subject_id)
    assert after.report is not None
    assert (after.state, after.copy, after.report.reason) == (
        CleanState.ORIGINAL_ONLY,
        None,
        Reason.OVER_LIMITS,
    )
    assert after.report.sha256 == hashlib.sha256(harmful).hexdigest()
    assert cleaning_of(office, following.subject_id).state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
def test_zygote_killed_on_the_way_is_replaced(office: TestOffice, bench: Workbench) -> None:
    first = Cleaner()
    first.start()
    killed = first.pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    work = keep_file(office, photograph())
    try:
        clean_file(work, replace(bench, cleaner=first))
        assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
        assert first.pid not in (None, killed)
    finally:
        first.close()


@pytest.mark.databases("sqlite")
def test_child_ends_with_its_zygote(
    office: TestOffice, bench: Workbench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No decoder runs on alone; the file is tried again later."""
    endless = photograph()
    code = HARM.format(size=len(endless), harm="while True: pass").replace("SECONDS = 1", "SECONDS = 600")
    (tmp_path / "sitecustomize.py").write_text(code, encoding="utf-8")
    monkeypatch.setattr("verification.jobs.cleaning.cleaner.PROJECT", f"{tmp_path}:{PROJECT}")
    own = Cleaner()
    own.start()
    zygote, work = own.pid, keep_file(office, endless)
    children = Path(f"/proc/{zygote}/task/{zygote}/children")
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(clean_file, work, replace(bench, cleaner=own))
        until(lambda: children.read_text() != "", what="a child")
        child = int(children.read_text())
        assert zygote is not None
        os.kill(zygote, signal.SIGKILL)
        until(lambda: is_gone(child), what="the child's end")
        with pytest.raises(CleanerSilent):
            running.result(60)
    own.close()
    assert cleaning_of(office, work.subject_id).state is CleanState.WAITING


@pytest.mark.databases("sqlite")
def test_file_that_is_gone_is_nothing_to_do(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    with office.database.write() as session:
        session.execute(delete(SealedObject).where(SealedObject.id == work.subject_id))
    clean_file(work, bench)
    assert outbox(office) == []


@pytest.mark.databases("sqlite")
def test_file_without_a_cleaners_grant_waits_for_one(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    with office.database.write() as session:
        desk = office.keys.desk.id
        session.execute(delete(ObjectGrant).where(ObjectGrant.recipient_key_id != desk))
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.AWAITING_GRANT
    assert outbox(office) == []


def _lose_the_day_key(office: TestOffice, bench: Workbench) -> None:
    for path in bench.cleaner_key_dir.glob("day-*"):
        path.unlink()


def _exchange_the_grants(office: TestOffice, bench: Workbench) -> None:
    with office.database.write() as session:
        for grant in session.scalars(select(ObjectGrant)):
            grant.sealed_file_key = bytes(1168)


def _age_the_desk_key(office: TestOffice, bench: Workbench) -> None:
    with office.database.write() as session:
        from portal.models import RecipientKey

        session.get_one(RecipientKey, office.keys.desk.id).signature = bytes(64)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("harm", "error"),
    [
        (_lose_the_day_key, DayKeyAbsent),
        (_exchange_the_grants, GrantUnusable),
        (_age_the_desk_key, RecipientUntrusted),
    ],
    ids=["no private key", "foreign grant", "unsigned recipient"],
)
def test_key_that_cannot_be_used_stops_the_work_and_keeps_the_row(
    office: TestOffice,
    bench: Workbench,
    harm: Callable[[TestOffice, Workbench], None],
    error: type[Exception],
) -> None:
    work = keep_file(office, photograph())
    harm(office, bench)
    with pytest.raises(error):
        clean_file(work, bench)
    with office.database.read() as session:
        assert session.get(OutboxRow, work.outbox_id) is not None
    assert cleaning_of(office, work.subject_id).state is CleanState.WAITING


@pytest.mark.databases("sqlite")
def test_key_of_yesterday_still_opens_what_yesterday_brought(office: TestOffice, bench: Workbench) -> None:
    work = keep_file(office, photograph())
    office.clock.advance(timedelta(days=1))
    clean_file(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED


def test_clean_copy_is_kept_where_the_answer_to_the_commit_was_lost(
    office: TestOffice, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = photograph()
    work = keep_file(office, original)
    with monkeypatch.context() as patched:
        lost = lose_the_answer(office.database, patched, after="sealed_object")
        with pytest.raises(OperationalError):
            clean_file(work, bench)
    assert lost == ["sealed_object"]
    after = cleaning_of(office, work.subject_id)
    assert after.state is CleanState.CLEANED
    assert after.copy is not None
    assert Image.open(io.BytesIO(after.copy)).size == (320, 240)


def test_clean_copy_is_gone_where_it_could_not_be_written(
    office: TestOffice, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = keep_file(office, photograph())
    blobs = blobs_of(office)

    def refuse(*_all: object, **_named: object) -> None:
        raise OperationalError("INSERT", None, Exception("no"))

    monkeypatch.setattr("verification.jobs.clean_file._conclude", refuse)
    with pytest.raises(OperationalError):
        clean_file(work, bench)
    assert (blobs_of(office), len(outbox(office))) == (blobs, 1)
