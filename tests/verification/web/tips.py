"""Tips for tests of the internal pages: with files, by the hundred, at every stage of triage."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from portal.domain.drafts import DraftSecrets
from portal.domain.submit import submit_tip
from portal.models import Desk as Where
from portal.models import Priority, Tip
from portal.models.records import Identity
from tests.support.desk import Desk
from tests.support.files import put_files
from tests.support.intake import a_statement
from verification.domain import triage


def send(desk: Desk, files: Sequence[tuple[str, bytes]] = (), **changes: object) -> uuid.UUID:
    """A citizen's tip, through the public side's own verbs; returns its id."""
    intake = desk.office.intake
    draft = DraftSecrets(secrets.token_bytes(32), secrets.token_bytes(32))
    sealed = put_files(intake, draft, files) if files else []
    submitted = submit_tip(
        intake, draft=draft, statement=a_statement(**changes), identity=Identity("王小明", "138"),
        desk=Where.DESK, files=[file.object_id for file in sealed],
    )  # fmt: skip
    with desk.office.database.read() as session:
        lookup = submitted.receipt.lookup_id
        return session.scalars(select(Tip.id).where(Tip.receipt_lookup == lookup)).one()


def send_many(desk: Desk, count: int, *, a_day: int = 7) -> list[uuid.UUID]:
    """``count`` tips, ``a_day`` of them each day; the clock moves on. Ids in the order they were sent."""
    sent = []
    for number in range(count):
        if number and number % a_day == 0:
            desk.office.clock.advance(timedelta(days=1))
        sent.append(send(desk, account=f"第{number:03}件:路坏了没人修,报了好几次都没有人来看。"))
    return sent


def version_of(desk: Desk, tip_id: uuid.UUID) -> int:
    """The tip's version now."""
    with desk.office.database.read() as session:
        return session.get_one(Tip, tip_id).version


def opened(desk: Desk, tip_id: uuid.UUID) -> int:
    """Somebody at the desk looked at it; returns its version."""
    with desk.office.acting("fan") as acting:
        triage.open_tip(acting, acting.session.get_one(Tip, tip_id))
    return version_of(desk, tip_id)


def accepted(desk: Desk, tip_id: uuid.UUID, *, category: str = "405") -> int:
    """It was accepted; returns its version."""
    version = opened(desk, tip_id)
    with desk.office.acting("fan") as acting:
        triage.accept_tip(
            acting, tip_id=tip_id, version=version, category=category, priority=Priority.P3, town_id=None
        )
    return version_of(desk, tip_id)
