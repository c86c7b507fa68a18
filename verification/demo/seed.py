"""The whole seed: keys, founding, ninety days of life, and what is left for the workers.

Owns: the order of it all, and what ``demo.json`` says in the end. Everything is written through the verbs of
both sides with the clock set to its moment; nothing is written past them. Must not know: where secrets lie.
Source: issue 2 "The demo county".
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

from portal.clock import CIVIL_ZONE, FixedClock, day_start
from portal.db import Database
from portal.domain.intake import Intake
from portal.domain.recipients import Recipients
from portal.models import SYSTEM_RNG, OutboxTopic
from portal.outbox import post
from portal.storage.blobs import Blobs
from portal.storage.received import Limits
from portal.trust import TrustedKeys
from verification.demo.afterwards import leave_to_the_workers
from verification.demo.case_run import CaseRun
from verification.demo.coordination_steps import enter_coordination
from verification.demo.county import County, read_county
from verification.demo.designation_steps import enter_designations
from verification.demo.diary import Diary
from verification.demo.document_steps import enter_documents
from verification.demo.founding import found
from verification.demo.holding_steps import enter_holdings
from verification.demo.journey import enter_case
from verification.demo.lead_steps import enter_leads
from verification.demo.light import enter_light
from verification.demo.look_back_steps import enter_look_backs
from verification.demo.people import make_keys
from verification.demo.pictures import Album
from verification.demo.rectified_steps import enter_rectified
from verification.demo.recusal_steps import enter_recusals
from verification.demo.referral_steps import enter_referrals
from verification.demo.review_steps import enter_reviews
from verification.demo.stage import Stage
from verification.demo.stories import CaseStory, TipStory, read_stories
from verification.demo.tip_steps import TipSteps
from verification.demo.use_steps import enter_uses
from verification.domain.reading import take_note
from verification.jobs.cleaning.cleaner import Cleaner
from verification.jobs.running import Workbench
from verification.jobs.schedule import NO_SUBJECT, SETTLED_AFTER, subject_of_day
from verification.keys.ceremony import RootKey
from verification.keys.sessions import SessionLimits
from verification.models import Role
from verification.policy.rulebook import shipped_rules
from verification.policy.workdays import is_shipped_workday

#: The office was founded so many days before today; the oldest tip is younger.
FOUNDED_DAYS_AGO = 95
#: Whoever works there has read what is older than this.
NOTICES_READ_DAYS_AGO = 2
#: A day's clocks are looked at when it is over.
DAYS_END = time(23, 50)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, repr=False)
class Place:
    """Where the demo is written. ``host_key``: 32 bytes; ``cleaner_key_dir``: the workers' folder of keys."""

    database: Database
    blobs: Blobs
    root: RootKey
    host_key: bytes
    cleaner_key_dir: Path


@dataclass(frozen=True, slots=True, repr=False)
class Seeded:
    """What ``demo.json`` lists."""

    accounts: list[dict[str, str]]
    receipts: list[dict[str, str]]

    def to_record(self) -> dict[str, Any]:
        """As JSON takes it."""
        return {"accounts": self.accounts, "receipts": self.receipts}


def seed(place: Place, *, profile: str, now: datetime, say: Say) -> Seeded:
    """Fill an empty, migrated database with the county ``profile`` as it stands at ``now`` (aware)."""
    county = read_county(profile)
    tips, cases = read_stories(small=county.is_small)
    clock = FixedClock(day_start(now.astimezone(CIVIL_ZONE).date() - timedelta(days=FOUNDED_DAYS_AGO)))
    clock.advance(timedelta(hours=9))
    stage = set_stage(place, county, clock)
    diary = Diary(now=now, free_days=lambda day: not is_shipped_workday(day))
    album = Album()
    tip_steps = enter_stories(stage, diary, album, tips, cases)
    with _pool() as pool:
        say(f"making the keys of {len(county.people)} people, then {len(album)} pictures …")
        coming = make_keys(county.people, host_key=place.host_key, pool=pool)
        album.take_all(pool=pool)
        people = {keyed.person.login: keyed for keyed in coming}
        found(stage, root=place.root, people=people, today_offset=FOUNDED_DAYS_AGO)
        _play(stage, diary, say=say)
    clock.set(now)
    leave_to_the_workers(stage, say=say)
    return Seeded([keyed.account() for keyed in people.values()], tip_steps.receipts())


@contextmanager
def _pool() -> Iterator[ProcessPoolExecutor]:
    """Processes that start clean, nothing of ours inherited; a stop is ours to hear, and ends them too."""
    spawned = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        os.cpu_count(), mp_context=spawned, initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    )  # fmt: skip
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def set_stage(place: Place, county: County, clock: FixedClock) -> Stage:
    """The stage, not yet founded. Nothing is read or written."""
    trust = TrustedKeys(place.root.signing.verify_key())
    intake = Intake(
        database=place.database,
        blobs=place.blobs,
        recipients=Recipients(place.database, root=place.root.signing.verify_key(), clock=clock),
        clock=clock,
        rng=SYSTEM_RNG,
        limits=Limits(max_file_bytes=2**24, max_message_bytes=2**26, max_files=20),
    )
    bench = Workbench(
        database=place.database,
        blobs=place.blobs,
        clock=clock,
        rng=SYSTEM_RNG,
        trust=trust,
        rules=shipped_rules(),
        cleaner=Cleaner(),
        cleaner_key_dir=place.cleaner_key_dir,
        session_limits=SessionLimits(idle=timedelta(minutes=30), whole=timedelta(hours=10)),
    )
    return Stage(
        county=county,
        database=place.database,
        blobs=place.blobs,
        clock=clock,
        rng=SYSTEM_RNG,
        intake=intake,
        bench=bench,
    )


def enter_stories(
    stage: Stage, diary: Diary, album: Album, tips: tuple[TipStory, ...], cases: tuple[CaseStory, ...]
) -> TipSteps:
    """Enter every story into the diary, and every picture into the album."""
    tip_steps = TipSteps(stage, diary, album)
    taken_by = {key: case for case in cases for key in case.tips}
    for number, tip in enumerate(tips):
        tip_steps.enter(tip, number=number, case=taken_by.get(tip.key))
    supervisors = stage.with_role(Role.SUPERVISOR)
    runs = {}
    for number, case in enumerate(cases):
        opener = supervisors[number % len(supervisors)]
        runs[case.key] = CaseRun(stage, album, case, tip_steps.played, opener)
        enter_case(runs[case.key], diary)
    enter_light(stage, album, tip_steps.played, diary)
    enter_reviews(runs, diary)
    enter_referrals(runs, diary)
    enter_leads(runs, diary)
    enter_rectified(runs, diary)
    enter_look_backs(stage, runs, diary)
    enter_coordination(runs, diary)
    enter_uses(runs, diary)
    enter_documents(runs, diary)
    enter_holdings(runs, diary)
    enter_recusals(runs, diary)
    enter_designations(runs, diary)
    return tip_steps


def _play(stage: Stage, diary: Diary, *, say: Say) -> None:
    """Every day in order: its steps, its clocks; the day before is counted, as the schedule does."""
    days, steps = diary.days(), 0
    last_counted = (diary.now - SETTLED_AFTER).astimezone(CIVIL_ZONE).date() - timedelta(days=1)
    for index, day in enumerate(days):
        steps += diary.play(day, clock=stage.clock)
        if day < last_counted:
            stage.clock.set(datetime.combine(day, DAYS_END, tzinfo=CIVIL_ZONE))
            with stage.database.write() as session:
                post(session, topic=OutboxTopic.CLOCK_TICK, subject_id=NO_SUBJECT, rng=stage.rng)
                post(session, topic=OutboxTopic.INTAKE_COUNT, subject_id=subject_of_day(day), rng=stage.rng)
            stage.run_outbox(OutboxTopic.CLOCK_TICK, OutboxTopic.INTAKE_COUNT)
        if day == diary.ago(NOTICES_READ_DAYS_AGO):
            _read_notices(stage)
        if index % 15 == 14 or day == diary.today:
            say(f"day {index + 1} of {len(days)}, {steps} acts")


def _read_notices(stage: Stage) -> None:
    for person in stage.county.people:
        with stage.acting(person.login) as acting:
            take_note(acting)
