"""A row of the transition table, and who can be told of it. The rows themselves are in ``rows``."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from verification.audit.events import Event
from verification.policy.permissions import Permission
from verification.workflow.facts import Guard
from verification.workflow.states import Action, AnyState, SubjectKind


class Audience(StrEnum):
    """Who is told, in the app, that something happened (never what it says)."""

    DESK = "desk"
    DIRECTORS = "directors"
    HEADS = "heads"
    DEPUTIES = "deputies"
    PROPOSER = "proposer"
    TEAM = "team"
    LIAISONS = "liaisons"
    SIGNER = "signer"
    REVIEWERS = "reviewers"
    APPROVERS = "approvers"
    LOOKERS = "lookers"


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. ``target`` None: the state stays, the act is still decided and recorded here."""

    kind: SubjectKind
    source: AnyState
    action: Action
    target: AnyState | None
    permission: Permission
    audit: Event
    rules: tuple[str, ...]
    guards: tuple[Guard, ...] = ()
    meets: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    tells: tuple[Audience, ...] = field(default=())
