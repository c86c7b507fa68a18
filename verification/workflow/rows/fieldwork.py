"""What happens to tasks and to rectification items."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import ItemState as I
from verification.models import TaskState as K
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_asking as q
from verification.workflow import guards_fieldwork as f
from verification.workflow import guards_holding as o
from verification.workflow import guards_look_back as b
from verification.workflow import guards_recusal as w
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

TASK, ITEM = SubjectKind.TASK, SubjectKind.ITEM

TASKS = (
    Transition(
        TASK, K.DISPATCHED, Do.SIGN_TASK, K.CARRY, May.TASK_WORK, Event.TASK_SIGNED,
        ("clock-sign", "team-two"), guards=(f.actor_is_on_team, w.team_is_whole), meets=("clock-sign",),
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
            ("field-after-docket", "method-named", "off-plan", "team-two", "interview-read-back"),
            guards=(
                f.actor_is_on_team, g.case_is_docketed, w.team_is_whole, o.interview_is_read_back,
            ),
        )
        for state in (K.CARRY, K.FOLLOW, K.FIX)
    ),
    Transition(
        TASK, K.CARRY, Do.BEGIN_FOLLOW, K.FOLLOW, May.TASK_WORK, Event.TASK_FOLLOWED,
        ("carry-visit", "team-two"), guards=(f.actor_is_on_team, w.team_is_whole, f.lead_was_carried),
    ),
    Transition(
        TASK, K.FOLLOW, Do.BEGIN_FIX, K.FIX, May.TASK_WORK, Event.TASK_FIXING,
        ("finding-each", "team-two"),
        guards=(f.actor_is_on_team, w.team_is_whole, f.every_allegation_has_finding),
        tells=(Audience.PROPOSER,),
    ),
    Transition(
        TASK, K.FIX, Do.FINISH_TASK, K.DONE, May.TASK_WORK, Event.TASK_DONE,
        ("reg-18", "close-items", "material-returned"),
        guards=(
            f.actor_is_on_team, g.conclusion_was_delivered, f.items_are_closed_off, o.nothing_is_held,
        ),
    ),
    *(
        Transition(
            TASK, state, Do.REPLACE_MEMBER, None, May.TASK_DISPATCH, Event.TEAM_CHANGED,
            ("team-two", "reg-8", "reg-9", "recusal-decided", "close-off-uninvolved"),
            guards=(
                f.team_has_two, f.team_has_leader, f.team_is_trained, f.team_has_undertaken,
                f.team_has_no_conflict, w.newcomers_have_no_other_part,
            ),
            tells=(Audience.TEAM,),
        )
        for state in (K.DISPATCHED, K.CARRY, K.FOLLOW, K.FIX, K.HANDED_BACK)
    ),
)

ITEMS = (
    *(
        Transition(
            ITEM, state, Do.REPORT_ITEM, I.REPORTED, May.ITEM_REPORT, Event.ITEM_REPORTED,
            ("reg-18", "item-proof"), guards=(f.reporter_is_of_unit, f.report_has_proof),
            meets=("clock-rectify",), starts=("clock-verify-item",), tells=(Audience.TEAM,),
        )
        for state in (I.ORDERED, I.RETURNED, I.FALSE)
    ),
    Transition(
        ITEM, I.REPORTED, Do.RETURN_ITEM, I.RETURNED, May.ITEM_VERIFY, Event.ITEM_RETURNED,
        ("item-verified", "return-reason"), guards=(f.verifier_is_on_team, g.return_has_reason),
        meets=("clock-verify-item",), tells=(Audience.LIAISONS,),
    ),
    Transition(
        ITEM, I.REPORTED, Do.VERIFY_ITEM, I.VERIFIED, May.ITEM_VERIFY, Event.ITEM_VERIFIED,
        ("reg-18", "item-verified", "close-off-uninvolved", "item-false", "look-back-relapse"),
        guards=(
            f.verifier_is_on_team, f.named_signer_had_no_part, f.false_one_is_seen_on_site,
            b.relapsed_one_is_seen_on_site,
        ),
        meets=("clock-verify-item",), tells=(Audience.SIGNER,),
    ),
    Transition(
        ITEM, I.REPORTED, Do.MARK_FALSE, I.FALSE, May.ITEM_VERIFY, Event.ITEM_FALSE,
        ("item-false", "item-verified", "return-reason"),
        guards=(f.verifier_is_on_team, g.return_has_reason), meets=("clock-verify-item",),
        tells=(Audience.LIAISONS, Audience.DIRECTORS, Audience.PROPOSER),
    ),
    Transition(
        ITEM, I.VERIFIED, Do.SIGN_OFF_ITEM, I.CLOSED_OFF, May.ITEM_SIGN_OFF, Event.ITEM_CLOSED_OFF,
        ("close-off-uninvolved", "close-asked", "asked-unfixed"),
        guards=(f.signer_had_no_part, q.informants_were_asked), tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    Transition(
        ITEM, I.VERIFIED, Do.REFUSE_SIGN_OFF, I.RETURNED, May.ITEM_SIGN_OFF, Event.SIGN_OFF_REFUSED,
        ("close-off-uninvolved", "return-reason"), guards=(f.signer_had_no_part, g.return_has_reason),
        tells=(Audience.LIAISONS, Audience.TEAM),
    ),
)
