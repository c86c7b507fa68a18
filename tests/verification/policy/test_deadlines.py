"""Clocks that pass: what is late, what merely lapses, and which clock sets a light."""

from __future__ import annotations

import uuid
from datetime import timedelta

from sqlalchemy import select

from portal.clock import FixedClock, civil_day
from portal.db import Database
from portal.models import Rng
from verification.models import AuditEntry, Deadline
from verification.policy import deadlines
from verification.policy.rulebook import shipped_rules


def _start(database: Database, clock: FixedClock, rng: Rng, rule_id: str, subject: uuid.UUID) -> None:
    with database.write() as session:
        deadlines.start(
            session, rule_id=rule_id, subject_kind="case", subject_id=subject, clock=clock, rng=rng,
            rules=shipped_rules(),
        )  # fmt: skip


def test_clock_that_passes_stays_open_and_a_right_that_lapses_does_not(
    database: Database, clock: FixedClock, rng: Rng
) -> None:
    subject = uuid.uuid4()
    for rule_id in ("reg-17-objection", "clock-answer"):
        _start(database, clock, rng, rule_id, subject)
    clock.advance(timedelta(days=60))
    with database.write() as session:
        assert deadlines.tick(session, clock=clock, rng=rng) == 2
        assert deadlines.tick(session, clock=clock, rng=rng) == 0
    with database.read() as session:
        met = {row.rule_id: row.met_on for row in session.scalars(select(Deadline))}
        noted = [entry.facts["rule"] for entry in session.scalars(select(AuditEntry))]
    assert met == {"reg-17-objection": civil_day(clock), "clock-answer": None}
    assert sorted(noted) == ["clock-answer", "reg-17-objection"]


def test_right_that_lapses_sets_no_light(database: Database, clock: FixedClock, rng: Rng) -> None:
    late, free = uuid.uuid4(), uuid.uuid4()
    _start(database, clock, rng, "clock-answer", late)
    for subject in (late, free):
        _start(database, clock, rng, "reg-17-objection", subject)
    with database.read() as session:
        shown = deadlines.running(session, (late, free))
    assert {subject: row.rule_id for subject, row in shown.items()} == {late: "clock-answer"}
