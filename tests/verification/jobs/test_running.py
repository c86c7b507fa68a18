"""One row, one effect: completion, repetition, failure and what is kept of it."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.models import OutboxRow, OutboxTopic
from tests.support.jobs import outbox, post_work
from tests.support.office import TestOffice
from verification.audit.events import Event, append
from verification.domain.dead_letters import count_dead, list_dead, retry_dead
from verification.errors import NotHere
from verification.jobs.errors import Permanent
from verification.jobs.handlers import HANDLERS
from verification.jobs.running import (
    MAX_ATTEMPTS,
    Ended,
    Handler,
    Work,
    Workbench,
    completing,
    pause_after,
    run_row,
)
from verification.models import AuditEntry

TICK = OutboxTopic.CLOCK_TICK


def leave_a_mark(session: Session, bench: Workbench, *, subject_id: uuid.UUID) -> None:
    append(session, event=Event.CLOCK_PASSED, subject_kind="mark", subject_id=subject_id, clock=bench.clock)


def marking(work: Work, bench: Workbench) -> None:
    with completing(work, bench) as session:
        leave_a_mark(session, bench, subject_id=work.subject_id)


def marks(office: TestOffice) -> int:
    query = select(func.count()).select_from(AuditEntry).where(AuditEntry.subject_kind == "mark")
    with office.database.read() as session:
        return session.scalar(query) or 0


def run(work: Work, bench: Workbench, handler: Handler) -> Ended:
    return run_row(work.outbox_id, bench=bench, handlers={work.topic: handler})


def test_every_topic_has_exactly_one_handler() -> None:
    assert set(HANDLERS) == set(OutboxTopic)
    assert len(set(HANDLERS.values())) == len(OutboxTopic)


def test_effect_and_completion_are_one(office: TestOffice, bench: Workbench) -> None:
    work = post_work(office, TICK)
    assert run(work, bench, marking) == Ended()
    assert (marks(office), outbox(office)) == (1, [])


def test_row_run_twice_has_one_effect(office: TestOffice, bench: Workbench) -> None:
    work = post_work(office, TICK)
    assert [run(work, bench, marking), run(work, bench, marking)] == [Ended(), Ended()]
    assert marks(office) == 1


def test_row_run_twice_at_once_has_one_effect(office: TestOffice, bench: Workbench) -> None:
    work, meet = post_work(office, TICK), Barrier(2)

    def meeting(row: Work, at: Workbench) -> None:
        meet.wait(30)
        marking(row, at)

    with ThreadPoolExecutor(2) as pool:
        endings = list(pool.map(lambda _number: run(work, bench, meeting), range(2)))
    assert endings == [Ended(), Ended()]
    assert (marks(office), outbox(office)) == (1, [])


def test_effect_that_fails_leaves_the_row_and_nothing_else(office: TestOffice, bench: Workbench) -> None:
    def failing(work: Work, at: Workbench) -> None:
        with completing(work, at) as session:
            leave_a_mark(session, at, subject_id=work.subject_id)
            raise KeyError("a text with 清溪镇 in it")

    work = post_work(office, TICK, attempts=1)
    assert run(work, bench, failing) == Ended(pause_seconds=5)
    (row,) = outbox(office)
    assert (row.error_code, row.dead, marks(office)) == ("KeyError", False, 0)


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(("attempts", "dead"), [(MAX_ATTEMPTS - 1, False), (MAX_ATTEMPTS, True)])
def test_last_attempt_that_fails_makes_a_dead_letter(
    office: TestOffice, bench: Workbench, attempts: int, dead: bool
) -> None:
    def failing(work: Work, at: Workbench) -> None:
        raise OSError

    work = post_work(office, TICK, attempts=attempts)
    assert (run(work, bench, failing).pause_seconds is None) == dead
    assert [(row.dead, row.error_code) for row in outbox(office)] == [(dead, "OSError")]


@pytest.mark.databases("sqlite")
def test_error_that_is_permanent_makes_a_dead_letter_at_once(office: TestOffice, bench: Workbench) -> None:
    def failing(work: Work, at: Workbench) -> None:
        raise Permanent

    work = post_work(office, TICK, attempts=1)
    assert run(work, bench, failing) == Ended()
    assert [(row.dead, row.error_code) for row in outbox(office)] == [(True, "Permanent")]
    # A job of it that still lies in the queue does nothing.
    assert run(work, bench, marking) == Ended()
    assert marks(office) == 0


@pytest.mark.databases("sqlite")
def test_row_that_is_gone_is_nothing_to_do(bench: Workbench) -> None:
    assert run_row(uuid.uuid4(), bench=bench, handlers={}) == Ended()


def test_pauses_grow_up_to_an_hour() -> None:
    assert [pause_after(count) for count in range(1, MAX_ATTEMPTS)] == [5, 15, 45, 135, 405, 1215, 3600]


@pytest.mark.databases("sqlite")
def test_dead_letters_are_listed_by_key_and_tried_again_by_a_person(
    office: TestOffice, bench: Workbench
) -> None:
    with office.database.write() as session:
        for _ in range(3):
            post_row = OutboxRow(id=uuid.uuid4(), topic=TICK, subject_id=uuid.uuid4(), attempts=8, dead=True)
            session.add(post_row)
        living = post_row.id
    post_work(office, TICK)
    with office.database.read() as session:
        first = list_dead(session, limit=2)
        second = list_dead(session, after=first[-1].id, limit=2)
        assert (count_dead(session), len(first), len(second)) == (3, 2, 1)
    with office.acting("admin") as acting:
        retry_dead(acting, living)
    with office.database.read() as session:
        row = session.get_one(OutboxRow, living)
        assert (row.dead, row.attempts, count_dead(session)) == (False, 0, 2)
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.number.desc()).limit(1)).one()
        assert (entry.event, entry.subject_id) == (Event.DEAD_LETTER_RETRIED, living)
    with office.acting("admin") as acting, pytest.raises(NotHere):
        retry_dead(acting, living)
