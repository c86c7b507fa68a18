"""Claiming and enqueuing, against a real queue server that is also killed and emptied."""

from __future__ import annotations

import logging
import threading
import uuid
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import DateTime, select

from portal.clock import FixedClock
from portal.db import Database
from portal.models import OutboxRow, OutboxTopic, Rng
from portal.models.base import UtcDateTime
from portal.outbox import post
from tests.support.valkey import ValkeyProcess
from verification.jobs import relay as relays
from verification.jobs.queue import FUNCTION, JobQueue, Lane, connect, job_name
from verification.jobs.relay import ROOM, WORKER_DIED, Relay
from verification.jobs.running import MAX_ATTEMPTS
from verification.jobs.schedule import post_due

ACT, FILE = OutboxTopic.INFORMANT_EVENT, OutboxTopic.CLEAN_FILE


@pytest.fixture
def client(valkey: ValkeyProcess) -> Iterator[Redis]:
    with connect(valkey.url) as opened:
        yield opened


@pytest.fixture
def queue(client: Redis) -> JobQueue:
    return JobQueue(client)


@pytest.fixture
def relay(database: Database, queue: JobQueue, clock: FixedClock, rng: Rng) -> Relay:
    """A relay whose recurring work is already posted and run."""
    post_due(database, clock=clock, rng=rng)
    with database.write() as session:
        for row in session.scalars(select(OutboxRow)):
            session.delete(row)
    return Relay(database, queue, clock=clock, rng=rng)


def posted(
    database: Database,
    rng: Rng,
    topic: OutboxTopic = ACT,
    *,
    count: int = 1,
    attempts: int = 0,
    due_in: timedelta | None = None,
    clock: FixedClock | None = None,
) -> list[uuid.UUID]:
    due_at = clock.now() + due_in if clock and due_in else None
    with database.write() as session:
        ids = [
            post(session, topic=topic, subject_id=uuid.uuid4(), rng=rng, due_at=due_at) for _ in range(count)
        ]
        session.flush()
        for row in session.scalars(select(OutboxRow)):
            row.attempts = attempts
    return ids


def attempts_of(database: Database) -> list[int]:
    with database.read() as session:
        return sorted(session.scalars(select(OutboxRow.attempts)))


def queued(queue: JobQueue, lane: Lane = Lane.ACTS) -> list[str]:
    return sorted(queue.queue(lane).job_ids)


def raw(value: bytes | str) -> bytes:
    assert isinstance(value, bytes)
    return value


def text(value: bytes | str) -> str:
    return raw(value).decode()


def lose_lease(client: Redis, outbox_id: uuid.UUID) -> None:
    """As when its time is over."""
    assert client.delete(f"lease:{outbox_id}") == 1


def test_ready_row_is_enqueued_once(relay: Relay, database: Database, queue: JobQueue, rng: Rng) -> None:
    (outbox_id,) = posted(database, rng)
    assert [relay.step(), relay.step()] == [1, 0]
    assert queued(queue) == [job_name(outbox_id)]
    assert attempts_of(database) == [1]


@pytest.mark.databases("sqlite")
def test_job_holds_one_function_and_one_id(relay: Relay, database: Database, client: Redis, rng: Rng) -> None:
    """Every key and every value on the server, so that nothing can have been missed."""
    (outbox_id,) = posted(database, rng)
    relay.step()
    name = job_name(outbox_id)
    assert {text(key) for key in client.scan_iter()} == {
        f"lease:{outbox_id}", f"rq:job:{name}", "rq:queue:acts", "rq:queues",
    }  # fmt: skip
    job = {text(field): raw(value) for field, value in client.hgetall(f"rq:job:{name}").items()}
    assert zlib.decompress(job.pop("data")).decode() == f'["{FUNCTION}", null, ["{outbox_id}"], {{}}]'
    assert {name: value.decode() for name, value in job.items() if value and not name.endswith("_at")} == {
        "origin": "acts", "description": "acts", "timeout": "900", "result_ttl": "0", "failure_ttl": "60",
        "status": "queued",
    }  # fmt: skip


def test_files_and_acts_wait_in_lanes_of_their_own(
    relay: Relay, database: Database, queue: JobQueue, rng: Rng
) -> None:
    (notice,), (file,) = posted(database, rng, ACT), posted(database, rng, FILE)
    assert relay.step() == 2
    assert (queued(queue, Lane.ACTS), queued(queue, Lane.FILES)) == ([job_name(notice)], [job_name(file)])


def test_of_rows_that_are_done_together_one_is_claimed(
    relay: Relay, database: Database, queue: JobQueue, rng: Rng
) -> None:
    posted(database, rng, OutboxTopic.STAFF_NOTICE, count=5)
    posted(database, rng, count=3)
    assert relay.step() == 3 + 1
    assert sorted(attempts_of(database)) == [0] * 4 + [1] * 4


def test_relays_that_meet_enqueue_a_row_once(
    relay: Relay, database: Database, queue: JobQueue, valkey: ValkeyProcess, clock: FixedClock, rng: Rng
) -> None:
    ids = posted(database, rng, count=20)
    meet = threading.Barrier(4)

    def step(_number: int) -> int:
        with connect(valkey.url) as own:
            one = Relay(database, JobQueue(own), clock=clock, rng=rng)
            meet.wait(30)
            return one.step()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(step, range(4))) == 20
    assert queued(queue) == sorted(map(job_name, ids))
    assert attempts_of(database) == [1] * 20


def test_lease_is_taken_by_one(queue: JobQueue) -> None:
    """One of two locks; the other is the conditional UPDATE, which holds when the server lost its leases."""
    outbox_id = uuid.uuid4()
    assert [queue.take_leases([outbox_id]), queue.take_leases([outbox_id])] == [{outbox_id}, set()]


def test_relays_that_meet_while_leases_are_lost_count_one_attempt(
    relay: Relay, database: Database, valkey: ValkeyProcess, clock: FixedClock, rng: Rng
) -> None:
    """The server is emptied between lease and UPDATE: each relay believes that it holds the lease."""
    posted(database, rng, count=10)
    meet = threading.Barrier(3)

    class Forgetful(JobQueue):
        def take_leases(self, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
            meet.wait(30)
            super().take_leases(ids)
            return set(ids)

    def step(_number: int) -> int:
        with connect(valkey.url) as own:
            return Relay(database, Forgetful(own), clock=clock, rng=rng).step()

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(step, range(3))) == 10
    assert attempts_of(database) == [1] * 10


def test_row_is_not_claimed_before_it_is_due(
    relay: Relay, database: Database, clock: FixedClock, rng: Rng
) -> None:
    posted(database, rng, due_in=timedelta(seconds=30), clock=clock)
    clock.advance(timedelta(seconds=29))
    assert relay.step() == 0
    clock.advance(timedelta(seconds=1))
    assert relay.step() == 1


@pytest.mark.databases("sqlite")
def test_backlog_waits_in_the_database(relay: Relay, database: Database, queue: JobQueue, rng: Rng) -> None:
    posted(database, rng, count=ROOM[Lane.ACTS] + 5)
    posted(database, rng, FILE, count=ROOM[Lane.FILES] + 5)
    assert relay.step() == ROOM[Lane.ACTS] + ROOM[Lane.FILES]
    assert relay.step() == 0
    queue.queue(Lane.FILES).pop_job_id()
    assert relay.step() == 1


@pytest.mark.databases("sqlite")
def test_queue_server_away_claims_nothing_and_counts_nothing(
    relay: Relay, database: Database, queue: JobQueue, valkey: ValkeyProcess, rng: Rng
) -> None:
    (outbox_id,) = posted(database, rng)
    valkey.stop()
    with pytest.raises(RedisError):
        relay.step()
    assert attempts_of(database) == [0]
    valkey.start()
    assert relay.step() == 1
    assert queued(queue) == [job_name(outbox_id)]


def test_job_lost_with_the_server_is_enqueued_again(
    relay: Relay, database: Database, queue: JobQueue, client: Redis, rng: Rng
) -> None:
    (outbox_id,) = posted(database, rng)
    relay.step()
    client.flushall()
    assert queued(queue) == []
    assert relay.step() == 1
    assert queued(queue) == [job_name(outbox_id)]
    assert attempts_of(database) == [2]


def test_job_of_a_worker_that_died_is_replaced(
    relay: Relay, database: Database, queue: JobQueue, client: Redis, rng: Rng
) -> None:
    (outbox_id,) = posted(database, rng)
    relay.step()
    queue.queue(Lane.ACTS).pop_job_id()  # a worker took it and was never heard of again
    client.hset(f"rq:job:{job_name(outbox_id)}", "status", "started")
    assert relay.step() == 0
    lose_lease(client, outbox_id)
    assert relay.step() == 1
    assert queued(queue) == [job_name(outbox_id)]
    assert attempts_of(database) == [2]


@pytest.mark.databases("sqlite")
def test_job_that_still_waits_its_turn_is_no_attempt(
    relay: Relay, database: Database, queue: JobQueue, client: Redis, rng: Rng
) -> None:
    (outbox_id,) = posted(database, rng)
    relay.step()
    lose_lease(client, outbox_id)
    assert relay.step() == 0
    assert (queued(queue), attempts_of(database)) == ([job_name(outbox_id)], [1])
    assert client.exists(f"lease:{outbox_id}")


@pytest.mark.databases("sqlite")
def test_pause_keeps_a_row_from_being_claimed(
    relay: Relay, database: Database, queue: JobQueue, client: Redis, rng: Rng
) -> None:
    (outbox_id,) = posted(database, rng, attempts=1)
    queue.pause(outbox_id, seconds=100)
    assert relay.step() == 0
    lose_lease(client, outbox_id)
    assert relay.step() == 1


def test_row_whose_workers_all_died_becomes_a_dead_letter(
    relay: Relay, database: Database, queue: JobQueue, rng: Rng
) -> None:
    posted(database, rng, attempts=MAX_ATTEMPTS)
    assert [relay.step(), relay.step()] == [0, 0]
    with database.read() as session:
        rows = [(row.dead, row.error_code) for row in session.scalars(select(OutboxRow))]
    assert (rows, queued(queue)) == ([(True, WORKER_DIED)], [])


@pytest.mark.databases("sqlite")
def test_long_tail_of_failures_hides_nothing(
    relay: Relay, database: Database, queue: JobQueue, monkeypatch: pytest.MonkeyPatch, rng: Rng
) -> None:
    monkeypatch.setattr(relays, "LOOK_AGAIN", 3)
    ids = sorted(posted(database, rng, count=10, attempts=1))
    for outbox_id in ids[:-1]:
        queue.pause(outbox_id, seconds=100)
    assert sum(relay.step() for _ in range(4)) == 1
    assert queued(queue) == [job_name(ids[-1])]


@pytest.mark.databases("sqlite")
def test_relay_says_once_that_it_waits_and_once_that_it_goes_on(
    relay: Relay, valkey: ValkeyProcess, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = iter(range(6))

    class Stop(threading.Event):
        """Not real time: each pause is a round of the test."""

        def wait(self, timeout: float | None = None) -> bool:
            pauses.append(timeout or 0.0)
            if next(rounds) == 3:
                valkey.start()
            if len(pauses) == 6:
                self.set()
            return True

    pauses: list[float] = []
    valkey.stop()
    with caplog.at_level(logging.INFO, logger="xiansuo.relay"):
        relay.run(Stop())
    assert [record.getMessage() for record in caplog.records] == [
        "waiting: ConnectionError",
        "queue and database answer again",
    ]
    assert pauses[:4] == [0.3, 0.6, 1.2, 2.4]
    assert pauses[4] <= 0.3


def test_no_moment_of_a_claim_is_kept_in_the_database() -> None:
    moments = {
        column.name
        for column in OutboxRow.__table__.columns
        if isinstance(column.type, UtcDateTime | DateTime)
    }
    assert moments == {"due_at"}
