"""Who acts in this transaction, with what in hand: the first argument of every verb.

One unlocked person, one database session, one clock. Made by the web layer for a request and by the seed.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day
from portal.crypto.header import ObjectKind
from portal.models import Rng
from portal.trust import KeyOf, TrustedKeys
from verification.audit import events
from verification.keys.keyring import Keyring
from verification.keys.records import Sealing, open_record, open_records, seal_record
from verification.keys.signers import signer_of
from verification.policy.actors import Actor
from verification.policy.rulebook import Rulebook
from verification.workflow.apply import Act, apply
from verification.workflow.states import Action, SubjectKind


@dataclass(frozen=True, slots=True)
class Acting:
    """An unlocked person at work. ``paper``: the confirmed paper act that is being carried out.

    confirmed_by: then ``actor`` is who signed the paper, and this is whose keys are unlocked: the trail names
    and is signed by them.
    """

    session: Session
    actor: Actor
    keyring: Keyring
    trust: TrustedKeys
    clock: Clock
    rng: Rng
    rules: Rulebook
    paper: uuid.UUID | None = None
    confirmed_by: uuid.UUID | None = None

    @property
    def staff_id(self) -> uuid.UUID:
        """The person; an unlocked session always has one."""
        if self.actor.staff_id is None:
            raise ValueError("nobody acts")
        return self.actor.staff_id

    @property
    def signer(self) -> events.Signer:
        """This person as the audit trail takes them."""
        return signer_of(self.keyring, staff_id=self.confirmed_by or self.staff_id)

    @property
    def sealing(self) -> Sealing:
        """What sealing needs."""
        return Sealing(trust=self.trust, rng=self.rng, day=civil_day(self.clock))

    def apply(
        self,
        kind: SubjectKind,
        subject_id: uuid.UUID,
        action: Action,
        *,
        version: int | None,
        given: Mapping[str, Any] | None = None,
        noted: Mapping[str, Any] | None = None,
    ) -> Any:
        """Carry out one row of the table; see ``workflow.apply``."""
        act = Act(kind, subject_id, action, version, given or {}, noted or {}, self.paper)
        return apply(
            self.session, act, actor=self.actor, clock=self.clock, rng=self.rng, rules=self.rules,
            signer=self.signer,
        )  # fmt: skip

    def seal(
        self,
        record: Mapping[str, Any],
        *,
        kind: ObjectKind,
        to: list[KeyOf],
        object_id: uuid.UUID | None = None,
    ) -> uuid.UUID:
        """Store a record sealed to ``to``; returns its object id, which may be handed in."""
        return seal_record(
            self.session, record, kind=kind, to=to, sealing=self.sealing, keyring=self.keyring,
            object_id=object_id,
        )  # fmt: skip

    def open(self, object_id: uuid.UUID) -> dict[str, Any]:
        """Open a record this person may open."""
        return open_record(self.session, object_id, keyring=self.keyring)

    def open_all(self, object_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
        """Open many records with two queries. Raises KeyLocked if one of them is not this person's."""
        return open_records(self.session, object_ids, keyring=self.keyring)

    def trace(
        self,
        event: events.Event,
        *,
        subject_kind: str,
        subject_id: uuid.UUID,
        facts: Mapping[str, Any] | None = None,
    ) -> None:
        """Record an act that changes no state."""
        events.append(
            self.session,
            event=event,
            subject_kind=subject_kind,
            subject_id=subject_id,
            signer=self.signer,
            clock=self.clock,
            facts=dict(facts or {}),
        )
