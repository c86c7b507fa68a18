"""The office in one database while the demo is being played: who acts, when, and with what in hand.

Owns: unlocked keys of everybody for the length of the seed, the clock that is moved, sealing of files, and
the outbox, which is run through the workers' own handlers. Must not know: any story.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import select

from portal.clock import FixedClock, civil_day
from portal.crypto.header import ObjectKind
from portal.crypto.stream import SealingWriter
from portal.crypto.suites import KEY_BYTES
from portal.db import Database
from portal.domain.drafts import DraftSecrets
from portal.domain.intake import Intake
from portal.models import OutboxRow, OutboxTopic, Rng, new_id
from portal.storage.blobs import Blobs
from portal.storage.received import SealedFile
from verification.demo.county import County
from verification.demo.people import Keyed
from verification.domain.acting import Acting
from verification.jobs.handlers import HANDLERS
from verification.jobs.running import Workbench, run_row
from verification.keys.keyring import Keyring
from verification.models import Role
from verification.policy.actors import actor_for


class WorkFailed(Exception):
    """A handler did not finish its row; ``error_code`` is the name of what it raised."""

    def __init__(self, topic: OutboxTopic, error_code: str | None) -> None:
        super().__init__(f"{topic.value}: {error_code}")
        self.topic = topic
        self.error_code = error_code


@dataclass(frozen=True, slots=True, repr=False)
class Stage:
    """Everything a step needs. ``keyed``, ``staff``, ``units``: by login and by code, once it is founded."""

    county: County
    database: Database
    blobs: Blobs
    clock: FixedClock
    rng: Rng
    intake: Intake
    bench: Workbench
    keyed: dict[str, Keyed] = field(default_factory=dict)
    staff: dict[str, uuid.UUID] = field(default_factory=dict)
    units: dict[str, uuid.UUID] = field(default_factory=dict)

    @contextmanager
    def acting(self, login: str) -> Iterator[Acting]:
        """This person, unlocked, in one writing transaction."""
        own = self.keyed[login].secrets
        with self.database.write() as session:
            yield Acting(
                session=session,
                actor=actor_for(session, self.staff[login]),
                keyring=Keyring(key_id=own.key_id, keys=own.keys),
                trust=self.bench.trust,
                clock=self.clock,
                rng=self.rng,
                rules=self.bench.rules,
            )

    def with_role(self, role: Role, *, alternate: bool = False) -> list[str]:
        """Logins of everybody who has ``role``, in the file's order; those of the alternate desk apart."""
        return [
            person.login
            for person in self.county.people
            if role in person.roles and person.alternate_desk is alternate and not person.alternate_second
        ]

    def first(self, role: Role) -> str:
        """The first person who has ``role``."""
        return self.with_role(role)[0]

    def has_liaison(self, unit: str) -> bool:
        """Whether somebody answers for a unit; the login is its code."""
        return any(person.login == unit for person in self.county.people)

    def login_of(self, staff_id: uuid.UUID) -> str:
        """Whose id this is."""
        return next(login for login, known in self.staff.items() if known == staff_id)

    def fresh_draft(self) -> DraftSecrets:
        """A form in a browser nobody else has."""
        return DraftSecrets(secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES))

    def seal_file(self, content: bytes, *, name: str, media_type: str, kind: ObjectKind) -> SealedFile:
        """Seal one file into the blob store, as an upload is."""
        object_id, file_key = new_id(self.rng), secrets.token_bytes(KEY_BYTES)
        blob = self.blobs.create(rng=self.rng)
        writer = SealingWriter(blob, kind=kind, object_id=object_id, file_key=file_key)
        writer.write(content)
        size = writer.finish()
        blob.keep(day=civil_day(self.clock))
        return SealedFile(
            field="files",
            name=name,
            declared_type=media_type,
            true_bytes=size.true_bytes,
            sealed_bytes=size.sealed_bytes,
            kind=kind,
            object_id=object_id,
            file_key=file_key,
            blob_name=blob.name,
        )

    def work_on(self, topic: OutboxTopic, subject_id: uuid.UUID) -> bool:
        """Run the work on one subject; whether it was finished. What was not is left to the workers."""
        wanted = select(OutboxRow.id).where(OutboxRow.topic == topic, OutboxRow.subject_id == subject_id)
        with self.database.read() as session:
            waiting = session.scalars(wanted).all()
        for row_id in waiting:
            run_row(row_id, bench=self.bench, handlers=HANDLERS)
        with self.database.read() as session:
            return session.scalar(wanted.limit(1)) is None

    def run_outbox(self, *topics: OutboxTopic) -> None:
        """Run what waits under ``topics``, as a worker does. Raises WorkFailed."""
        with self.database.read() as session:
            waiting = session.scalars(select(OutboxRow.id).where(OutboxRow.topic.in_(topics))).all()
        for row_id in waiting:
            run_row(row_id, bench=self.bench, handlers=HANDLERS)
            with self.database.read() as session:
                left = session.get(OutboxRow, row_id)
            if left is not None:
                raise WorkFailed(left.topic, left.error_code)
