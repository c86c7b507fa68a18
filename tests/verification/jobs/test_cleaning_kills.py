"""Workers, zygotes and children killed again and again while files are cleaned: each gets one clean copy.

Two workers on one database and one queue server; thirty kills at moments drawn beforehand, of whichever of
the three kinds of process was drawn too. Source: issue 3 "SIGKILL at 100 random moments", 3-architecture 2.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import func, select

from portal.clock import FixedClock, SystemClock
from portal.crypto.stream import ObjectKind
from portal.models import CleanState, SealedObject, StoredFile
from portal.storage.sweep import sweep_orphans
from tests.support.jobs import cleaning_of, keep_file, outbox
from tests.support.office import TestOffice
from tests.support.photographs import MARKS, marks_in, photograph
from tests.support.worker_process import WorkerProcess, record_of, until
from verification.jobs.queue import job_name
from verification.jobs.relay import Relay
from verification.jobs.running import Work, Workbench

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]

FILES, KILLS = 30, 30
#: A file takes a worker about this long, its start in the queue included.
LONGEST_WAIT_SECONDS = 0.25


@pytest.fixture
def clock() -> FixedClock:
    """Now: the processes under test have the machine's own clock."""
    return FixedClock(SystemClock().now())


class Pair:
    """Two workers; one that was killed is followed by another."""

    def __init__(self, start: Callable[[], WorkerProcess], client: Redis) -> None:
        self._start = start
        self._client = client
        self.workers = [start(), start()]

    def kill(self, number: int, *, what: str) -> None:
        """End a worker, or the zygote or child below it, at once; nobody who is in doubt is waited for."""
        worker = self.workers[number]
        pids = {"worker": [worker.pid], "zygote": children_of(worker.pid)}
        pids["child"] = [pid for zygote in pids["zygote"] for pid in children_of(zygote)]
        for pid in pids[what]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if what == "worker":
            worker.wait()
            self.workers[number] = self._start()

    def let_time_pass(self, outbox_ids: list[uuid.UUID]) -> None:
        """Leases that nobody renews any more, and pauses before the next try, are over."""
        at_work = {record_of(self._client, worker.pid).get(b"current_job") for worker in self.workers}
        for one in outbox_ids:
            if job_name(one).encode() not in at_work:
                self._client.delete(f"lease:{one}")


def children_of(pid: int) -> list[int]:
    with contextlib.suppress(FileNotFoundError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


@pytest.fixture
def pair(new_worker: Callable[[], WorkerProcess], client: Redis) -> Pair:
    return Pair(new_worker, client)


def test_every_file_gets_one_clean_copy_whatever_is_killed(
    office: TestOffice, bench: Workbench, relay: Relay, client: Redis, pair: Pair, tmp_path: Path
) -> None:
    chance = random.Random(20261123)
    works = [keep_file(office, photograph(width=1200 + 8 * number, height=900)) for number in range(FILES)]
    pause = threading.Event()
    for _ in range(KILLS):
        pair.let_time_pass([row.id for row in outbox(office)])
        relay.step()
        until(lambda: is_at_work(office, client, works), what="a file being cleaned, or all cleaned")
        pause.wait(chance.random() * LONGEST_WAIT_SECONDS)
        pair.kill(chance.randrange(2), what=chance.choice(["worker", "zygote", "child"]))
    for number in range(2):
        pair.kill(number, what="worker")
    until(lambda: all_done(office, relay, pair, works), what="every file, after the last kill")
    assert {cleaning_of(office, work.subject_id).state for work in works} == {CleanState.CLEANED}
    assert objects_of(office) == {ObjectKind.CLEAN: FILES, ObjectKind.REPORT: FILES}
    for work in works:
        after = cleaning_of(office, work.subject_id)
        assert after.copy is not None
        assert marks_in(after.copy) == set()
    assert_nothing_is_left(office, bench, tmp_path)


def is_at_work(office: TestOffice, client: Redis, works: list[Work]) -> bool:
    left = {row.id for row in outbox(office)} & {work.outbox_id for work in works}
    return not left or any(client.hget(f"rq:job:{job_name(one)}", "status") == b"started" for one in left)


def all_done(office: TestOffice, relay: Relay, pair: Pair, works: list[Work]) -> bool:
    rows = {row.id: row for row in outbox(office)}
    assert not [row for row in rows.values() if row.dead], "a file was given up"
    left = [work.outbox_id for work in works if work.outbox_id in rows]
    pair.let_time_pass(left)
    relay.step()
    return not left


def objects_of(office: TestOffice) -> dict[int, int]:
    """How many clean copies and reports there are."""
    query = (
        select(SealedObject.kind, func.count())
        .where(SealedObject.kind.in_((ObjectKind.CLEAN, ObjectKind.REPORT)))
        .group_by(SealedObject.kind)
    )
    with office.database.read() as session:
        return {row[0]: row[1] for row in session.execute(query)}


def assert_nothing_is_left(office: TestOffice, bench: Workbench, folder: Path) -> None:
    """No half-written blob outlives the sweep, and nothing readable lies in any file."""
    later = FixedClock(SystemClock().now() + timedelta(days=3))
    sweep_orphans(office.database, blobs=bench.blobs, clock=later)
    with office.database.read() as session:
        named = set(
            session.scalars(select(SealedObject.blob_name).where(SealedObject.blob_name.is_not(None)))
        )
        assert session.scalar(select(func.count()).select_from(StoredFile)) == FILES
    assert {blob.name for blob in bench.blobs.stored()} == named
    for path in folder.rglob("*"):
        if path.is_file():
            assert not [mark for mark in MARKS if MARKS[mark].encode() in path.read_bytes()], path
