"""The sweep: removes what nobody can use any more, and nothing else, killed at any step or not."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.clock import FixedClock
from portal.db import Database
from portal.domain import messages
from portal.domain.drafts import DraftFileInfo, DraftSecrets, list_files
from portal.domain.errors import FilesGone
from portal.domain.intake import Intake
from portal.domain.submit import submit_tip
from portal.models import Attachment, Base, Desk, Draft, DraftFile, ObjectGrant, Rng, SealedObject, Tip
from portal.models.records import Identity
from portal.storage.blobs import Blobs
from portal.storage.filesystem import INCOMING, FileBlobs
from portal.storage.sweep import Swept, sweep_orphans
from tests.support.files import put_files, seal_files
from tests.support.intake import SigningDesk, a_statement, open_intake

NOTHING = Swept(drafts=0, files=0, orphans=0, unfinished=0, levelled=0)


@pytest.fixture
def signing(database: Database, clock: FixedClock, rng: Rng) -> SigningDesk:
    return SigningDesk(database, clock=clock, rng=rng)


@pytest.fixture
def intake(signing: SigningDesk, clock: FixedClock, tmp_path: Path) -> Intake:
    return open_intake(signing, folder=tmp_path / "blobs", clock=clock)


@pytest.fixture
def draft(rng: Rng) -> DraftSecrets:
    return DraftSecrets(rng(32), rng(32))


def sweep(intake: Intake) -> Swept:
    return sweep_orphans(intake.database, blobs=intake.blobs, clock=intake.clock)


def count(database: Database, model: type[Base]) -> int:
    with database.read() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


def names(blobs: Blobs) -> set[str]:
    return {blob.name for blob in blobs.stored()}


@pytest.mark.parametrize(("days", "gone"), [(0, False), (1, False), (2, True)])
def test_unsent_draft_goes_after_its_second_day_with_its_files(
    intake: Intake, draft: DraftSecrets, clock: FixedClock, days: int, gone: bool
) -> None:
    put_files(intake, draft, [("a", b"1"), ("b", b"2")])
    clock.advance(timedelta(days=days))
    swept = sweep(intake)
    assert (swept.drafts, swept.files) == ((1, 2) if gone else (0, 0))
    left = 0 if gone else 2
    assert len(list_files(intake, draft=draft)) == left
    assert len(names(intake.blobs)) == left
    assert (count(intake.database, SealedObject), count(intake.database, DraftFile)) == (left, left)


def test_sent_files_stay_when_their_draft_goes(
    intake: Intake, signing: SigningDesk, draft: DraftSecrets, clock: FixedClock
) -> None:
    sent, _unsent = put_files(intake, draft, [("sent", b"photo"), ("unsent", b"other")])
    submit_tip(
        intake,
        draft=draft,
        statement=a_statement(),
        identity=Identity(),
        desk=Desk.DESK,
        files=[sent.object_id],
    )
    clock.advance(timedelta(days=2))
    swept = sweep(intake)
    # The draft, and the row that said its form was sent.
    assert (swept.drafts, swept.files, swept.orphans) == (2, 1, 0)
    assert names(intake.blobs) == {sent.blob_name}
    assert signing.original(sent.object_id, intake=intake) == b"photo"
    assert (count(intake.database, Draft), count(intake.database, DraftFile)) == (0, 0)
    assert (count(intake.database, Attachment), count(intake.database, Tip)) == (1, 1)


@pytest.mark.parametrize(("days", "gone"), [(1, False), (2, True)])
def test_blob_without_a_row_goes_after_its_second_day(
    intake: Intake, draft: DraftSecrets, clock: FixedClock, days: int, gone: bool
) -> None:
    [orphan] = seal_files(intake, [("orphan", b"x")])
    clock.advance(timedelta(days=days))
    [named] = put_files(intake, draft, [("named", b"y")])
    assert sweep(intake).orphans == (1 if gone else 0)
    assert names(intake.blobs) == ({named.blob_name} if gone else {named.blob_name, orphan.blob_name})


def test_unfinished_file_goes_once_it_has_stood_still_for_hours(
    intake: Intake, rng: Rng, tmp_path: Path
) -> None:
    idle, growing = intake.blobs.create(rng=rng), intake.blobs.create(rng=rng)
    long_ago = time.time() - 7 * 3600
    os.utime(tmp_path / "blobs" / INCOMING / idle.name, (long_ago, long_ago))
    assert sweep(intake).unfinished == 1
    assert [path.name for path in (tmp_path / "blobs" / INCOMING).iterdir()] == [growing.name]


def test_blobs_of_yesterday_get_one_change_time(
    intake: Intake, draft: DraftSecrets, clock: FixedClock
) -> None:
    put_files(intake, draft, [("a", b"1"), ("b", b"2")])
    assert sweep(intake).levelled == 0
    clock.advance(timedelta(days=1))
    assert sweep(intake).levelled == 2


def test_second_run_finds_nothing(intake: Intake, draft: DraftSecrets, clock: FixedClock) -> None:
    put_files(intake, draft, [("a", b"1")])
    seal_files(intake, [("orphan", b"x")])
    clock.advance(timedelta(days=2))
    assert sweep(intake) == Swept(drafts=1, files=1, orphans=1, unfinished=0, levelled=0)
    assert sweep(intake) == NOTHING


class Killed(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("deleted_before", [0, 1, 2])
def test_sweep_killed_between_deletions_is_finished_by_the_next(
    intake: Intake,
    draft: DraftSecrets,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    deleted_before: int,
) -> None:
    put_files(intake, draft, [("a", b"1"), ("b", b"2"), ("c", b"3")])
    clock.advance(timedelta(days=2))
    real, left = FileBlobs.delete, deleted_before

    def dying(self: FileBlobs, name: str) -> None:
        nonlocal left
        if left == 0:
            raise Killed
        left -= 1
        real(self, name)

    monkeypatch.setattr(FileBlobs, "delete", dying)
    with pytest.raises(Killed):
        sweep(intake)
    assert len(names(intake.blobs)) == 3 - deleted_before
    monkeypatch.undo()
    assert sweep(intake).orphans == 3 - deleted_before
    assert names(intake.blobs) == set()
    assert count(intake.database, SealedObject) == 0


def test_many_drafts_are_swept_in_batches(
    intake: Intake, rng: Rng, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.storage.sweep.BATCH", 2)
    for _ in range(5):
        put_files(intake, DraftSecrets(rng(32), rng(32)), [("a", b"1")])
    clock.advance(timedelta(days=2))
    swept = sweep(intake)
    assert (swept.drafts, swept.files) == (5, 5)
    assert names(intake.blobs) == set()


def test_files_swept_under_a_form_left_open_are_named_when_it_is_sent(
    intake: Intake, draft: DraftSecrets, clock: FixedClock
) -> None:
    [file] = put_files(intake, draft, [("a", b"1")])
    clock.advance(timedelta(days=2))
    sweep(intake)
    with pytest.raises(FilesGone) as caught:
        submit_tip(
            intake,
            draft=draft,
            statement=a_statement(),
            identity=Identity(),
            desk=Desk.DESK,
            files=[file.object_id],
        )
    assert caught.value.object_ids == frozenset({file.object_id})
    assert (count(intake.database, Tip), count(intake.database, ObjectGrant)) == (0, 0)


@pytest.mark.databases("postgresql")
def test_file_that_is_being_sent_this_moment_is_not_swept(
    intake: Intake,
    signing: SigningDesk,
    draft: DraftSecrets,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On PostgreSQL both run at once: the sweep waits for the row, sees that it was sent, and leaves it."""
    [file] = put_files(intake, draft, [("a", b"photo")])
    clock.advance(timedelta(days=2))
    locked, swept = threading.Event(), []
    real = messages.mark_submitted

    def slowly(session: Session, files: Sequence[DraftFileInfo]) -> None:
        real(session, files)
        locked.set()
        sweeper.join(timeout=0.5)

    def sweeping() -> None:
        locked.wait(timeout=5)
        swept.append(sweep(intake))

    sweeper = threading.Thread(target=sweeping)
    monkeypatch.setattr("portal.domain.submit.mark_submitted", slowly)
    sweeper.start()
    submit_tip(
        intake,
        draft=draft,
        statement=a_statement(),
        identity=Identity(),
        desk=Desk.DESK,
        files=[file.object_id],
    )
    sweeper.join(timeout=10)
    assert [(report.files, report.orphans) for report in swept] == [(0, 0)]
    assert signing.original(file.object_id, intake=intake) == b"photo"
