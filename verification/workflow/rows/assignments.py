"""The light path: a case assigned under a standing programme, the unit's reply, and what comes of it."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import AssignmentState as A
from verification.models import CaseState as C
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_asking as q
from verification.workflow import guards_assign as a
from verification.workflow import guards_fieldwork as f
from verification.workflow import guards_referral as h
from verification.workflow import guards_review as r
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

CASE, ASSIGNMENT = SubjectKind.CASE, SubjectKind.ASSIGNMENT

LIGHT_CASES = (
    *(
        Transition(
            CASE, state, Do.ASSIGN_CASE, target, May.CASE_ASSIGN, Event.CASE_ASSIGNED,
            ("programme-covers", "reg-4", "case-basis", "reg-5", "assign-unconflicted", "pet-30"),
            guards=(
                g.case_has_basis, g.objects_are_inspectable, g.case_has_allegations, a.programme_runs,
                a.programme_covers_lead, a.programme_covers_unit, a.unit_is_asked_once,
                a.unit_is_unconflicted,
            ),
        )
        for state, target in ((C.DRAFT, C.ASSIGNED), (C.ASSIGNED, None))
    ),
    Transition(
        CASE, C.ASSIGNED, Do.SETTLE_CASE, C.SETTLED, May.ASSIGNMENT_CHECK, Event.CASE_SETTLED,
        ("reply-checked", "finding-each"),
        guards=(a.assignments_are_over, f.every_allegation_has_finding), starts=("clock-answer",),
    ),
    *(
        Transition(
            CASE, state, Do.ESCALATE_CASE, C.DRAFT, May.CASE_ASSIGN, Event.CASE_ESCALATED,
            ("assign-escalates", "return-reason"), guards=(g.return_has_reason, a.case_was_assigned),
            meets=("clock-answer",),
        )
        for state in (C.ASSIGNED, C.SETTLED, C.CLOSED)
    ),
    Transition(
        CASE, C.SETTLED, Do.CLOSE_CASE, C.CLOSED, May.CASE_CLOSE, Event.CASE_CLOSED,
        ("finding-each", "close-answered", "close-asked", "asked-unfixed", "refer-receipt", "pet-30"),
        guards=(
            f.every_allegation_has_finding, g.informants_are_answered, q.informants_were_asked,
            r.no_review_is_open, h.no_referral_waits,
        ),
    ),
    Transition(
        CASE, C.PLANNED, Do.END_PROGRAMME, C.CLOSED, May.CASE_ASSIGN, Event.PROGRAMME_ENDED,
        ("programme-covers",), guards=(a.case_is_programme, a.no_assignment_runs),
    ),
)

ASSIGNMENTS = (
    Transition(
        ASSIGNMENT, A.ISSUED, Do.SIGN_ASSIGNMENT, A.SIGNED, May.ASSIGNMENT_ANSWER, Event.ASSIGNMENT_SIGNED,
        ("clock-assign-sign",), guards=(a.actor_is_of_unit,), meets=("clock-assign-sign",),
    ),
    *(
        Transition(
            ASSIGNMENT, state, Do.HAND_BACK_ASSIGNMENT, A.HANDED_BACK, May.ASSIGNMENT_ANSWER,
            Event.ASSIGNMENT_HANDED_BACK, ("hand-back-once", "return-reason"),
            guards=(
                a.actor_is_of_unit, f.hand_back_is_first, a.hand_back_is_in_time, g.return_has_reason,
            ),
            meets=("clock-assign-sign",), tells=(Audience.PROPOSER,),
        )
        for state in (A.ISSUED, A.SIGNED)
    ),
    Transition(
        ASSIGNMENT, A.HANDED_BACK, Do.OVERRULE_ASSIGNMENT, A.ISSUED, May.CASE_ASSIGN,
        Event.ASSIGNMENT_OVERRULED, ("hand-back-once", "return-reason"), guards=(g.return_has_reason,),
        starts=("clock-assign-sign",), tells=(Audience.LIAISONS,),
    ),
    *(
        Transition(
            ASSIGNMENT, state, Do.WITHDRAW_ASSIGNMENT, A.WITHDRAWN, May.CASE_ASSIGN,
            Event.ASSIGNMENT_WITHDRAWN, ("hand-back-once", "assign-escalates"),
            meets=("clock-assign-sign", "clock-assigned", "clock-check-reply"),
            tells=(Audience.LIAISONS,),
        )
        for state in (A.ISSUED, A.SIGNED, A.REPLIED, A.RETURNED, A.HANDED_BACK)
    ),
    *(
        Transition(
            ASSIGNMENT, state, Do.REPLY_ASSIGNMENT, A.REPLIED, May.ASSIGNMENT_ANSWER,
            Event.ASSIGNMENT_REPLIED, ("assign-answered", "assign-proof"),
            guards=(a.actor_is_of_unit, a.every_question_is_answered, a.reply_has_proof),
            meets=("clock-assigned",), starts=("clock-check-reply",), tells=(Audience.PROPOSER,),
        )
        for state in (A.SIGNED, A.RETURNED)
    ),
    Transition(
        ASSIGNMENT, A.REPLIED, Do.RETURN_REPLY, A.RETURNED, May.ASSIGNMENT_CHECK, Event.REPLY_RETURNED,
        ("reply-checked", "return-reason"), guards=(g.return_has_reason,), meets=("clock-check-reply",),
        tells=(Audience.LIAISONS,),
    ),
    Transition(
        ASSIGNMENT, A.REPLIED, Do.ACCEPT_REPLY, A.ACCEPTED, May.ASSIGNMENT_CHECK, Event.REPLY_ACCEPTED,
        ("reply-checked", "reply-flagged"), guards=(a.every_question_is_checked, a.flags_have_reason),
        meets=("clock-check-reply",), tells=(Audience.LIAISONS,),
    ),
)
