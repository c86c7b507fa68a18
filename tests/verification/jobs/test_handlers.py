"""What each topic's handler does, on a real office."""

from __future__ import annotations

import hashlib
import stat
import uuid
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.clock import civil_day
from portal.crypto.signing import SigningKey
from portal.errors import UnsignedKey
from portal.models import (
    CleanState,
    Draft,
    KeyPurpose,
    OutboxRow,
    OutboxTopic,
    RecipientKey,
    StoredFile,
    Tip,
    new_id,
)
from portal.trust import KeyOf, current_key
from tests.support.jobs import cleaning_of, keep_file, outbox, post_work
from tests.support.office import TestOffice
from tests.support.photographs import photograph
from verification.audit.events import Event
from verification.audit.verify import verify_chain
from verification.domain.evidence import grant_to_cleaner
from verification.domain.notices import announce_tips
from verification.jobs.cleaning.day_keys import LONGEST_DAYS, KeyFiles
from verification.jobs.errors import DayKeyAbsent, IssuerAbsent
from verification.jobs.handlers import HANDLERS
from verification.jobs.intake import intake_of
from verification.jobs.running import Ended, Work, Workbench, run_row
from verification.jobs.schedule import subject_of_day
from verification.models import AuditEntry, Deadline, StaffNotice, StaffSession


def run(work: Work, bench: Workbench) -> Ended:
    return run_row(work.outbox_id, bench=bench, handlers=HANDLERS)


def run_topic(office: TestOffice, bench: Workbench, topic: OutboxTopic) -> None:
    assert run(post_work(office, topic), bench) == Ended()
    assert [row for row in outbox(office) if row.topic is topic] == []


def entries(office: TestOffice, event: Event) -> list[AuditEntry]:
    with office.database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.event == event.value)))


def key_files(bench: Workbench) -> list[Path]:
    return sorted(bench.cleaner_key_dir.iterdir())


def cleaner_days(office: TestOffice, *, retired: bool = False) -> list[date]:
    with office.database.read() as session:
        query = select(RecipientKey.not_before).where(
            RecipientKey.purpose == KeyPurpose.CLEANER, RecipientKey.retired.is_(retired)
        )
        return sorted(session.scalars(query))


def days_from(day: date, *, count: int) -> list[date]:
    return [day + timedelta(days=step) for step in range(count)]


# --- notices, events, clocks -------------------------------------------------------------------------------


def test_tip_that_came_is_announced_once(office: TestOffice, bench: Workbench) -> None:
    tip_id, _receipt = office.send_tip()
    (row,) = [row for row in outbox(office) if row.topic is OutboxTopic.STAFF_NOTICE]
    assert row.due_at is None
    assert [run_row(row.id, bench=bench, handlers=HANDLERS) for _ in range(2)] == [Ended(), Ended()]
    with office.database.read() as session:
        notices = session.scalars(select(StaffNotice).where(StaffNotice.subject_id == tip_id)).all()
        clocks = session.scalars(select(Deadline).where(Deadline.subject_id == tip_id)).all()
    assert {notice.staff_id for notice in notices} == {office.staff_id("fan"), office.staff_id("shen")}
    assert (len(notices), len(clocks)) == (2, 2)


def test_tips_of_a_rush_are_announced_together(office: TestOffice, bench: Workbench) -> None:
    tips = {office.send_tip()[0] for _ in range(3)}
    first = min(outbox(office), key=lambda row: row.id)
    with office.database.write() as session:
        session.get_one(OutboxRow, first.id).attempts = 1
    assert run_row(first.id, bench=bench, handlers=HANDLERS) == Ended()
    assert outbox(office) == []
    with office.database.read() as session:
        assert set(session.scalars(select(StaffNotice.subject_id))) == tips


def test_tip_that_cannot_be_announced_keeps_no_other_from_it(
    office: TestOffice, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    tips = [office.send_tip()[0] for _ in range(3)]
    rows = {row.subject_id: row.id for row in outbox(office)}

    def announce(session: Session, tip_ids: list[uuid.UUID], **given: Any) -> None:
        announce_tips(session, tip_ids, **given)
        if tips[1] in tip_ids:
            raise ZeroDivisionError

    monkeypatch.setattr("verification.jobs.handlers.announce_tips", announce)
    assert run_row(rows[tips[0]], bench=bench, handlers=HANDLERS) == Ended()
    assert {row.subject_id for row in outbox(office)} == {tips[1], tips[2]}
    assert run_row(rows[tips[2]], bench=bench, handlers=HANDLERS) == Ended()
    assert [row.subject_id for row in outbox(office)] == [tips[1]]
    with office.database.read() as session:
        assert set(session.scalars(select(StaffNotice.subject_id))) == {tips[0], tips[2]}
    again = run_row(rows[tips[1]], bench=bench, handlers=HANDLERS)
    assert again.pause_seconds is not None


def test_row_that_failed_before_is_tried_alone(office: TestOffice, bench: Workbench) -> None:
    (first, _second) = (office.send_tip()[0] for _ in range(2))
    rows = {row.subject_id: row.id for row in outbox(office)}
    with office.database.write() as session:
        session.get_one(OutboxRow, rows[first]).attempts = 2
    assert run_row(rows[first], bench=bench, handlers=HANDLERS) == Ended()
    assert len(outbox(office)) == 1


def test_clock_that_ran_out_is_recorded_by_the_tick(office: TestOffice, bench: Workbench) -> None:
    office.send_tip()
    for row in outbox(office):
        run_row(row.id, bench=bench, handlers=HANDLERS)
    run_topic(office, bench, OutboxTopic.CLOCK_TICK)
    assert entries(office, Event.CLOCK_PASSED) == []
    office.clock.advance(timedelta(days=40))
    run_topic(office, bench, OutboxTopic.CLOCK_TICK)
    assert len(entries(office, Event.CLOCK_PASSED)) == 2


@pytest.mark.databases("sqlite")
def test_message_that_is_gone_is_nothing_to_do(office: TestOffice, bench: Workbench) -> None:
    run_topic(office, bench, OutboxTopic.INFORMANT_EVENT)


@pytest.mark.databases("sqlite")
def test_orphan_is_swept_and_what_is_named_stays(office: TestOffice, bench: Workbench) -> None:
    keep_file(office, photograph())
    orphan = office.blobs.create(rng=office.rng)
    orphan.write(b"sealed")
    orphan.keep(day=civil_day(office.clock))
    assert len(list(office.blobs.stored())) == 2
    office.clock.advance(timedelta(days=3))
    run_topic(office, bench, OutboxTopic.ORPHAN_SWEEP)
    names = {blob.name for blob in office.blobs.stored()}
    assert len(names) == 1
    assert orphan.name not in names


# --- cleaner keys ------------------------------------------------------------------------------------------


def test_roll_makes_today_and_three_days_ahead(office: TestOffice, bench: Workbench) -> None:
    today = civil_day(office.clock)
    assert cleaner_days(office) == days_from(today, count=4)
    office.clock.advance(timedelta(days=1))
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    assert cleaner_days(office) == days_from(today + timedelta(days=1), count=4)
    assert len(entries(office, Event.KEY_ROLLED)) == 1


def test_day_key_is_vouched_for_by_the_root_on_its_day_alone(office: TestOffice, bench: Workbench) -> None:
    today = civil_day(office.clock)
    with office.database.read() as session:
        row = current_key(session, purpose=KeyPurpose.CLEANER, day=today)
        assert row is not None
        key = KeyOf(row.id, KeyPurpose.CLEANER)
        assert office.trust.public(session, key, on=today).to_bytes() == row.public
        with pytest.raises(UnsignedKey):
            office.trust.public(session, key, on=today + timedelta(days=1))


@pytest.mark.databases("sqlite")
def test_private_halves_are_files_of_their_owner_alone(bench: Workbench) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in key_files(bench)}
    assert (len(key_files(bench)), modes) == (5, {0o600})
    assert stat.S_IMODE(bench.cleaner_key_dir.stat().st_mode) == 0o700


@pytest.mark.databases("sqlite")
def test_minute_forgets_sessions_that_are_over_and_agreements_whose_time_is(
    office: TestOffice, bench: Workbench
) -> None:
    with office.database.write() as session:
        now, staff_id = office.clock.now(), office.staff_id("fan")
        for name, seen, ends in (("used", 0, 60), ("idle", 31, 60), ("over", 0, 0)):
            session.add(
                StaffSession(
                    id=name.encode(), staff_id=staff_id, sealed_keys=b"keys", began_at=now,
                    seen_at=now - timedelta(minutes=seen), expires_at=now + timedelta(minutes=ends),
                )
            )  # fmt: skip
    run_topic(office, bench, OutboxTopic.CLOCK_TICK)
    with office.database.read() as session:
        assert list(session.scalars(select(StaffSession.id))) == [b"used"]


def test_key_of_a_day_is_destroyed_when_nothing_of_it_waits(office: TestOffice, bench: Workbench) -> None:
    today = civil_day(office.clock)
    (path,) = bench.cleaner_key_dir.glob(f"day-{today.isoformat()}-*")
    kept_open = path.open("rb")
    before = kept_open.read()
    office.clock.advance(timedelta(days=1))
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    assert [path.name for path in key_files(bench) if today.isoformat() in path.name] == []
    assert cleaner_days(office, retired=True) == [today]
    with kept_open:
        kept_open.seek(0)
        overwritten = kept_open.read()
    assert (len(before), len(overwritten)) == (96, 96)
    assert before != overwritten


def test_key_of_a_day_stays_while_a_file_of_it_waits(office: TestOffice, bench: Workbench) -> None:
    today, work = civil_day(office.clock), keep_file(office, photograph())
    office.clock.advance(timedelta(days=2))
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    assert today in cleaner_days(office)
    run(work, bench)
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    assert today not in cleaner_days(office)
    with pytest.raises(DayKeyAbsent):
        KeyFiles(bench.cleaner_key_dir).of_day(_key_of(office, today))


@pytest.mark.databases("sqlite")
def test_file_that_comes_when_the_key_of_its_day_has_just_ended_waits_for_a_new_grant(
    office: TestOffice, bench: Workbench
) -> None:
    work, key_id = keep_file(office, photograph()), _key_of(office, civil_day(office.clock))
    with office.database.write() as session:
        session.get_one(RecipientKey, key_id).retired = True
    KeyFiles(bench.cleaner_key_dir).destroy(key_id)
    run(work, bench)
    after = cleaning_of(office, work.subject_id)
    assert (after.state, after.grants) == (CleanState.AWAITING_GRANT, {office.keys.desk.id})
    assert outbox(office) == []


@pytest.mark.databases("sqlite")
def test_file_that_waited_too_long_waits_for_a_new_grant(office: TestOffice, bench: Workbench) -> None:
    today, work = civil_day(office.clock), keep_file(office, photograph())
    office.clock.advance(timedelta(days=LONGEST_DAYS))
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    assert today in cleaner_days(office)
    office.clock.advance(timedelta(days=1))
    run_topic(office, bench, OutboxTopic.KEY_ROLL)
    after = cleaning_of(office, work.subject_id)
    assert (after.state, after.grants) == (CleanState.AWAITING_GRANT, {office.keys.desk.id})
    assert (today in cleaner_days(office), outbox(office)) == (False, [])
    # An unlocked desk grants it anew, and it is cleaned after all.
    with office.acting("fan") as acting:
        assert grant_to_cleaner(acting, acting.session.get_one(StoredFile, work.subject_id))
    (row,) = outbox(office)
    assert run_row(row.id, bench=bench, handlers=HANDLERS) == Ended()
    assert cleaning_of(office, work.subject_id).state is CleanState.CLEANED


@pytest.mark.databases("sqlite")
def test_roll_without_an_issuer_is_tried_again(office: TestOffice, bench: Workbench) -> None:
    for path in bench.cleaner_key_dir.glob("issuer-*"):
        path.unlink()
    office.clock.advance(timedelta(days=1))
    work = post_work(office, OutboxTopic.KEY_ROLL, attempts=1)
    assert run(work, bench).pause_seconds == 5
    assert [row.error_code for row in outbox(office)] == [IssuerAbsent.__name__]


@pytest.mark.databases("sqlite")
def test_issuer_cannot_be_replaced_by_accident(bench: Workbench, office: TestOffice) -> None:
    files = KeyFiles(bench.cleaner_key_dir)
    with pytest.raises(FileExistsError):
        files.keep_issuer(office.keys.issuer_id, SigningKey.generate())
    assert files.issuer()[1] == office.keys.issuer


def _key_of(office: TestOffice, day: date) -> uuid.UUID:
    with office.database.read() as session:
        return session.scalars(
            select(RecipientKey.id).where(
                RecipientKey.purpose == KeyPurpose.CLEANER, RecipientKey.not_before == day
            )
        ).one()


# --- counting what came in ---------------------------------------------------------------------------------


def test_tips_of_a_day_are_chained_into_the_trail(office: TestOffice, bench: Workbench) -> None:
    today = civil_day(office.clock)
    ids = sorted(office.send_tip()[0].bytes for _ in range(3))
    office.clock.advance(timedelta(days=1))
    office.send_tip()
    work = post_work(office, OutboxTopic.INTAKE_COUNT, subject_of_day(today))
    assert run(work, bench) == Ended()
    (entry,) = entries(office, Event.INTAKE_COUNTED)
    digest = hashlib.sha256(b"".join(ids)).hexdigest()
    assert entry.facts == {"day": today.isoformat(), "tips": 3, "sha256": digest}
    with office.database.read() as session:
        assert verify_chain(session, trust=office.trust).broken_at is None


@pytest.mark.databases("sqlite")
def test_tip_that_vanished_no_longer_fits_the_count(office: TestOffice, bench: Workbench) -> None:
    today, (tip_id, _receipt) = civil_day(office.clock), office.send_tip()
    office.send_tip()
    with office.database.read() as session:
        before = intake_of(session, today)
    with office.database.write() as session:
        session.execute(update(Draft).values(tip_id=None))
        session.delete(session.get_one(Tip, tip_id))
    with office.database.read() as session:
        after = intake_of(session, today)
    assert (before.tips, after.tips) == (2, 1)
    assert before.sha256 != after.sha256


@pytest.mark.databases("sqlite")
def test_day_without_tips_is_counted_too(office: TestOffice, bench: Workbench) -> None:
    day = date(2026, 2, 28)
    assert run(post_work(office, OutboxTopic.INTAKE_COUNT, subject_of_day(day)), bench) == Ended()
    (entry,) = entries(office, Event.INTAKE_COUNTED)
    assert entry.facts["tips"] == 0


@pytest.mark.databases("sqlite")
def test_count_of_something_that_is_no_day_is_kept_as_a_failure(office: TestOffice, bench: Workbench) -> None:
    work = post_work(office, OutboxTopic.INTAKE_COUNT, new_id(office.rng), attempts=1)
    assert run(work, bench).pause_seconds == 5
    assert [row.error_code for row in outbox(office)] == ["ValueError"]
