"""Fixtures of background work: one zygote for the session, an office and a workbench for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.support.jobs import make_bench
from tests.support.office import TestOffice
from tests.support.valkey import ValkeyProcess
from tests.support.worker_process import WorkerProcess, record_of, settings_for, until
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.queue import JobQueue, connect
from verification.jobs.relay import Relay
from verification.jobs.running import Workbench


@pytest.fixture(scope="session")
def cleaner() -> Iterator[Cleaner]:
    """A running zygote."""
    started = Cleaner()
    started.start()
    yield started
    started.close()


@pytest.fixture
def bench(office: TestOffice, cleaner: Cleaner, tmp_path: Path) -> Workbench:
    """A workbench on that office's database."""
    return make_bench(office, cleaner=cleaner, folder=tmp_path / "cleaner")


@pytest.fixture
def settings(office: TestOffice, bench: Workbench, valkey: ValkeyProcess) -> dict[str, str]:
    return settings_for(office, queue_url=valkey.url, cleaner_key_dir=bench.cleaner_key_dir)


@pytest.fixture
def new_worker(
    settings: dict[str, str], tmp_path: Path, client: Redis
) -> Iterator[Callable[[], WorkerProcess]]:
    """Starts one more worker and waits until it takes jobs: its zygote is warm then."""
    made: list[WorkerProcess] = []

    def start() -> WorkerProcess:
        worker = WorkerProcess(settings, log=tmp_path / f"worker-{len(made)}.log")
        worker.start()
        made.append(worker)
        until(lambda: record_of(client, worker.pid) != {}, what="a worker that waits")
        return worker

    yield start
    for worker in made:
        worker.end()


@pytest.fixture
def client(valkey: ValkeyProcess) -> Iterator[Redis]:
    with connect(valkey.url) as opened:
        yield opened


@pytest.fixture
def relay(office: TestOffice, client: Redis) -> Relay:
    return Relay(office.database, JobQueue(client), clock=office.clock, rng=office.rng)
