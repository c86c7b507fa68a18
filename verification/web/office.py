"""What the internal app stands on, and the person whose keys are unlocked in this request.

Owns: ``office()`` (database, blobs, trusted keys, rules, clock, chance), ``visitor()`` and ``acting_in``.
Must not know: any page or verb. Source: 3-architecture "a request"; 4-sealing "session".
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flask import current_app, g
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from config import BadSettings, VerificationSettings
from portal.clock import Clock, civil_day
from portal.crypto.signing import VerifyKey
from portal.db import Database
from portal.models import Rng
from portal.storage.blobs import Blobs
from portal.storage.errors import Busy, RetryLater
from portal.storage.filesystem import FileBlobs
from portal.trust import TrustedKeys
from verification.documents.forms import Forms, load_forms, shipped_forms
from verification.documents.gatherer import OfficeNames
from verification.documents.making import Press
from verification.documents.templating import BadTemplate
from verification.domain.acting import Acting
from verification.errors import NotHere
from verification.keys.keyring import Keyring
from verification.keys.sessions import SessionLimits
from verification.models import Role
from verification.policy.actors import Actor, actor_for
from verification.policy.permissions import Permission
from verification.policy.rulebook import Rulebook, shipped_rules

EXTENSION = "xiansuo.office"


@dataclass(frozen=True, slots=True, repr=False)
class Office:
    """The standing equipment of one process."""

    settings: VerificationSettings
    database: Database
    blobs: Blobs
    trust: TrustedKeys
    rules: Rulebook
    clock: Clock
    rng: Rng
    forms: Forms

    @property
    def press(self) -> Press:
        """What documents are made with."""
        named = self.settings
        names = OfficeNames(named.office_name, named.county_name, named.document_mark)
        return Press(names, self.forms, self.blobs)

    @property
    def today(self) -> date:
        """The civil day."""
        return civil_day(self.clock)

    @property
    def session_limits(self) -> SessionLimits:
        """How long somebody stays unlocked."""
        return SessionLimits.of(self.settings)


def equip(settings: VerificationSettings, *, database: Database | None, clock: Clock, rng: Rng) -> Office:
    """Open what the settings name; a database may be handed in."""
    return Office(
        settings=settings,
        database=database or Database(settings.database_url),
        blobs=FileBlobs(settings.blob_dir),
        trust=TrustedKeys(VerifyKey.from_bytes(settings.root_public)),
        rules=shipped_rules(),
        clock=clock,
        rng=rng,
        forms=_forms(settings.document_templates),
    )


def _forms(folder: Path | None) -> Forms:
    """The templates of documents; one that cannot be used stops the program with its file and line."""
    if folder is None:
        return shipped_forms()
    try:
        return load_forms(folder)
    except BadTemplate as error:
        raise BadSettings([str(problem) for problem in error.problems]) from None


def office() -> Office:
    """The office of the app that answers now."""
    found: Office = current_app.extensions[EXTENSION]
    return found


@dataclass(frozen=True, slots=True, repr=False)
class Visitor:
    """The unlocked person of this request. ``unread``: notices not yet read when the request began."""

    session_id: bytes
    staff_id: uuid.UUID
    name: str
    actor: Actor
    keyring: Keyring
    unread: int

    @property
    def roles(self) -> frozenset[Role]:
        """What this person is."""
        return self.actor.roles

    def may(self, *permissions: Permission) -> bool:
        """Whether a role grants any of these."""
        return any(self.actor.may(permission) for permission in permissions)


def visitor_or_none() -> Visitor | None:
    """Who is here, or nobody."""
    found: Visitor | None = g.get("visitor")
    return found


def visitor() -> Visitor:
    """Who is here. The gate lets nobody else reach a view that asks."""
    found = visitor_or_none()
    if found is None:
        raise NotHere
    return found


@contextmanager
def acting_in(*, write: bool = False) -> Iterator[Acting]:
    """The visitor at work in one database session.

    write: one transaction, committed when the block ends well; otherwise one snapshot that keeps nothing.
    Roles are read again inside it, so that a role taken away counts at once. Raises RetryLater where no
    connection is free.
    """
    person, database = visitor(), office().database
    try:
        with database.write() if write else database.read() as session:
            yield acting_as(session, staff_id=person.staff_id, keyring=person.keyring)
    except PoolTimeout:
        raise RetryLater(Busy.DATABASE) from None


def acting_as(session: Session, *, staff_id: uuid.UUID, keyring: Keyring) -> Acting:
    """An unlocked person at work in ``session``, with the roles they have now."""
    standing = office()
    return Acting(
        session=session,
        actor=actor_for(session, staff_id),
        keyring=keyring,
        trust=standing.trust,
        clock=standing.clock,
        rng=standing.rng,
        rules=standing.rules,
    )
