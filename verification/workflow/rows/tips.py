"""What happens to a tip."""

from __future__ import annotations

from portal.models import TipState as T
from verification.audit.events import Event
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

TIP = SubjectKind.TIP
_TRIAGE = ("clock-triage-p1", "clock-triage-p2", "clock-triage")

TIPS = (
    Transition(TIP, T.RECEIVED, Do.OPEN_TIP, T.TRIAGE, May.TIP_OPEN, Event.TIP_OPENED, ("pet-30",)),
    Transition(
        TIP, T.TRIAGE, Do.ACCEPT_TIP, T.ACCEPTED, May.TIP_TRIAGE, Event.TIP_ACCEPTED,
        ("tip-category", "alternate-apart"),
        guards=(g.tip_is_of_the_desk, g.tip_has_category), meets=(*_TRIAGE, "clock-notice"),
    ),
    Transition(
        TIP, T.TRIAGE, Do.ASK_INFORMANT, T.ASKING, May.TIP_TRIAGE, Event.TIP_ASKED, ("ask-once",),
        guards=(g.informant_is_asked_once,), pauses=_TRIAGE, starts=("clock-ask",),
    ),
    Transition(
        TIP, T.ASKING, Do.TAKE_REPLY, T.TRIAGE, May.SYSTEM, Event.TIP_REPLIED, ("ask-once",),
        meets=("clock-ask",), resumes=_TRIAGE, tells=(Audience.DESK,),
    ),
    Transition(
        TIP, T.ASKING, Do.END_WAIT, T.TRIAGE, May.TIP_TRIAGE, Event.TIP_WAIT_ENDED, ("clock-ask",),
        meets=("clock-ask",), resumes=_TRIAGE,
    ),
    Transition(
        TIP, T.TRIAGE, Do.DECLINE_TIP, T.DECLINED, May.TIP_TRIAGE, Event.TIP_DECLINED, ("decline-reason",),
        guards=(g.decline_has_reason, g.decline_names_channel), meets=(*_TRIAGE, "clock-notice"),
    ),
    Transition(
        TIP, T.TRIAGE, Do.REFER_TIP, T.REFERRED, May.TIP_TRIAGE, Event.TIP_REFERRED,
        ("reg-23", "refer-unhindered"), guards=(g.referral_names_organ,), meets=(*_TRIAGE, "clock-notice"),
    ),
    Transition(
        TIP, T.TRIAGE, Do.HAND_ON_TIP, T.HANDED_ON, May.TIP_TRIAGE, Event.TIP_HANDED_ON, ("hand-on-channel",),
        guards=(g.hand_on_names_office,), meets=(*_TRIAGE, "clock-notice"),
    ),
    Transition(
        TIP, T.ACCEPTED, Do.JOIN_CASE, T.IN_CASE, May.CASE_DRAFT, Event.TIP_JOINED,
        ("brief-no-identity", "alternate-apart"), guards=(g.tip_is_of_the_desk,),
    ),
    # What turns out to be nobody's here to approve still goes to somebody: nothing accepted is stuck.
    *(
        Transition(
            TIP, state, Do.HAND_ON_TIP, T.HANDED_ON, May.TIP_TRIAGE, Event.TIP_HANDED_ON,
            ("hand-on-channel", "head-recused"), guards=(g.hand_on_names_office, g.tip_is_still_free),
        )
        for state in (T.ACCEPTED, T.IN_CASE)
    ),
    *(
        Transition(
            TIP, state, Do.REFER_TIP, T.REFERRED, May.TIP_TRIAGE, Event.TIP_REFERRED,
            ("reg-23", "refer-unhindered"), guards=(g.referral_names_organ, g.tip_is_still_free),
        )
        for state in (T.ACCEPTED, T.IN_CASE)
    ),
    Transition(
        TIP, T.IN_CASE, Do.ANSWER_TIP, T.ANSWERED, May.TIP_ANSWER, Event.TIP_ANSWERED,
        ("answer-after-conclusion",), guards=(g.case_has_result,), meets=("clock-answer",),
    ),
    # An informant of a concluded case who objected can be answered again, without a second case.
    Transition(
        TIP, T.TRIAGE, Do.ANSWER_TIP, T.ANSWERED, May.TIP_ANSWER, Event.TIP_ANSWERED,
        ("answer-after-conclusion",), guards=(g.tip_has_case, g.case_has_result),
        meets=("clock-answer", *_TRIAGE),
    ),
    *(
        Transition(
            TIP, state, Do.TAKE_OBJECTION, T.TRIAGE, May.SYSTEM, Event.TIP_OBJECTED, ("close-answered",),
            starts=("clock-triage",), tells=(Audience.DESK,),
        )
        for state in (T.DECLINED, T.REFERRED, T.HANDED_ON, T.ANSWERED)
    ),
    # Whatever became of the tip: retaliation is a matter of its own, and urgent.
    *(
        Transition(
            TIP, state, Do.REPORT_RETALIATION, None, May.SYSTEM, Event.RETALIATION_REPORTED,
            ("reg-26", "retaliation-own-case"), starts=("clock-retaliation",), tells=(Audience.DESK,),
        )
        for state in T
    ),
    *(
        Transition(
            TIP, state, Do.TAKE_MATERIAL, None, May.SYSTEM, Event.TIP_ADDED, ("pet-30",),
            tells=(Audience.DESK,),
        )
        for state in T
    ),
)
