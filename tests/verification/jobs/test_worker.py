"""A real worker process, a real queue server, and what happens when either is killed."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import signal
import uuid
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis
from rq.exceptions import StopRequested
from sqlalchemy import func, select

from portal.clock import FixedClock, SystemClock
from portal.crypto.stream import ObjectKind
from portal.models import CleanState, OutboxTopic, SealedObject
from tests.support.jobs import cleaning_of, keep_file, outbox
from tests.support.office import HOST_KEY, TestOffice
from tests.support.photographs import MARKS, photograph
from tests.support.valkey import ValkeyProcess
from tests.support.worker_process import WorkerProcess, is_gone, until
from verification.jobs.queue import JobQueue, connect, job_name
from verification.jobs.relay import Relay
from verification.jobs.running import Work, Workbench
from verification.jobs.schedule import RECURRING
from verification.jobs.worker import Lines
from verification.models import StaffNotice

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]


@pytest.fixture
def clock() -> FixedClock:
    """Now: the processes under test have the machine's own clock."""
    return FixedClock(SystemClock().now())


def is_done(office: TestOffice, work: Work) -> Callable[[], bool]:
    return lambda: work.outbox_id not in {row.id for row in outbox(office)}


def has_started(client: Redis, work: Work) -> Callable[[], bool]:
    return lambda: client.hget(f"rq:job:{job_name(work.outbox_id)}", "status") == b"started"


def clean_copies(office: TestOffice) -> int:
    query = select(func.count()).select_from(SealedObject).where(SealedObject.kind == ObjectKind.CLEAN)
    with office.database.read() as session:
        return session.scalar(query) or 0


def everything_on(client: Redis) -> bytes:
    """Every key and value on the server, compressed fields opened."""
    found: list[bytes | str] = []
    for key in client.scan_iter():
        found += [key, client.dump(key) or b""]
        if client.type(key) == b"hash":
            for field, value in client.hgetall(key).items():
                found += [field, value]
                if field == b"data" and isinstance(value, bytes):
                    found.append(zlib.decompress(value))
    return b"\n".join(one if isinstance(one, bytes) else one.encode() for one in found)


def _was_told(client: Redis) -> bool:
    workers = [key for key in client.keys("rq:worker:*") if client.type(key) == b"hash"]
    return any(client.hexists(key, "shutdown_requested_date") for key in workers)


def test_photograph_is_cleaned_by_a_worker(
    office: TestOffice, relay: Relay, client: Redis, new_worker: Callable[[], WorkerProcess]
) -> None:
    work = keep_file(office, photograph())
    new_worker()
    assert relay.step() == len(RECURRING) + 1  # every recurring turn, and the file
    until(is_done(office, work), what="the clean copy")
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
    until(lambda: outbox(office) == [], what="everything else")
    until(lambda: client.keys("rq:job:*") == [], what="no job is left")
    assert client.keys("rq:results:*") + client.keys("rq:failed:*") + client.keys("lease:*") == []


def test_worker_killed_in_the_middle_is_followed_by_one_that_finishes(
    office: TestOffice, relay: Relay, client: Redis, new_worker: Callable[[], WorkerProcess]
) -> None:
    work, first = keep_file(office, photograph()), new_worker()
    zygote = first.zygote()
    os.kill(zygote, signal.SIGSTOP)  # so that the worker is surely in the middle of the job
    relay.step()
    until(has_started(client, work), what="the job")
    first.signal(signal.SIGKILL)
    first.wait()
    until(lambda: is_gone(zygote), what="the end of the zygote with its worker")
    assert cleaning_of(office, work.subject_id).state is CleanState.WAITING
    assert client.delete(f"lease:{work.outbox_id}") == 1  # its time is over
    assert relay.step() >= 1
    new_worker()
    until(is_done(office, work), what="the clean copy")
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
    assert (clean_copies(office), len(list(office.blobs.stored()))) == (1, 2)


def test_worker_told_to_stop_finishes_its_job(
    office: TestOffice, relay: Relay, client: Redis, new_worker: Callable[[], WorkerProcess]
) -> None:
    work, worker = keep_file(office, photograph()), new_worker()
    zygote = worker.zygote()
    os.kill(zygote, signal.SIGSTOP)
    relay.step()
    until(has_started(client, work), what="the job")
    worker.signal(signal.SIGTERM)
    until(lambda: _was_told(client), what="the worker's note that it was told")
    os.kill(zygote, signal.SIGCONT)
    assert worker.wait() == 0
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
    assert is_gone(zygote)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_worker_told_to_stop_stops(
    new_worker: Callable[[], WorkerProcess], number: signal.Signals
) -> None:
    worker = new_worker()
    worker.signal(number)
    assert worker.wait() == 0


def test_worker_told_to_stop_while_the_server_is_away_stops(
    valkey: ValkeyProcess, new_worker: Callable[[], WorkerProcess]
) -> None:
    worker = new_worker()
    valkey.stop()
    until(lambda: "waiting: " in worker.said(), what="the worker's line")
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    assert len(worker.said().splitlines()) == 1


def test_worker_started_while_the_server_is_away_waits_for_it(
    office: TestOffice, settings: dict[str, str], valkey: ValkeyProcess, tmp_path: Path
) -> None:
    work, worker = keep_file(office, photograph()), WorkerProcess(settings, log=tmp_path / "early.log")
    valkey.stop()
    worker.start()
    try:
        until(lambda: "waiting: ConnectionError" in worker.said(), what="the worker's line")
        valkey.start()
        with connect(valkey.url) as client:
            Relay(office.database, JobQueue(client), clock=office.clock, rng=office.rng).step()
        until(is_done(office, work), what="the clean copy")
    finally:
        worker.end()


def test_queue_server_killed_and_back_loses_nothing(
    office: TestOffice,
    settings: dict[str, str],
    valkey: ValkeyProcess,
    new_worker: Callable[[], WorkerProcess],
    tmp_path: Path,
) -> None:
    """Relay and worker as processes; the server dies with jobs in it and before others come."""
    relay = WorkerProcess(settings, log=tmp_path / "relay.log", module="verification.jobs.relay")
    worker = new_worker()
    zygote = worker.zygote()
    os.kill(zygote, signal.SIGSTOP)
    before = keep_file(office, photograph())
    relay.start()
    try:
        with connect(valkey.url) as client:
            until(has_started(client, before), what="the job")
        valkey.stop()
        after = keep_file(office, photograph(width=200))
        os.kill(zygote, signal.SIGCONT)
        until(is_done(office, before), what="the job that ran on")
        until(lambda: "waiting: ConnectionError" in relay.said(), what="the relay's line")
        assert not is_done(office, after)()
        valkey.start()
        until(is_done(office, after), what="the job that came meanwhile")
        assert relay.said().count("waiting:") == 1
        relay.signal(signal.SIGTERM)
        assert relay.wait() == 0
    finally:
        relay.end()
    assert {cleaning_of(office, one.subject_id).state for one in (before, after)} == {CleanState.CLEANED}


def test_nothing_of_a_file_is_on_the_server_or_in_a_log(
    office: TestOffice,
    bench: Workbench,
    relay: Relay,
    client: Redis,
    valkey: ValkeyProcess,
    new_worker: Callable[[], WorkerProcess],
) -> None:
    work, worker = keep_file(office, photograph()), new_worker()
    zygote = worker.zygote()
    os.kill(zygote, signal.SIGSTOP)
    relay.step()
    until(has_started(client, work), what="the job")
    during = everything_on(client)
    os.kill(zygote, signal.SIGCONT)
    until(is_done(office, work), what="the clean copy")
    worker.signal(signal.SIGTERM)
    worker.wait()
    texts = during + everything_on(client) + worker.said().encode()
    texts += (valkey.socket_path.parent / "valkey.log").read_bytes()
    secret = [mark.encode() for mark in MARKS.values()] + [
        path.read_bytes() for path in bench.cleaner_key_dir.iterdir()
    ]
    secret += [HOST_KEY, HOST_KEY.hex().encode(), work.subject_id.bytes, str(work.subject_id).encode()]
    assert str(work.outbox_id).encode() in during  # so that what is there would have been found
    assert [one for one in secret if one in texts] == []
    assert str(work.outbox_id) not in worker.said()
    assert OutboxTopic.CLEAN_FILE.value.encode() not in texts


def test_zygote_holds_no_setting_and_no_descriptor(new_worker: Callable[[], WorkerProcess]) -> None:
    worker = new_worker()
    zygote = worker.zygote()
    environ = Path(f"/proc/{zygote}/environ")
    until(lambda: environ.read_bytes() != b"" and b"XIANSUO" not in environ.read_bytes(), what="its exec")
    assert b"XIANSUO_HOST_KEY" in Path(f"/proc/{worker.pid}/environ").read_bytes()
    wanted = ["/dev/null"] * 3 + ["socket"]
    until(lambda: descriptors_of(zygote) == wanted, what="its four descriptors, and fonts")


def descriptors_of(pid: int) -> list[str]:
    """What a process has open, fonts apart: they are mapped for documents that bring none."""
    found = []
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            target = os.readlink(entry)
            if not target.startswith("/usr/share/fonts/"):
                found.append(target.split(":")[0])
    return sorted(found)


def test_job_named_by_a_stranger_is_nothing_to_do(
    office: TestOffice, relay: Relay, client: Redis, new_worker: Callable[[], WorkerProcess]
) -> None:
    new_worker()
    queue = JobQueue(client)
    queue.enqueue(uuid.uuid4(), lane=next(iter(queue.waiting())))
    until(lambda: client.keys("rq:job:*") == [], what="the end of the strange job")
    work = keep_file(office, photograph())
    relay.step()
    until(is_done(office, work), what="the clean copy")


def test_tip_is_announced_by_relay_and_worker(
    office: TestOffice, settings: dict[str, str], new_worker: Callable[[], WorkerProcess], tmp_path: Path
) -> None:
    """From the commit of a tip to the desk's notice, through relay, server and worker."""
    relay = WorkerProcess(settings, log=tmp_path / "relay.log", module="verification.jobs.relay")
    new_worker()
    relay.start()
    try:
        until(lambda: outbox(office) == [], what="the recurring work")
        tip_id, _receipt = office.send_tip()
        until(lambda: outbox(office) == [], what="the notice")
        with office.database.read() as session:
            notices = session.scalars(select(StaffNotice).where(StaffNotice.subject_id == tip_id)).all()
        assert {notice.staff_id for notice in notices} == {office.staff_id("fan"), office.staff_id("shen")}
    finally:
        relay.end()


def test_stop_that_comes_while_a_line_is_written_is_neither_printed_nor_lost(
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Stopped(io.StringIO):
        def write(self, _text: str) -> int:
            raise StopRequested

    lines = Lines(Stopped())
    record = logging.LogRecord("xiansuo.worker", logging.WARNING, __file__, 1, "waiting: %s", ("x",), None)
    with pytest.raises(StopRequested):
        lines.handle(record)
    assert capsys.readouterr().err == ""
