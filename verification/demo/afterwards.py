"""What the seed leaves behind for the workers: today's cleaner key, files granted to it, a few clean copies.

Files of the past came on days that had no cleaner key; those who can open them grant them to today's, as the
office does when its workers stood still. Must not know: stories.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import select

from portal.models import CleanState, OutboxTopic, StoredFile
from verification.demo.stage import Stage
from verification.domain import evidence
from verification.errors import KeyLocked
from verification.jobs.schedule import post_due
from verification.models import Role


def leave_to_the_workers(stage: Stage, *, say: Callable[[str], None]) -> None:
    """Take the first turn of the schedule, and hand every waiting file to today's cleaner."""
    post_due(stage.database, clock=stage.clock, rng=stage.rng)
    stage.run_outbox(OutboxTopic.KEY_ROLL, OutboxTopic.CLOCK_TICK, OutboxTopic.INTAKE_COUNT)
    stage.intake.recipients.forget()
    granted = sum(_grant(stage, login) for login in _desks(stage))
    say(f"{granted} files left to the workers for cleaning")


def _desks(stage: Stage) -> list[str]:
    """One holder of each desk key; case keys are wrapped to the desk."""
    alternate = stage.with_role(Role.SUPERVISOR, alternate=True)
    return [stage.first(Role.SUPERVISOR), *alternate[:1]]


def _grant(stage: Stage, login: str) -> int:
    granted = 0
    for object_id in _waiting(stage):
        with stage.acting(login) as acting:
            stored = acting.session.get_one(StoredFile, object_id)
            try:
                granted += evidence.grant_to_cleaner(acting, stored)
            except KeyLocked:
                continue  # another desk's
    return granted


def _waiting(stage: Stage) -> list[uuid.UUID]:
    with stage.database.read() as session:
        query = select(StoredFile.object_id).where(StoredFile.clean_state == CleanState.AWAITING_GRANT)
        return list(session.scalars(query))
