"""What a team asked a unit for, took along or sampled: received, given back, kept, not supplied (Art. 12)."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import HoldingState as H
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_holding as o
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Transition

HOLDING = SubjectKind.HOLDING

HOLDINGS = (
    Transition(
        HOLDING, H.ASKED, Do.RECEIVE_HOLDING, H.HELD, May.TASK_WORK, Event.HOLDING_RECEIVED,
        ("reg-12", "material-returned"), guards=(o.actor_is_on_its_team,),
    ),
    Transition(
        HOLDING, H.ASKED, Do.RECEIVE_COPIES, H.KEPT, May.TASK_WORK, Event.HOLDING_RECEIVED, ("reg-12",),
        guards=(o.actor_is_on_its_team,),
    ),
    Transition(
        HOLDING, H.ASKED, Do.NOTE_DENIAL, H.DENIED, May.TASK_WORK, Event.HOLDING_DENIED,
        ("reg-12", "return-reason"), guards=(o.actor_is_on_its_team, g.return_has_reason),
    ),
    Transition(
        HOLDING, H.HELD, Do.RETURN_HOLDING, H.RETURNED, May.TASK_WORK, Event.HOLDING_RETURNED,
        ("material-returned",), guards=(o.actor_is_on_its_team, o.return_names_receiver),
    ),
    Transition(
        HOLDING, H.HELD, Do.KEEP_HOLDING, H.KEPT, May.TASK_WORK, Event.HOLDING_KEPT,
        ("material-returned",), guards=(o.actor_is_on_its_team, o.keeping_has_reason),
    ),
)
