"""From outbox to queue: ``python -m verification.jobs.relay``. Also posts the recurring work when it is due.

Owns claiming: a row is claimed by a lease on the queue server and a conditional UPDATE that counts the
attempt, so that of any number of relays one enqueues it, and a job lost with its worker or with the server
runs again.
Must not know: what any topic does. Source: 3-architecture rule 2.

While the queue server is away nothing is claimed and no attempt is counted. Only as many rows are claimed
as workers will soon get to: a long backlog waits in the database, where it is safe.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import uuid
from dataclasses import dataclass
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy import Select, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

import config
from portal.clock import Clock, SystemClock
from portal.db import Database
from portal.models import SYSTEM_RNG, OutboxRow, OutboxTopic, Rng
from verification.jobs import schedule
from verification.jobs.queue import JobQueue, Lane, connect
from verification.jobs.running import GATHERED, MAX_ATTEMPTS, changed_rows, mark_dead

log = logging.getLogger("xiansuo.relay")

#: How many jobs may wait in a lane; more rows are claimed as these are taken.
ROOM: Final = {Lane.ACTS: 64, Lane.FILES: 8}
LANE_OF: Final = dict.fromkeys(OutboxTopic, Lane.ACTS) | {OutboxTopic.CLEAN_FILE: Lane.FILES}
IDLE_SECONDS: Final = 0.3
BUSY_SECONDS: Final = 0.1
LONGEST_PAUSE_SECONDS: Final = 10.0
#: How many rows that were claimed before are looked at in one round.
LOOK_AGAIN: Final = 500
WORKER_DIED: Final = "WorkerDied"


@dataclass(frozen=True, slots=True)
class _Candidate:
    id: uuid.UUID
    attempts: int


class Relay:
    """One relay. ``step`` does one round; ``run`` repeats it until told to stop."""

    def __init__(self, database: Database, queue: JobQueue, *, clock: Clock, rng: Rng) -> None:
        self._database = database
        self._queue = queue
        self._clock = clock
        self._rng = rng
        self._look_after: dict[Lane, uuid.UUID | None] = {}

    def step(self) -> int:
        """Post what is due, claim and enqueue what is ready; returns how many jobs were enqueued.

        Raises RedisError or DBAPIError when either server is away; nothing is lost then.
        """
        schedule.post_due(self._database, clock=self._clock, rng=self._rng)
        waiting = self._queue.waiting()
        return sum(self._fill(lane, room=ROOM[lane] - waiting[lane]) for lane in Lane)

    def run(self, stop: threading.Event) -> None:
        """Repeat until ``stop`` is set: quickly while there is work, more slowly while a server is away."""
        pause, is_away = IDLE_SECONDS, False
        while not stop.is_set():
            try:
                pause = BUSY_SECONDS if self.step() else min(pause * 1.5, IDLE_SECONDS)
                if is_away:
                    log.info("queue and database answer again")
                is_away = False
            except (RedisError, DBAPIError, OSError) as error:
                if not is_away:
                    log.warning("waiting: %s", type(error).__name__)
                pause = min(max(pause, IDLE_SECONDS) * 2, LONGEST_PAUSE_SECONDS) if is_away else IDLE_SECONDS
                is_away = True
            stop.wait(pause)

    def _fill(self, lane: Lane, *, room: int) -> int:
        if room <= 0:
            return 0
        fresh = self._fresh(lane, room=room)
        lost = self._lost(lane, room=room - len(fresh))
        return self._claim([*fresh, *lost], lane=lane)

    def _fresh(self, lane: Lane, *, room: int) -> list[_Candidate]:
        """Rows that nobody has claimed yet; of a topic whose rows are done together, one."""
        new = self._ready(lane).where(OutboxRow.attempts == 0)
        one_each = (
            self._rows(new.where(OutboxRow.topic == topic).limit(1))
            for topic in GATHERED
            if LANE_OF[topic] is lane
        )
        together = [row for rows in one_each for row in rows]
        return [*together, *self._rows(new.where(OutboxRow.topic.not_in(GATHERED)).limit(room))][:room]

    def _ready(self, lane: Lane) -> Select[uuid.UUID, int]:
        topics = [topic for topic in OutboxTopic if LANE_OF[topic] is lane]
        return select(OutboxRow.id, OutboxRow.attempts).where(
            OutboxRow.dead.is_(False),
            OutboxRow.topic.in_(topics),
            or_(OutboxRow.due_at.is_(None), OutboxRow.due_at <= self._clock.now()),
        )

    def _rows(self, query: Select[uuid.UUID, int]) -> list[_Candidate]:
        with self._database.read() as session:
            return [_Candidate(id=row[0], attempts=row[1]) for row in session.execute(query).all()]

    def _lost(self, lane: Lane, *, room: int) -> list[_Candidate]:
        """Rows that were claimed before and whose lease is over, unless their job still waits its turn."""
        if room <= 0:
            return []
        claimed = self._claimed_before(lane)
        leased = self._queue.leased([row.id for row in claimed])
        over = [row for row in claimed if row.id not in leased][:room]
        queued = {row.id for row in over if self._queue.is_queued(row.id, lane=lane)}
        for outbox_id in queued:
            self._queue.renew(outbox_id)
        return [row for row in over if row.id not in queued]

    def _claimed_before(self, lane: Lane) -> list[_Candidate]:
        """A window of such rows, moved on each round so that a long tail of failures hides nothing."""
        query = self._ready(lane).where(OutboxRow.attempts > 0)
        if (after := self._look_after.get(lane)) is not None:
            query = query.where(OutboxRow.id > after)
        rows = self._rows(query.order_by(OutboxRow.id).limit(LOOK_AGAIN))
        self._look_after[lane] = rows[-1].id if len(rows) == LOOK_AGAIN else None
        return rows

    def _claim(self, rows: list[_Candidate], *, lane: Lane) -> int:
        """Lease, count the attempt, enqueue. What is not ours by both lease and UPDATE is left alone."""
        if not rows:
            return 0
        leased = self._queue.take_leases([row.id for row in rows])
        ours: list[uuid.UUID] = []
        try:
            with self._database.write() as session:
                ours = [row.id for row in rows if row.id in leased and _count_attempt(session, row)]
        finally:
            # Also when the database failed: nobody has to wait for a lease that has no job.
            self._queue.let_go(leased.difference(ours))
        for outbox_id in ours:
            self._queue.enqueue(outbox_id, lane=lane)
        return len(ours)


def _count_attempt(session: Session, row: _Candidate) -> bool:
    """Whether this claim is the one that counts; a row that was tried too often becomes a dead letter."""
    if row.attempts >= MAX_ATTEMPTS:
        mark_dead(session, row.id, attempts=row.attempts, error_code=WORKER_DIED)
        return False
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.attempts == row.attempts, OutboxRow.dead.is_(False))
        .values(attempts=row.attempts + 1)
    )
    return changed_rows(session, statement) == 1


def main() -> int:
    """Run until SIGTERM or SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    settings = config.load_verification()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    database = Database(settings.database_url, pool_size=2)
    with connect(settings.queue_url) as client:
        Relay(database, JobQueue(client), clock=SystemClock(), rng=SYSTEM_RNG).run(stop)
    database.dispose()
    return 0


if __name__ == "__main__":
    sys.exit(main())
