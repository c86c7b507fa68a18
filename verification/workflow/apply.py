"""``apply``: the only code that writes a state.

Locks the row, compares the version the page was loaded with, collects every refusal, then writes state,
audit entry, clocks and notices in the caller's transaction. Source: 3-architecture rule 1.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Session

from portal.clock import Clock, civil_day, day_start
from portal.models import Priority, Rng
from verification.audit import events
from verification.errors import NotHere, Refusal, Refused, StaleSubject
from verification.policy import deadlines
from verification.policy.actors import Actor
from verification.policy.rulebook import Rulebook
from verification.workflow.facts import Facts
from verification.workflow.states import SUBJECT_MODELS, Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION, actions_from
from verification.workflow.tell import tell
from verification.workflow.transition import Transition

#: How a subject's row is locked. Its key stays, so on PostgreSQL others may go on adding rows that name it (a
#: note, a record): somebody who has written the trail already must not wait for a case whose holder waits for
#: the trail.
FOR_CHANGE: Final = {"key_share": True}


@dataclass(frozen=True, slots=True)
class Act:
    """One thing to do to one subject. ``version`` None only for the software's own acts.

    given: ids, codes and booleans for the guards. noted: codes for the audit entry. paper: the paper act
    this rests on, if it was signed on paper.
    """

    kind: SubjectKind
    subject_id: uuid.UUID
    action: Action
    version: int | None
    given: Mapping[str, Any] = field(default_factory=dict)
    noted: Mapping[str, Any] = field(default_factory=dict)
    paper: uuid.UUID | None = None


def apply(
    session: Session,
    act: Act,
    *,
    actor: Actor,
    clock: Clock,
    rng: Rng,
    rules: Rulebook,
    signer: events.Signer | None = None,
) -> Any:
    """Carry out ``act``, or raise: NotHere, StaleSubject(version), Refused(all refusals).

    signer: the unlocked person that ``actor`` is, or who confirms their paper; None for the software.
    Returns the subject's row in its new state; nothing is committed here.
    """
    if act.paper is None and actor.staff_id != (None if signer is None else signer.actor_id):
        raise ValueError("whoever acts signs, and nobody else")
    subject: Any = session.get(
        SUBJECT_MODELS[act.kind], act.subject_id, with_for_update=FOR_CHANGE, populate_existing=True
    )
    if subject is None:
        raise NotHere
    if act.version is not None and act.version != subject.version:
        raise StaleSubject(subject.version)
    session.flush()
    facts = Facts(session, subject, actor, clock, rules, act.given)
    transition, refusals = decide(facts, kind=act.kind, action=act.action)
    if transition is None or refusals:
        raise Refused(tuple(refusals))
    previous = subject.state
    if transition.target is not None:
        subject.state = transition.target
    subject.version += 1
    noted = {"from": previous.value, "to": subject.state.value, **act.noted}
    if act.paper is not None:
        # The entry is signed by who confirmed it; who signed on paper is named beside it, not as its actor.
        noted |= {"paper": act.paper.hex, "signed_by": actor.staff_id.hex if actor.staff_id else ""}
    events.append(
        session,
        event=transition.audit,
        subject_kind=act.kind.value,
        subject_id=act.subject_id,
        signer=signer,
        clock=clock,
        facts=noted,
        day_only=actor.informant,
    )
    began = _coarse_moment(subject, clock=clock) if actor.informant else None
    _run_clocks(session, transition, subject, began=began, clock=clock, rng=rng, rules=rules)
    _hold_clocks(session, transition, subject, day_only=actor.informant, clock=clock, rules=rules)
    tell(session, transition, subject, actor=actor, clock=clock, rng=rng)
    session.flush()
    return subject


def decide(facts: Facts, *, kind: SubjectKind, action: Action) -> tuple[Transition | None, list[Refusal]]:
    """The row of the table for this state and action, and every reason against it now."""
    transition = BY_STATE_AND_ACTION.get((kind, facts.subject.state, action))
    if transition is None:
        return None, [Refusal("state", _l("This is not possible in the present state."))]
    refusals = [refusal for guard in transition.guards if (refusal := guard(facts)) is not None]
    if not facts.actor.may(transition.permission):
        refusals.insert(0, Refusal("permission", _l("Your role may not do this.")))
    return transition, refusals


def possible_actions(*, kind: SubjectKind, subject: Any, actor: Actor) -> tuple[Action, ...]:
    """What a page may offer: the table's actions from this state that the actor's roles permit."""
    return tuple(row.action for row in actions_from(kind, subject.state) if actor.may(row.permission))


def _coarse_moment(subject: Any, *, clock: Clock) -> datetime:
    """When an informant acted, as finely as may be kept: the hour where clocks run in hours, else the day."""
    if getattr(subject, "priority", None) is Priority.P1 or getattr(subject, "urgent", False):
        return clock.now().replace(minute=0, second=0, microsecond=0)
    return day_start(civil_day(clock))


def _run_clocks(
    session: Session,
    transition: Transition,
    subject: Any,
    *,
    began: datetime | None,
    clock: Clock,
    rng: Rng,
    rules: Rulebook,
) -> None:
    if transition.meets:
        deadlines.meet(session, subject_id=subject.id, rule_ids=transition.meets, clock=clock)
    for rule_id in transition.starts:
        deadlines.start(
            session,
            rule_id=deadlines.for_priority(rule_id, getattr(subject, "priority", None)),
            subject_kind=transition.kind.value,
            subject_id=subject.id,
            clock=clock,
            rng=rng,
            rules=rules,
            began=began,
        )


def _hold_clocks(
    session: Session, transition: Transition, subject: Any, *, day_only: bool, clock: Clock, rules: Rulebook
) -> None:
    if transition.pauses:
        deadlines.pause(
            session,
            subject_id=subject.id,
            rule_ids=transition.pauses,
            code=transition.audit.value,
            clock=clock,
        )
    if transition.resumes:
        deadlines.resume(
            session,
            subject_id=subject.id,
            rule_ids=transition.resumes,
            clock=clock,
            rules=rules,
            day_only=day_only,
        )
