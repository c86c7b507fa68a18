"""Recurring work: every turn once, whoever posts it, and no day uncounted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from portal.clock import CIVIL_ZONE, FixedClock
from portal.db import Database
from portal.models import OutboxRow, OutboxTopic, Rng
from verification.jobs.schedule import day_of_subject, post_due, subject_of_day

TICK, SWEEP = OutboxTopic.CLOCK_TICK, OutboxTopic.ORPHAN_SWEEP
KEYS, COUNT, NIGHT = OutboxTopic.KEY_ROLL, OutboxTopic.INTAKE_COUNT, OutboxTopic.NIGHT_REORDER


def done(database: Database, *, dead: bool = False) -> None:
    """As if workers had run everything."""
    with database.write() as session:
        if dead:
            for row in session.scalars(select(OutboxRow)):
                row.dead = True
        else:
            session.execute(delete(OutboxRow))


def days_posted(database: Database) -> list[date]:
    with database.read() as session:
        subjects = session.scalars(select(OutboxRow.subject_id).where(OutboxRow.topic == COUNT)).all()
    return sorted(day_of_subject(subject) for subject in subjects)


def test_first_round_posts_everything_once(database: Database, clock: FixedClock, rng: Rng) -> None:
    assert post_due(database, clock=clock, rng=rng) == [TICK, SWEEP, KEYS, COUNT, NIGHT]
    assert post_due(database, clock=clock, rng=rng) == []
    assert days_posted(database) == [date(2026, 3, 1)]


@pytest.mark.parametrize(
    ("step", "due"),
    [
        (timedelta(seconds=59), []),
        (timedelta(seconds=60), [TICK]),
        (timedelta(minutes=30), [TICK, SWEEP]),
        (timedelta(hours=14, minutes=30), [TICK, SWEEP]),
        (timedelta(hours=14, minutes=40), [TICK, SWEEP, KEYS, COUNT]),
        (timedelta(hours=17, minutes=29), [TICK, SWEEP, KEYS, COUNT]),
        (timedelta(hours=17, minutes=30), [TICK, SWEEP, KEYS, COUNT, NIGHT]),
    ],
    ids=[
        "within the minute",
        "next minute",
        "next hour",
        "midnight",
        "ten past midnight",
        "before three",
        "three",
    ],
)
@pytest.mark.databases("sqlite")
def test_turn_is_due_at_its_beginning(
    database: Database, clock: FixedClock, rng: Rng, step: timedelta, due: list[OutboxTopic]
) -> None:
    post_due(database, clock=clock, rng=rng)
    done(database)
    clock.advance(step)
    assert post_due(database, clock=clock, rng=rng) == due


def test_relays_that_meet_post_each_turn_once(database: Database, clock: FixedClock, rng: Rng) -> None:
    posted: list[OutboxTopic] = []
    for _ in range(3):
        with ThreadPoolExecutor(4) as pool:
            rounds = pool.map(lambda _number: post_due(database, clock=clock, rng=rng), range(4))
            posted += [topic for topics in rounds for topic in topics]
        done(database)
        clock.advance(timedelta(days=1))
    assert sorted(posted) == sorted([TICK, SWEEP, KEYS, COUNT, NIGHT] * 3)


@pytest.mark.databases("sqlite")
def test_turn_waits_for_the_one_before_it(database: Database, clock: FixedClock, rng: Rng) -> None:
    """Workers that are away for a night find one tick, not a thousand."""
    post_due(database, clock=clock, rng=rng)
    for _ in range(5):
        clock.advance(timedelta(minutes=1))
        assert post_due(database, clock=clock, rng=rng) == []
    with database.read() as session:
        assert len(session.scalars(select(OutboxRow).where(OutboxRow.topic == TICK)).all()) == 1


@pytest.mark.databases("sqlite")
def test_dead_letter_does_not_stop_the_next_turn(database: Database, clock: FixedClock, rng: Rng) -> None:
    post_due(database, clock=clock, rng=rng)
    done(database, dead=True)
    clock.advance(timedelta(minutes=1))
    assert post_due(database, clock=clock, rng=rng) == [TICK]


@pytest.mark.databases("sqlite")
def test_days_an_installation_stood_still_are_all_counted(
    database: Database, clock: FixedClock, rng: Rng
) -> None:
    post_due(database, clock=clock, rng=rng)
    done(database)
    clock.set(datetime(2026, 3, 6, 8, 0, tzinfo=CIVIL_ZONE))
    post_due(database, clock=clock, rng=rng)
    assert days_posted(database) == [date(2026, 3, day) for day in (2, 3, 4, 5)]


def test_day_as_a_subject_comes_back() -> None:
    day = date(2026, 3, 2)
    assert day_of_subject(subject_of_day(day)) == day


def test_id_that_is_no_day_is_refused(rng: Rng) -> None:
    from portal.models import new_id

    with pytest.raises(ValueError, match="not a day"):
        day_of_subject(new_id(rng))
