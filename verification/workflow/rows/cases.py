"""What happens to a case, from docketing to its end."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import CaseState as C
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_asking as q
from verification.workflow import guards_conclusion as n
from verification.workflow import guards_coordination as c
from verification.workflow import guards_designation as d
from verification.workflow import guards_fieldwork as f
from verification.workflow import guards_lead as l
from verification.workflow import guards_look_back as b
from verification.workflow import guards_plan as p
from verification.workflow import guards_recusal as w
from verification.workflow import guards_referral as h
from verification.workflow import guards_restraint as t
from verification.workflow import guards_review as r
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

CASE = SubjectKind.CASE

_PLAN_RULES = (
    "reg-15-plan", "reg-15-scope", "reg-12", "method-named",
    "burden-meeting", "burden-forms", "burden-escort", "burden-layers",
)  # fmt: skip
_PLAN_GUARDS = (
    g.plan_is_complete, g.plan_keeps_to_case, g.plan_dates_are_ordered, g.plan_starts_after_docketing,
    p.meetings_are_small, p.no_forms_are_asked_for, p.no_escort_is_asked_for, p.no_layered_self_checks,
)  # fmt: skip

CASES = (
    Transition(
        CASE, C.DRAFT, Do.PROPOSE_DOCKETING, C.PROPOSED, May.CASE_PROPOSE, Event.CASE_PROPOSED,
        (
            "reg-11-2", "reg-4", "case-basis", "reg-5", "reg-15-overlap", "overlap-window", "town-duty",
            "daily-check", "head-recused",
        ),
        guards=(
            g.case_has_basis, g.objects_are_inspectable, g.case_has_allegations, g.overlap_is_justified,
            t.town_has_the_duty, t.is_no_daily_check, g.head_is_free,
        ),
        tells=(Audience.DEPUTIES, Audience.HEADS),
    ),
    Transition(
        CASE, C.DRAFT, Do.DOCKET_BY_INSTRUCTION, C.DOCKETED, May.DOCKET_APPROVE, Event.CASE_DOCKETED,
        ("reg-11-1", "reg-4", "reg-5", "daily-check"),
        guards=(
            g.case_has_basis, g.objects_are_inspectable, g.case_has_allegations, g.rests_on_paper,
            t.is_no_daily_check,
        ),
        starts=("clock-verify",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.ENDORSE_DOCKETING, None, May.CASE_ENDORSE, Event.CASE_ENDORSED,
        ("deputy-endorses",), guards=(g.return_has_reason,), tells=(Audience.HEADS,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.APPROVE_DOCKETING, C.DOCKETED, May.DOCKET_APPROVE, Event.CASE_DOCKETED,
        ("reg-11-2", "docket-separate", "quota-unit", "recusal-work"),
        guards=(g.approver_is_not_proposer, t.quota_is_kept, w.proposer_is_free),
        starts=("clock-verify",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.PROPOSED, Do.RETURN_DOCKETING, C.DRAFT, May.DOCKET_APPROVE, Event.CASE_RETURNED,
        ("reg-11-2", "return-reason"), guards=(g.return_has_reason,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.DOCKETED, Do.PROPOSE_PLAN, C.PLAN_PROPOSED, May.PLAN_WRITE, Event.PLAN_PROPOSED,
        _PLAN_RULES, guards=_PLAN_GUARDS, tells=(Audience.DIRECTORS,),
    ),
    Transition(
        CASE, C.PLAN_PROPOSED, Do.APPROVE_PLAN, C.PLANNED, May.PLAN_APPROVE, Event.PLAN_APPROVED,
        ("reg-15-plan", "plan-lock", "plan-separate", "recusal-work"),
        guards=(g.approver_is_not_planner, w.planner_is_free),
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
            ("field-after-docket", "plan-lock", "team-two", "reg-7", "reg-8", "reg-9", "outside-member"),
            guards=(
                g.case_is_docketed, g.plan_is_approved, f.team_has_two, f.team_has_leader,
                f.team_is_trained, f.team_has_undertaken, f.team_has_no_conflict,
                d.team_is_designated, d.leader_is_designated,
                p.outside_members_are_ready, p.outside_members_are_free,
            ),
        )
        for state in (C.PLANNED, C.VERIFYING)
    ),
    Transition(
        CASE, C.VERIFYING, Do.BEGIN_CONCLUSION, C.CONCLUDING, May.CONCLUSION_DRAFT, Event.CONCLUSION_BEGUN,
        ("reg-16", "finding-each"), guards=(f.every_allegation_has_finding, f.tasks_have_results),
        meets=("clock-verify-p1", "clock-verify-p2", "clock-verify"), starts=("clock-conclude",),
    ),
    # A change while a team is out: work goes on under the version before until the next one is approved.
    Transition(
        CASE, C.VERIFYING, Do.PROPOSE_PLAN, None, May.PLAN_WRITE, Event.PLAN_PROPOSED,
        (*_PLAN_RULES, "plan-lock"), guards=_PLAN_GUARDS, tells=(Audience.DIRECTORS,),
    ),
    Transition(
        CASE, C.VERIFYING, Do.APPROVE_PLAN, None, May.PLAN_APPROVE, Event.PLAN_APPROVED,
        ("reg-15-plan", "plan-lock", "plan-separate"), guards=(p.plan_waits, g.approver_is_not_planner),
        tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        CASE, C.VERIFYING, Do.RETURN_PLAN, None, May.PLAN_APPROVE, Event.PLAN_RETURNED,
        ("reg-15-plan", "return-reason", "plan-lock"), guards=(p.plan_waits, g.return_has_reason),
        tells=(Audience.PROPOSER,),
    ),
    *(
        Transition(
            CASE, state, Do.ISSUE_NOTICE, None, May.NOTICE_ISSUE, Event.NOTICE_ISSUED,
            ("reg-15-plan", "unannounced-no-notice"),
            guards=(g.plan_is_approved, p.card_was_shown, p.notice_is_the_first), tells=(Audience.LIAISONS,),
        )
        for state in (C.PLANNED, C.VERIFYING)
    ),
    Transition(
        CASE, C.CONCLUDING, Do.RESUME_VERIFICATION, C.VERIFYING, May.TASK_DISPATCH,
        Event.VERIFICATION_RESUMED, ("reg-16",),
    ),
    Transition(
        CASE, C.CONCLUDING, Do.READ_CONCLUSION, None, May.CONCLUSION_READ, Event.CONCLUSION_READ,
        ("conclusion-second-reader", "unit-wording"), guards=(n.draft_is_open, n.reader_is_not_drafter),
        tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        CASE, C.CONCLUDING, Do.REMARK_CONCLUSION, None, May.CONCLUSION_READ, Event.CONCLUSION_REMARKED,
        ("conclusion-second-reader", "return-reason"),
        guards=(n.draft_is_open, n.reader_is_not_drafter, g.return_has_reason),
        tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        CASE, C.CONCLUDING, Do.PROPOSE_CONCLUSION, C.CONCLUSION_PROPOSED, May.CONCLUSION_DRAFT,
        Event.CONCLUSION_PROPOSED,
        (
            "reg-16", "finding-each", "finding-exhibit", "finding-statement", "finding-contradicts",
            "statement-weighed", "recusal-work", "conclusion-second-reader", "unit-wording", "pet-30",
        ),
        guards=(
            f.conclusion_is_drafted, f.every_allegation_has_finding, f.findings_rest_on_exhibits,
            f.findings_rest_on_plan, f.findings_weigh_statements, f.findings_agree_with_evidence,
            f.denials_are_weighed, w.drafter_is_free, w.findings_were_checked, n.conclusion_was_read,
            n.unit_text_was_checked,
        ),
        tells=(Audience.HEADS,),
    ),
    Transition(
        CASE, C.CONCLUSION_PROPOSED, Do.APPROVE_CONCLUSION, C.CONCLUDED, May.CONCLUSION_APPROVE,
        Event.CONCLUSION_APPROVED, ("conclusion-approval", "conclusion-separate", "recusal-work"),
        guards=(f.approver_is_not_drafter, w.drafter_is_free, w.findings_were_checked),
        meets=("clock-conclude",), tells=(Audience.PROPOSER,),
    ),
    Transition(
        CASE, C.CONCLUSION_PROPOSED, Do.RETURN_CONCLUSION, C.CONCLUDING, May.CONCLUSION_APPROVE,
        Event.CONCLUSION_RETURNED, ("conclusion-approval", "return-reason"),
        guards=(g.return_has_reason,), tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        CASE, C.CONCLUDED, Do.DELIVER_CONCLUSION, C.DELIVERED, May.CONCLUSION_DELIVER,
        Event.CONCLUSION_DELIVERED, ("reg-16", "reg-17-objection", "delivery-receipt"),
        guards=(f.conclusion_is_approved, n.delivery_has_receipt),
        starts=("reg-17-objection", "clock-answer"), tells=(Audience.LIAISONS,),
    ),
    Transition(
        CASE, C.DELIVERED, Do.ORDER_RECTIFICATION, C.RECTIFYING, May.ITEM_ORDER, Event.RECTIFICATION_ORDERED,
        ("reg-18",), guards=(f.case_has_items,), tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    *(
        Transition(
            CASE, state, Do.CLOSE_CASE, C.CLOSED, May.CASE_CLOSE, Event.CASE_CLOSED,
            (
                "finding-each", "close-items", "close-answered", "close-asked", "asked-unfixed",
                "reg-17-review", "refer-receipt", "derived-lead", "close-coordination", "pet-30",
                "look-back-told",
            ),
            guards=(
                f.every_allegation_has_finding, f.items_are_closed_off, g.conclusion_was_delivered,
                g.informants_are_answered, q.informants_were_asked, r.no_review_is_open,
                h.no_referral_waits, l.no_lead_waits, b.relapse_was_told, c.no_coordination_is_open,
            ),
        )
        for state in (C.DELIVERED, C.RECTIFYING)
    ),
)
