"""What was found beyond a case: taken up as a case of its own, or declined with a reason."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import LeadState as L
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

LEAD = SubjectKind.LEAD

LEADS = (
    Transition(
        LEAD, L.NOTED, Do.TAKE_UP_LEAD, L.TAKEN_UP, May.CASE_DRAFT, Event.LEAD_TAKEN_UP,
        ("derived-lead", "off-plan"), tells=(Audience.TEAM,),
    ),
    Transition(
        LEAD, L.NOTED, Do.DECLINE_LEAD, L.DECLINED, May.CASE_DRAFT, Event.LEAD_DECLINED,
        ("derived-lead", "return-reason"), guards=(g.return_has_reason,), tells=(Audience.TEAM,),
    ),
)
