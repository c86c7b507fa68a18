"""The queue server: leases, and the RQ jobs named after outbox rows.

Owns every key written there. A job is one function and one id; nothing else of a tip, not even a topic,
reaches the server, and it keeps nothing on disk. Leases lie here and not in the database, because the moment
of a lease would tell when a tip came. Losing the server loses leases and jobs: the relay makes them anew.
Must not know: handlers, tables. Source: 3-architecture rule 2, 7-facts "Queue".
"""

from __future__ import annotations

import contextlib
import threading
import uuid
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Final

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer

FUNCTION: Final = "verification.jobs.worker.run_outbox"
LEASE_SECONDS: Final = 120
RENEW_EVERY_SECONDS: Final = 30.0
#: Longer than any job takes: two children at their wall-clock limit for the largest file.
JOB_SECONDS: Final = 900
FAILURE_SECONDS: Final = 60
CONNECT_SECONDS: Final = 2.0
ANSWER_SECONDS: Final = 5.0


class Lane(StrEnum):
    """The two RQ queues, in the order workers look at them: acts first, so that files never hold them up."""

    ACTS = "acts"
    FILES = "files"


def connect(url: str) -> Redis:
    """A client that fails at once when the server is away; whoever calls it decides about trying again."""
    return Redis.from_url(
        url,
        retry=Retry(NoBackoff(), 0),
        socket_connect_timeout=CONNECT_SECONDS,
        socket_timeout=ANSWER_SECONDS,
    )


class JobQueue:
    """Leases and jobs on one server. Every method raises RedisError while it is away."""

    def __init__(self, client: Redis, *, lease_seconds: int = LEASE_SECONDS) -> None:
        self.client = client
        self._lease_seconds = lease_seconds
        self._queues = {
            lane: Queue(lane.value, connection=client, serializer=JSONSerializer) for lane in Lane
        }

    def queue(self, lane: Lane) -> Queue:
        """The RQ queue of a lane."""
        return self._queues[lane]

    def waiting(self) -> dict[Lane, int]:
        """How many jobs wait in each lane."""
        with self.client.pipeline(transaction=False) as pipe:
            for lane in Lane:
                pipe.llen(self._queues[lane].key)
            return dict(zip(Lane, pipe.execute(), strict=True))

    def take_leases(self, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Lease each row that nobody has leased; returns those that are now ours."""
        with self.client.pipeline(transaction=False) as pipe:
            for outbox_id in ids:
                pipe.set(_lease(outbox_id), b"1", nx=True, ex=self._lease_seconds)
            return {outbox_id for outbox_id, taken in zip(ids, pipe.execute(), strict=True) if taken}

    def leased(self, ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
        """Those of the rows that somebody has leased, or that wait for another try."""
        with self.client.pipeline(transaction=False) as pipe:
            for outbox_id in ids:
                pipe.exists(_lease(outbox_id))
            return {outbox_id for outbox_id, held in zip(ids, pipe.execute(), strict=True) if held}

    def renew(self, outbox_id: uuid.UUID) -> None:
        """Hold a lease for as long again; makes it where the server lost it."""
        self.client.set(_lease(outbox_id), b"1", ex=self._lease_seconds)

    def let_go(self, ids: Iterable[uuid.UUID]) -> None:
        """End leases at once."""
        if keys := [_lease(outbox_id) for outbox_id in ids]:
            self.client.delete(*keys)

    def pause(self, outbox_id: uuid.UUID, *, seconds: int) -> None:
        """Keep a row from being claimed: the pause before another try is a lease without a job."""
        self.client.set(_lease(outbox_id), b"1", ex=seconds)

    def is_queued(self, outbox_id: uuid.UUID, *, lane: Lane) -> bool:
        """Whether its job still waits its turn; such a row is not lost however long it waits."""
        return self.client.lpos(self._queues[lane].key, job_name(outbox_id)) is not None

    def enqueue(self, outbox_id: uuid.UUID, *, lane: Lane) -> None:
        """Add the job of a row. One left over from a worker that died is replaced."""
        for is_last_try in (False, True):
            try:
                self._queues[lane].enqueue_call(
                    FUNCTION,
                    args=(str(outbox_id),),
                    job_id=job_name(outbox_id),
                    unique=True,
                    description=lane.value,
                    timeout=JOB_SECONDS,
                    result_ttl=0,
                    failure_ttl=FAILURE_SECONDS,
                )
            except DuplicateJobError:
                if is_last_try:
                    raise
                self._forget(outbox_id)
            else:
                return

    def _forget(self, outbox_id: uuid.UUID) -> None:
        with contextlib.suppress(NoSuchJobError):
            Job.fetch(job_name(outbox_id), connection=self.client, serializer=JSONSerializer).delete()

    @contextlib.contextmanager
    def holding(self, outbox_id: uuid.UUID) -> Iterator[None]:
        """Keep a row's lease alive while its work runs, from a thread of its own."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep_renewing, args=(outbox_id, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep_renewing(self, outbox_id: uuid.UUID, done: threading.Event) -> None:
        while not done.wait(RENEW_EVERY_SECONDS):
            with contextlib.suppress(RedisError):
                self.renew(outbox_id)


def job_name(outbox_id: uuid.UUID) -> str:
    """The RQ job's id."""
    return f"outbox-{outbox_id}"


def _lease(outbox_id: uuid.UUID) -> str:
    return f"lease:{outbox_id}"
