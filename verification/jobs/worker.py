"""The RQ worker: ``python -m verification.jobs.worker``. Runs ``run_outbox`` and nothing else.

Owns the process: no core dumps, the cleaning zygote exec'd before anything secret is loaded, signals, what
the queue server keeps of a failure (nothing). Must not know: what any topic does. Source: 7-facts "Queue".

Jobs run in this process (RQ's SimpleWorker: several times the jobs a second of the forking Worker). Nothing
hostile is decoded here, that is the part of the zygote's children, so a process for each job would protect
nothing; and a worker that is killed leaves no horse behind that goes on with its job.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
import uuid
from contextlib import suppress
from types import FrameType
from typing import Any, Final, TextIO

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.exceptions import StopRequested
from rq.executions import Execution
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

import config
from portal.clock import SystemClock
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.models import SYSTEM_RNG
from portal.storage.filesystem import FileBlobs
from portal.trust import TrustedKeys
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.cleaning.sandbox import refuse_dumps
from verification.jobs.handlers import HANDLERS
from verification.jobs.queue import JobQueue, Lane, connect
from verification.jobs.running import Workbench, run_row
from verification.keys.sessions import SessionLimits
from verification.policy.rulebook import shipped_rules

log = logging.getLogger("xiansuo.worker")

WORKER_SECONDS: Final = 60
HEALTHY_SECONDS: Final = 60.0
QUIET_SECONDS: Final = 600.0
FIRST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 10.0

_bench: Workbench | None = None
_queue: JobQueue | None = None


def run_outbox(outbox_id: str) -> None:
    """The one function that jobs name. Returns and raises nothing, so that the queue keeps nothing."""
    if _bench is None or _queue is None:
        return  # not a worker of ours: the row's lease ends and it runs elsewhere
    row_id = uuid.UUID(outbox_id)
    with _queue.holding(row_id):
        ended = run_row(row_id, bench=_bench, handlers=HANDLERS)
    with suppress(RedisError):
        if ended.pause_seconds is None:
            _queue.let_go([row_id])
        else:
            _queue.pause(row_id, seconds=ended.pause_seconds)


class Waiting:
    """Says one line when the server stops answering, by the error's class alone, and then is quiet."""

    def __init__(self) -> None:
        self._quiet_until = 0.0

    def say(self, kind: type[BaseException] | None) -> None:
        """Say it, unless it was said lately."""
        if time.monotonic() >= self._quiet_until:
            log.warning("waiting: %s", kind.__name__ if kind else "the queue server does not answer")
            self._quiet_until = time.monotonic() + QUIET_SECONDS


class QuietRq(logging.Filter):
    """Of RQ's own records none is passed: they name jobs when a tip came, and repeat tracebacks."""

    def __init__(self, waiting: Waiting) -> None:
        super().__init__()
        self._waiting = waiting

    def filter(self, record: logging.LogRecord) -> bool:
        """Always False."""
        if record.levelno >= logging.ERROR:
            self._waiting.say(record.exc_info[0] if record.exc_info else None)
        return False


class Lines(logging.StreamHandler[TextIO]):
    """Lines on stderr. The stop that RQ raises wherever it is may come while a line is written."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name in logging
        """A stop goes on; logging would print its traceback and forget it."""
        caught = sys.exception()
        if isinstance(caught, StopRequested):
            raise caught
        super().handleError(record)


class OutboxWorker(SimpleWorker):
    """A worker that takes no remote commands and keeps nothing of a failed job."""

    max_connection_wait_time = LONGEST_PAUSE_SECONDS
    stop: threading.Event | None = None

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """RQ's own handler, which finishes the job in hand; the loop around has to hear of it too."""
        if self.stop is not None:
            self.stop.set()
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # RQ's is untyped

    def check_for_suspension(self, burst: bool) -> None:
        """Asked before each job. Nobody suspends us remotely; a stop told before RQ listened counts."""
        if self.stop is not None and self.stop.is_set():
            raise StopRequested

    def subscribe(self) -> None:
        """No channel: whoever reaches the server could otherwise stop workers or their jobs."""

    def unsubscribe(self) -> None:
        """See ``subscribe``."""

    def handle_exception(self, job: Job, *exc_info: Any) -> None:
        """A traceback is neither logged nor kept."""

    def handle_job_failure(
        self,
        job: Job,
        queue: Queue,
        started_job_registry: Any = None,
        exc_string: str = "",
        execution: Execution | None = None,
    ) -> None:
        """Only a job that was stopped from outside comes here; its row runs again when its lease is over."""
        with self.connection.pipeline() as pipeline:
            self.cleanup_execution(job, pipeline=pipeline, execution=execution)
            pipeline.execute()
        job.delete()


def work(client: Redis, stop: threading.Event) -> None:
    """Take jobs until ``stop`` is set; start over whenever RQ gives up because the server went away."""
    waiting = Waiting()
    logging.getLogger("rq.worker").addFilter(QuietRq(waiting))
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        began = time.monotonic()
        _listen(stop)
        try:
            _take_jobs(client, stop)
        except StopRequested:
            return
        except RedisError as error:
            waiting.say(type(error))
        if stop.is_set():
            return
        lasted = time.monotonic() - began
        pause = FIRST_PAUSE_SECONDS if lasted > HEALTHY_SECONDS else min(pause * 2, LONGEST_PAUSE_SECONDS)
        stop.wait(pause)


def _take_jobs(client: Redis, stop: threading.Event) -> None:
    """One RQ worker's life. Raises RedisError where it could not begin or end in order."""
    worker = OutboxWorker(
        [Queue(lane.value, connection=client, serializer=JSONSerializer) for lane in Lane],
        connection=client,
        serializer=JSONSerializer,
        worker_ttl=WORKER_SECONDS,
        log_job_description=False,
    )
    worker.stop = stop
    try:
        worker.work(logging_level="ERROR")
    finally:
        _listen(stop)  # RQ's handlers belong to a worker that is over


def _listen(stop: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())


def make_bench(settings: config.VerificationSettings, *, cleaner: Cleaner) -> Workbench:
    """Everything handlers need, from the settings."""
    return Workbench(
        database=Database(settings.database_url, pool_size=2),
        blobs=FileBlobs(settings.blob_dir),
        clock=SystemClock(),
        rng=SYSTEM_RNG,
        trust=TrustedKeys(VerifyKey.from_bytes(settings.root_public)),
        rules=shipped_rules(),
        cleaner=cleaner,
        cleaner_key_dir=settings.cleaner_key_dir,
        session_limits=SessionLimits.of(settings),
    )


def main() -> int:
    """Run until SIGTERM or SIGINT; the job in hand is finished first."""
    global _bench, _queue  # RQ calls a function by name: what it needs has to be found from there
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s", handlers=[Lines()])
    refuse_dumps()
    cleaner = Cleaner()
    cleaner.start()
    settings = config.load_verification()
    stop = threading.Event()
    _listen(stop)
    client = connect(settings.queue_url)
    _bench, _queue = make_bench(settings, cleaner=cleaner), JobQueue(connect(settings.queue_url))
    try:
        work(client, stop)
    finally:
        cleaner.close()
        _bench.database.dispose()
    return 0


if __name__ == "__main__":
    # RQ imports this module by its name; what main() sets must be set there and not in __main__.
    from verification.jobs import worker as named  # noqa: PLW0406  # itself, under its real name

    sys.exit(named.main())
