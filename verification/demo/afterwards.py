"""What the seed leaves behind for the workers: today's cleaner key, files granted to it, a few clean copies.

Files of the past came on days that had no cleaner key; those who can open them grant them to today's, as an
office does whose workers stood still. Must not know: stories.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy import select

from portal.models import Attachment, CleanState, OutboxTopic, StoredFile, Tip
from verification.demo.stage import Stage
from verification.domain import casework, evidence
from verification.errors import KeyLocked
from verification.jobs.schedule import post_due
from verification.models import Case, CaseState, Role

#: Cases whose teams have use for what the informants sent.
WITH_A_TEAM = (CaseState.PLANNED, CaseState.VERIFYING, CaseState.CONCLUDING)


def leave_to_the_workers(stage: Stage, *, say: Callable[[str], None]) -> None:
    """Take the schedule's first turn, hand waiting files to today's cleaner, give teams what they need."""
    post_due(stage.database, clock=stage.clock, rng=stage.rng)
    stage.run_outbox(OutboxTopic.KEY_ROLL, OutboxTopic.CLOCK_TICK, OutboxTopic.INTAKE_COUNT)
    stage.intake.recipients.forget()
    granted = sum(_grant(stage, login) for login in _desks(stage))
    try:
        handed_out = _hand_out_material(stage)
    finally:
        stage.bench.cleaner.close()
    say(f"{granted} files sealed, {handed_out} of them cleaned, the others left to the workers")


def _desks(stage: Stage) -> list[str]:
    """One holder of each desk key; case keys are wrapped to the desk."""
    alternate = stage.with_role(Role.SUPERVISOR, alternate=True)
    return [stage.first(Role.SUPERVISOR), *alternate[:1]]


def _grant(stage: Stage, login: str) -> int:
    granted = 0
    with stage.acting(login) as acting:
        waiting = select(StoredFile).where(StoredFile.clean_state == CleanState.AWAITING_GRANT)
        for stored in acting.session.scalars(waiting).all():
            try:
                granted += evidence.grant_to_cleaner(acting, stored)
            except KeyLocked:
                continue  # another desk's
    return granted


def _hand_out_material(stage: Stage) -> int:
    """Have the files of cases with a team cleaned, and let their teams see them; returns how many.

    Where this host cannot confine a cleaner there is none, and the workers say so.
    """
    handed_out = 0
    for case_id, uploads in _sent_in(stage).items():
        for object_id in uploads:
            if not stage.work_on(OutboxTopic.CLEAN_FILE, object_id):
                return handed_out
        with stage.acting(stage.first(Role.SUPERVISOR)) as acting:
            stored = [acting.session.get_one(StoredFile, object_id) for object_id in uploads]
            cleaned = [row.object_id for row in stored if row.clean_state is CleanState.CLEANED]
            casework.select_material(acting, acting.session.get_one(Case, case_id), cleaned)
            handed_out += len(cleaned)
    return handed_out


def _sent_in(stage: Stage) -> dict[uuid.UUID, list[uuid.UUID]]:
    """What the informants of each case with a team sent, in order."""
    query = (
        select(Case.id, Attachment.object_id)
        .join(Tip, Tip.case_id == Case.id)
        .join(Attachment, Attachment.tip_id == Tip.id)
        .where(Case.state.in_(WITH_A_TEAM))
        .order_by(Case.id, Tip.received_on, Tip.id, Attachment.ordinal)
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    with stage.database.read() as session:
        for case_id, object_id in session.execute(query):
            found.setdefault(case_id, []).append(object_id)
    return found
