"""Uses of a conclusion (Art. 13, 19–22): written, approved where a rule asks for it, sent, and answered."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import MeasureState as M
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_uses as u
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

MEASURE = SubjectKind.MEASURE
_FITS = (u.use_rests_on_what_it_needs, u.receiver_fits, u.unit_is_of_the_case)
_FOUNDED = ("use-rests", "use-receiver", "reg-21-organ")

MEASURES = (
    Transition(
        MEASURE, M.DRAFT, Do.PROPOSE_USE, M.PROPOSED, May.USE_WRITE, Event.USE_PROPOSED,
        ("reg-12-7", "reg-21", "reg-25", "use-publication", "use-clearing", "use-director", *_FOUNDED),
        guards=(u.approval_is_needed, *_FITS), tells=(Audience.APPROVERS,),
    ),
    Transition(
        MEASURE, M.PROPOSED, Do.APPROVE_USE, M.APPROVED, May.USE_APPROVE, Event.USE_APPROVED,
        (
            "reg-12-7", "reg-21", "reg-25", "use-publication", "use-clearing", "use-director", "use-separate",
            "use-after-review", *_FOUNDED,
        ),
        guards=(
            u.approver_is_whom_the_rule_names, u.approver_is_not_writer, *_FITS, u.burden_waits_for_review,
        ),
        starts=("clock-use",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        MEASURE, M.PROPOSED, Do.RETURN_USE, M.DRAFT, May.USE_APPROVE, Event.USE_RETURNED,
        ("reg-21", "use-director", "return-reason"),
        guards=(u.approver_is_whom_the_rule_names, g.return_has_reason), tells=(Audience.PROPOSER,),
    ),
    Transition(
        MEASURE, M.APPROVED, Do.SEND_USE, M.SENT, May.USE_SEND, Event.USE_SENT,
        ("reg-21", "reg-21-organ", "use-after-review", "use-rests", "unannounced-no-notice"),
        guards=(*_FITS, u.burden_waits_for_review, u.unit_learns_nothing_early), meets=("clock-use",),
        tells=(Audience.LIAISONS,),
    ),
    Transition(
        MEASURE, M.DRAFT, Do.SEND_USE, M.SENT, May.USE_SEND, Event.USE_SENT,
        ("reg-13", "reg-19", "reg-20", "reg-22", "use-rests", "unannounced-no-notice"),
        guards=(u.no_approval_is_needed, *_FITS, u.unit_learns_nothing_early), meets=("clock-use",),
        tells=(Audience.LIAISONS,),
    ),
    Transition(
        MEASURE, M.SENT, Do.CONFIRM_USE, M.RECEIVED, May.USE_ANSWER, Event.USE_RECEIVED, ("use-receiver",),
        guards=(u.receiver_answers,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        MEASURE, M.SENT, Do.RECORD_USE_RECEIPT, M.RECEIVED, May.USE_SEND, Event.USE_RECEIVED,
        ("use-receiver",),
    ),
    Transition(
        MEASURE, M.RECEIVED, Do.REPLY_USE, M.ANSWERED, May.USE_ANSWER, Event.USE_ANSWERED, ("use-receiver",),
        guards=(u.receiver_answers,), tells=(Audience.PROPOSER,),
    ),
    *(
        Transition(
            MEASURE, state, Do.RECORD_USE_OUTCOME, M.ANSWERED, May.USE_SEND, Event.USE_ANSWERED,
            ("use-receiver",),
        )
        for state in (M.SENT, M.RECEIVED)
    ),
    *(
        Transition(
            MEASURE, state, Do.WITHDRAW_USE, M.WITHDRAWN, May.USE_WRITE, Event.USE_WITHDRAWN,
            ("return-reason",), guards=(g.return_has_reason,), meets=("clock-use",),
        )
        for state in (M.DRAFT, M.PROPOSED, M.APPROVED)
    ),
)  # fmt: skip
