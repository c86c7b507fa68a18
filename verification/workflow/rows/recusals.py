"""Requests that somebody keep away from a case (Civil Servant Law 77): decided by the director."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import RecusalState as W
from verification.policy.permissions import Permission as May
from verification.workflow import guards_recusal as w
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

RECUSAL = SubjectKind.RECUSAL

RECUSALS = (
    Transition(
        RECUSAL, W.ASKED, Do.GRANT_RECUSAL, W.GRANTED, May.RECUSAL_DECIDE, Event.RECUSAL_GRANTED,
        ("csl-77", "recusal-director"),
        guards=(w.decider_is_not_concerned, w.decider_is_entitled), meets=("clock-recusal",),
        tells=(Audience.DIRECTORS, Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        RECUSAL, W.ASKED, Do.REFUSE_RECUSAL, W.REFUSED, May.RECUSAL_DECIDE, Event.RECUSAL_REFUSED,
        ("csl-77", "recusal-director", "recusal-reason"),
        guards=(w.decider_is_not_concerned, w.decider_is_entitled, w.refusal_has_reason),
        meets=("clock-recusal",), tells=(Audience.PROPOSER,),
    ),
)
