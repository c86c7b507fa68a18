"""TRANSITIONS: every (state, action) that exists, as data. What is not here cannot happen.

Each row names who may (a permission), what must be true (guards), what the audit trail will say, the rules it
rests on, which clocks it meets and starts, and who is told. Source: 2-domain §2, §2a, §3.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from portal.models import TipState as T
from verification.audit.events import Event
from verification.models import CaseState as C
from verification.models import ItemState as I
from verification.models import TaskState as K
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_fieldwork as f
from verification.workflow.facts import Guard
from verification.workflow.states import Action as Do
from verification.workflow.states import AnyState, SubjectKind


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


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. ``target`` None: the state stays, the act is still decided and recorded here."""

    kind: SubjectKind
    source: AnyState
    action: Do
    target: AnyState | None
    permission: May
    audit: Event
    rules: tuple[str, ...]
    guards: tuple[Guard, ...] = ()
    meets: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    pauses: tuple[str, ...] = ()
    resumes: tuple[str, ...] = ()
    tells: tuple[Audience, ...] = field(default=())


TIP, CASE, TASK, ITEM = SubjectKind.TIP, SubjectKind.CASE, SubjectKind.TASK, SubjectKind.ITEM
_TRIAGE = ("clock-triage-p1", "clock-triage-p2", "clock-triage")

# One row reads best as few lines; a row a column would hide the table.
# fmt: off
_TIPS = (
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
        ("answer-after-conclusion",), guards=(g.conclusion_was_delivered,), meets=("clock-answer",),
    ),
    # An informant of a concluded case who objected can be answered again, without a second case.
    Transition(
        TIP, T.TRIAGE, Do.ANSWER_TIP, T.ANSWERED, May.TIP_ANSWER, Event.TIP_ANSWERED,
        ("answer-after-conclusion",), guards=(g.tip_has_case, g.conclusion_was_delivered),
        meets=("clock-answer", *_TRIAGE),
    ),
    *(
        Transition(
            TIP, state, Do.TAKE_OBJECTION, T.TRIAGE, May.SYSTEM, Event.TIP_OBJECTED, ("close-answered",),
            starts=("clock-triage",), tells=(Audience.DESK,),
        )
        for state in (T.DECLINED, T.REFERRED, T.HANDED_ON, T.ANSWERED)
    ),
    *(
        Transition(
            TIP, state, Do.TAKE_MATERIAL, None, May.SYSTEM, Event.TIP_ADDED, ("pet-30",),
            tells=(Audience.DESK,),
        )
        for state in T
    ),
)

_CASES = (
    Transition(
        CASE, C.DRAFT, Do.PROPOSE_DOCKETING, C.PROPOSED, May.CASE_PROPOSE, Event.CASE_PROPOSED,
        ("reg-11-2", "reg-4", "case-basis", "reg-5", "reg-15-overlap", "head-recused"),
        guards=(
            g.case_has_basis, g.objects_are_inspectable, g.case_has_allegations, g.overlap_is_justified,
            g.head_is_free,
        ),
        tells=(Audience.DEPUTIES, Audience.HEADS),
    ),
    Transition(
        CASE, C.DRAFT, Do.DOCKET_BY_INSTRUCTION, C.DOCKETED, May.DOCKET_APPROVE, Event.CASE_DOCKETED,
        ("reg-11-1", "reg-4", "reg-5"),
        guards=(
            g.case_has_basis, g.objects_are_inspectable, g.case_has_allegations, g.rests_on_paper,
        ),
        starts=("clock-verify",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.ENDORSE_DOCKETING, None, May.CASE_ENDORSE, Event.CASE_ENDORSED,
        ("deputy-endorses",), guards=(g.return_has_reason,), tells=(Audience.HEADS,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.APPROVE_DOCKETING, C.DOCKETED, May.DOCKET_APPROVE, Event.CASE_DOCKETED,
        ("reg-11-2", "docket-separate"), guards=(g.approver_is_not_proposer,),
        starts=("clock-verify",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.RETURN_DOCKETING, C.DRAFT, May.DOCKET_APPROVE, Event.CASE_RETURNED,
        ("reg-11-2", "return-reason"), guards=(g.return_has_reason,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.DOCKETED, Do.PROPOSE_PLAN, C.PLAN_PROPOSED, May.PLAN_WRITE, Event.PLAN_PROPOSED,
        ("reg-15-plan", "reg-15-scope", "reg-12", "method-named"),
        guards=(
            g.plan_is_complete, g.plan_keeps_to_case, g.plan_dates_are_ordered, g.plan_starts_after_docketing,
        ),
        tells=(Audience.DIRECTORS,),
    ),
    Transition(
        CASE, C.PLAN_PROPOSED, Do.APPROVE_PLAN, C.PLANNED, May.PLAN_APPROVE, Event.PLAN_APPROVED,
        ("reg-15-plan", "plan-lock", "plan-separate"), guards=(g.approver_is_not_planner,),
        tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PLAN_PROPOSED, Do.RETURN_PLAN, C.DOCKETED, May.PLAN_APPROVE, Event.PLAN_RETURNED,
        ("reg-15-plan", "return-reason"), guards=(g.return_has_reason,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PLANNED, Do.REVISE_PLAN, C.DOCKETED, May.PLAN_WRITE, Event.PLAN_REVISED, ("plan-lock",)
    ),
    *(
        Transition(
            CASE, state, Do.DISPATCH_TASK, C.VERIFYING, May.TASK_DISPATCH, Event.TASK_DISPATCHED,
            ("field-after-docket", "plan-lock", "team-two", "reg-8", "reg-9"),
            guards=(
                g.case_is_docketed, g.plan_is_approved, f.team_has_two, f.team_has_leader,
                f.team_is_trained, f.team_has_undertaken, f.team_has_no_conflict,
            ),
        )
        for state in (C.PLANNED, C.VERIFYING)
    ),
    Transition(
        CASE, C.VERIFYING, Do.BEGIN_CONCLUSION, C.CONCLUDING, May.CONCLUSION_DRAFT, Event.CONCLUSION_BEGUN,
        ("reg-16", "finding-each"), guards=(f.every_allegation_has_finding, f.tasks_have_results),
        meets=("clock-verify-p1", "clock-verify-p2", "clock-verify"), starts=("clock-conclude",),
    ),
    Transition(
        CASE, C.CONCLUDING, Do.RESUME_VERIFICATION, C.VERIFYING, May.TASK_DISPATCH,
        Event.VERIFICATION_RESUMED, ("reg-16",),
    ),
    Transition(
        CASE, C.CONCLUDING, Do.PROPOSE_CONCLUSION, C.CONCLUSION_PROPOSED, May.CONCLUSION_DRAFT,
        Event.CONCLUSION_PROPOSED, ("reg-16", "finding-each", "finding-exhibit", "finding-statement"),
        guards=(
            f.conclusion_is_drafted, f.every_allegation_has_finding, f.findings_rest_on_exhibits,
            f.findings_rest_on_plan, f.findings_weigh_statements,
        ),
        tells=(Audience.HEADS,),
    ),
    Transition(
        CASE, C.CONCLUSION_PROPOSED, Do.APPROVE_CONCLUSION, C.CONCLUDED, May.CONCLUSION_APPROVE,
        Event.CONCLUSION_APPROVED, ("conclusion-approval", "conclusion-separate"),
        guards=(f.approver_is_not_drafter,), meets=("clock-conclude",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.CONCLUSION_PROPOSED, Do.RETURN_CONCLUSION, C.CONCLUDING, May.CONCLUSION_APPROVE,
        Event.CONCLUSION_RETURNED, ("conclusion-approval", "return-reason"),
        guards=(g.return_has_reason,), tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        CASE, C.CONCLUDED, Do.DELIVER_CONCLUSION, C.DELIVERED, May.CONCLUSION_DELIVER,
        Event.CONCLUSION_DELIVERED, ("reg-16", "reg-17-objection"), guards=(f.conclusion_is_approved,),
        starts=("reg-17-objection", "clock-answer"), tells=(Audience.LIAISONS,),
    ),
    Transition(
        CASE, C.DELIVERED, Do.ORDER_RECTIFICATION, C.RECTIFYING, May.ITEM_ORDER, Event.RECTIFICATION_ORDERED,
        ("reg-18",), guards=(f.case_has_items,), tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    *(
        Transition(
            CASE, state, Do.CLOSE_CASE, C.CLOSED, May.CASE_CLOSE, Event.CASE_CLOSED,
            ("finding-each", "close-items", "close-answered", "pet-30"),
            guards=(
                f.every_allegation_has_finding, f.items_are_closed_off, g.conclusion_was_delivered,
                g.informants_are_answered,
            ),
        )
        for state in (C.DELIVERED, C.RECTIFYING)
    ),
)

_TASKS = (
    Transition(
        TASK, K.DISPATCHED, Do.SIGN_TASK, K.CARRY, May.TASK_WORK, Event.TASK_SIGNED, ("clock-sign",),
        guards=(f.actor_is_on_team,), meets=("clock-sign",),
    ),
    *(
        Transition(
            TASK, state, Do.HAND_BACK_TASK, K.HANDED_BACK, May.TASK_WORK, Event.TASK_HANDED_BACK,
            ("hand-back-once", "return-reason"),
            guards=(f.actor_is_on_team, f.hand_back_is_first, f.hand_back_is_in_time, g.return_has_reason),
            meets=("clock-sign",), tells=(Audience.PROPOSER,),
        )
        for state in (K.DISPATCHED, K.CARRY)
    ),
    Transition(
        TASK, K.HANDED_BACK, Do.UPHOLD_HAND_BACK, K.WITHDRAWN, May.TASK_DISPATCH, Event.TASK_WITHDRAWN,
        ("hand-back-once",), guards=(g.return_has_reason,), tells=(Audience.TEAM,),
    ),
    Transition(
        TASK, K.HANDED_BACK, Do.OVERRULE_HAND_BACK, K.DISPATCHED, May.TASK_DISPATCH, Event.TASK_OVERRULED,
        ("hand-back-once",), guards=(g.return_has_reason,), tells=(Audience.TEAM,),
    ),
    *(
        Transition(
            TASK, state, Do.LOG_RECORD, None, May.TASK_WORK, Event.RECORD_LOGGED,
            ("field-after-docket", "method-named", "off-plan"),
            guards=(f.actor_is_on_team, g.case_is_docketed),
        )
        for state in (K.CARRY, K.FOLLOW, K.FIX)
    ),
    Transition(
        TASK, K.CARRY, Do.BEGIN_FOLLOW, K.FOLLOW, May.TASK_WORK, Event.TASK_FOLLOWED, ("carry-visit",),
        guards=(f.actor_is_on_team, f.lead_was_carried),
    ),
    Transition(
        TASK, K.FOLLOW, Do.BEGIN_FIX, K.FIX, May.TASK_WORK, Event.TASK_FIXING, ("finding-each",),
        guards=(f.actor_is_on_team, f.every_allegation_has_finding), tells=(Audience.PROPOSER,),
    ),
    Transition(
        TASK, K.FIX, Do.FINISH_TASK, K.DONE, May.TASK_WORK, Event.TASK_DONE, ("reg-18", "close-items"),
        guards=(f.actor_is_on_team, g.conclusion_was_delivered, f.items_are_closed_off),
    ),
)

_ITEMS = (
    *(
        Transition(
            ITEM, state, Do.REPORT_ITEM, I.REPORTED, May.ITEM_REPORT, Event.ITEM_REPORTED,
            ("reg-18", "item-proof"), guards=(f.reporter_is_of_unit, f.report_has_proof),
            meets=("clock-rectify",), starts=("clock-verify-item",), tells=(Audience.TEAM,),
        )
        for state in (I.ORDERED, I.RETURNED)
    ),
    Transition(
        ITEM, I.REPORTED, Do.RETURN_ITEM, I.RETURNED, May.ITEM_VERIFY, Event.ITEM_RETURNED,
        ("item-verified", "return-reason"), guards=(f.verifier_is_on_team, g.return_has_reason),
        meets=("clock-verify-item",), tells=(Audience.LIAISONS,),
    ),
    Transition(
        ITEM, I.REPORTED, Do.VERIFY_ITEM, I.VERIFIED, May.ITEM_VERIFY, Event.ITEM_VERIFIED,
        ("reg-18", "item-verified", "close-off-uninvolved"),
        guards=(f.verifier_is_on_team, f.named_signer_had_no_part),
        meets=("clock-verify-item",), tells=(Audience.SIGNER,),
    ),
    Transition(
        ITEM, I.VERIFIED, Do.SIGN_OFF_ITEM, I.CLOSED_OFF, May.ITEM_SIGN_OFF, Event.ITEM_CLOSED_OFF,
        ("close-off-uninvolved",), guards=(f.signer_had_no_part,), tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    Transition(
        ITEM, I.VERIFIED, Do.REFUSE_SIGN_OFF, I.RETURNED, May.ITEM_SIGN_OFF, Event.SIGN_OFF_REFUSED,
        ("close-off-uninvolved", "return-reason"), guards=(f.signer_had_no_part, g.return_has_reason),
        tells=(Audience.LIAISONS, Audience.TEAM),
    ),
)

# fmt: on


def _apart(rows: tuple[Transition, ...]) -> tuple[Transition, ...]:
    """Nobody who must keep away from a case does anything in it, but for the unit's own reports."""
    return tuple(
        row
        if row.permission in (May.ITEM_REPORT, May.SYSTEM)
        else replace(row, guards=(g.not_recused, *row.guards), rules=(*row.rules, *_RECUSAL))
        for row in rows
    )


_RECUSAL = ("csl-76", "kept-away")
TRANSITIONS: tuple[Transition, ...] = _TIPS + _apart(_CASES + _TASKS + _ITEMS)

BY_STATE_AND_ACTION: dict[tuple[SubjectKind, AnyState, Do], Transition] = {
    (row.kind, row.source, row.action): row for row in TRANSITIONS
}
if len(BY_STATE_AND_ACTION) != len(TRANSITIONS):
    raise RuntimeError("two transitions share a state and an action")


def actions_from(kind: SubjectKind, state: AnyState) -> tuple[Transition, ...]:
    """What the table allows from ``state``, guards not yet asked."""
    return tuple(row for row in TRANSITIONS if row.kind is kind and row.source == state)
