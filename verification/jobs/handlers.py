"""Which handler runs which topic. Each ends by ``completing`` its row, in the transaction of its effect.

Must not know: RQ, the queue server, how often something is tried. Source: 3-architecture rule 2.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from portal.clock import civil_day
from portal.models import OutboxTopic
from portal.storage.sweep import sweep_orphans
from verification.audit.events import Event, append
from verification.domain.identity import forget_agreements
from verification.domain.informant_events import apply_informant_event
from verification.domain.notices import announce_tips
from verification.jobs.clean_file import clean_file
from verification.jobs.cleaning.day_keys import KeyFiles, make_days, retire_days
from verification.jobs.intake import intake_of
from verification.jobs.reorder import reorder
from verification.jobs.running import Handler, Work, Workbench, completing, gather
from verification.jobs.schedule import day_of_subject
from verification.keys.sessions import sweep_sessions
from verification.policy import deadlines


def informant_event(work: Work, bench: Workbench) -> None:
    """What an informant did, through the workflow; subject: the message."""
    with completing(work, bench) as session:
        apply_informant_event(session, work.subject_id, clock=bench.clock, rng=bench.rng, rules=bench.rules)


def staff_notice(work: Work, bench: Workbench) -> None:
    """A tip has come: the desk is told and its clocks start; subject: the tip. Those that wait go along."""
    with completing(work, bench) as session:

        def announce(tip_ids: Sequence[uuid.UUID]) -> None:
            announce_tips(session, tip_ids, clock=bench.clock, rng=bench.rng, rules=bench.rules)

        announce([work.subject_id])
        gather(session, work, announce)


def clock_tick(work: Work, bench: Workbench) -> None:
    """What time alone ends: clocks, sessions, agreements to open an identity."""
    with completing(work, bench) as session:
        deadlines.tick(session, clock=bench.clock, rng=bench.rng)
        sweep_sessions(session, clock=bench.clock, limits=bench.session_limits)
        forget_agreements(session, clock=bench.clock, rules=bench.rules)


def orphan_sweep(work: Work, bench: Workbench) -> None:
    """Old drafts and blobs that no row names. Its parts commit by themselves; a second run is harmless."""
    sweep_orphans(bench.database, blobs=bench.blobs, clock=bench.clock)
    with completing(work, bench):
        pass


def key_roll(work: Work, bench: Workbench) -> None:
    """Cleaner keys: the days ahead are made, past ones that nothing waits for are destroyed."""
    files, day = KeyFiles(bench.cleaner_key_dir), civil_day(bench.clock)
    with completing(work, bench) as session:
        made = make_days(session, files, day=day, rng=bench.rng)
        session.flush()
        ended = retire_days(session, files, day=day)
        for key_id in made:
            append(
                session,
                event=Event.KEY_ROLLED,
                subject_kind="key",
                subject_id=key_id,
                clock=bench.clock,
            )
    # Only after the commit: a key whose row lives on must still be there.
    for key_id in ended:
        files.destroy(key_id)


def intake_count(work: Work, bench: Workbench) -> None:
    """A day's tips, counted and hashed into the audit trail; subject: the day."""
    day = day_of_subject(work.subject_id)
    with completing(work, bench) as session:
        intake = intake_of(session, day)
        append(
            session,
            event=Event.INTAKE_COUNTED,
            subject_kind="day",
            subject_id=work.subject_id,
            clock=bench.clock,
            facts={"day": day.isoformat(), "tips": intake.tips, "sha256": intake.sha256},
        )


def night_reorder(work: Work, bench: Workbench) -> None:
    """Stored rows in the order of their random ids again. Commits by itself; a second run is harmless."""
    reorder(bench.database)
    with completing(work, bench):
        pass


HANDLERS: Final[Mapping[OutboxTopic, Handler]] = MappingProxyType(
    {
        OutboxTopic.CLEAN_FILE: clean_file,
        OutboxTopic.INFORMANT_EVENT: informant_event,
        OutboxTopic.STAFF_NOTICE: staff_notice,
        OutboxTopic.CLOCK_TICK: clock_tick,
        OutboxTopic.ORPHAN_SWEEP: orphan_sweep,
        OutboxTopic.KEY_ROLL: key_roll,
        OutboxTopic.INTAKE_COUNT: intake_count,
        OutboxTopic.NIGHT_REORDER: night_reorder,
    }
)
