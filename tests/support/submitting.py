"""Submitting in tests, and counting what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select

from portal.domain.drafts import DraftSecrets
from portal.domain.intake import Intake
from portal.domain.submit import Submitted, submit_tip
from portal.models import (
    Base,
    Desk,
    Message,
    OutboxRow,
    OutboxTopic,
    Tip,
)
from portal.models.records import Identity, Statement
from tests.support.intake import a_statement

SOMEBODY = Identity(name="王小明", contact="13800000000")


def submit(
    intake: Intake,
    draft: DraftSecrets,
    *,
    statement: Statement | None = None,
    identity: Identity | None = None,
    desk: Desk = Desk.DESK,
    files: Sequence[uuid.UUID] = (),
) -> Submitted:
    return submit_tip(
        intake,
        draft=draft,
        statement=statement or a_statement(),
        identity=identity or Identity(),
        desk=desk,
        files=files,
    )


def the_tip(intake: Intake) -> Tip:
    with intake.reading() as session:
        return session.scalars(select(Tip)).one()


def messages(intake: Intake) -> list[Message]:
    with intake.reading() as session:
        return list(session.scalars(select(Message).order_by(Message.ordinal)))


def rows_of(intake: Intake, *models: type[Base]) -> dict[str, int]:
    with intake.reading() as session:
        counts = {}
        for model in models:
            counts[model.__tablename__] = session.scalars(select(func.count()).select_from(model)).one()
        return counts


def topics(intake: Intake) -> list[tuple[OutboxTopic, uuid.UUID]]:
    with intake.reading() as session:
        return [(row.topic, row.subject_id) for row in session.scalars(select(OutboxRow))]
