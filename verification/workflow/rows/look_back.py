"""Looking back at what was put right, and what a relapse opens again."""

from __future__ import annotations

from portal.models import TipState as T
from verification.audit.events import Event
from verification.models import CaseState as C
from verification.models import ItemState as I
from verification.models import LookBackState as L
from verification.models import TaskState as K
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_designation as d
from verification.workflow import guards_fieldwork as f
from verification.workflow import guards_look_back as b
from verification.workflow import guards_review as r
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

TIP, CASE, TASK, ITEM = SubjectKind.TIP, SubjectKind.CASE, SubjectKind.TASK, SubjectKind.ITEM
LOOK_BACK = SubjectKind.LOOK_BACK

LOOK_BACKS = (
    Transition(
        LOOK_BACK, L.DUE, Do.DRAW_LOOK_BACK, None, May.LOOK_BACK_DRAW, Event.LOOK_BACK_DRAWN,
        ("look-back-sample",), guards=(b.is_drawn_once,),
    ),
    *(
        Transition(
            LOOK_BACK, state, Do.NAME_LOOKERS, target, May.LOOK_BACK_NAME, Event.LOOK_BACK_ASSIGNED,
            ("look-back-fresh-eyes", "team-two", "reg-7", "reg-9"),
            guards=(
                f.team_has_two, b.one_has_fresh_eyes, f.team_is_trained, f.team_has_undertaken,
                f.team_has_no_conflict, d.team_is_designated,
            ),
            tells=(Audience.LOOKERS,),
        )
        for state, target in ((L.DUE, L.ASSIGNED), (L.ASSIGNED, None))
    ),
    Transition(
        LOOK_BACK, L.ASSIGNED, Do.NOTE_RESULT, None, May.LOOK_BACK_WORK, Event.LOOK_BACK_NOTED,
        ("look-back-each", "team-two"),
        guards=(b.actor_looks_again, b.lookers_are_whole, b.item_is_looked_back_at),
    ),
    Transition(
        LOOK_BACK, L.ASSIGNED, Do.REPORT_LOOK_BACK, L.REPORTED, May.LOOK_BACK_WORK, Event.LOOK_BACK_REPORTED,
        ("clock-look-back", "look-back-each", "team-two"),
        guards=(b.actor_looks_again, b.lookers_are_whole, b.every_item_is_looked_at, b.results_are_shown),
        meets=("clock-look-back",), starts=("clock-look-back-settle",),
        tells=(Audience.DIRECTORS, Audience.PROPOSER),
    ),
    Transition(
        LOOK_BACK, L.REPORTED, Do.RETURN_LOOK_BACK, L.ASSIGNED, May.LOOK_BACK_SETTLE,
        Event.LOOK_BACK_RETURNED, ("look-back-separate", "return-reason"),
        guards=(b.settler_did_not_look, g.return_has_reason), meets=("clock-look-back-settle",),
        tells=(Audience.LOOKERS,),
    ),
    Transition(
        LOOK_BACK, L.REPORTED, Do.SETTLE_LOOK_BACK, L.SETTLED, May.LOOK_BACK_SETTLE, Event.LOOK_BACK_SETTLED,
        ("look-back-separate", "look-back-relapse"), guards=(b.settler_did_not_look,),
        meets=("clock-look-back-settle",), tells=(Audience.PROPOSER, Audience.LOOKERS),
    ),
    Transition(
        LOOK_BACK, L.SETTLED, Do.TELL_LOOK_BACK, None, May.TIP_ANSWER, Event.LOOK_BACK_TOLD,
        ("look-back-told", "clock-answer"), guards=(b.somebody_is_to_be_told,), meets=("clock-answer",),
    ),
    *(
        Transition(
            LOOK_BACK, state, Do.DROP_LOOK_BACK, L.DROPPED, May.REVIEW_DECIDE, Event.LOOK_BACK_DROPPED,
            ("reg-17-review",), guards=(r.decision_leaves_no_item,),
            meets=("clock-look-back", "clock-look-back-settle"), tells=(Audience.LOOKERS,),
        )
        for state in (L.DUE, L.ASSIGNED, L.REPORTED)
    ),
)

#: What a settled look-back that found a relapse does, in its own transaction.
RELAPSED = (
    Transition(
        CASE, C.CLOSED, Do.RELAPSE_CASE, C.RECTIFYING, May.LOOK_BACK_SETTLE, Event.CASE_RELAPSED,
        ("look-back-relapse", "reg-18"), guards=(b.look_back_found_relapse,),
        tells=(Audience.PROPOSER, Audience.DIRECTORS),
    ),
    Transition(
        ITEM, I.CLOSED_OFF, Do.REOPEN_ITEM, I.ORDERED, May.LOOK_BACK_SETTLE, Event.ITEM_RELAPSED,
        ("look-back-relapse", "reg-18"), guards=(b.item_has_relapsed,),
        tells=(Audience.LIAISONS, Audience.TEAM),
    ),
    Transition(
        ITEM, I.CLOSED_OFF, Do.REOPEN_FALSE_ITEM, I.FALSE, May.LOOK_BACK_SETTLE, Event.ITEM_FALSE,
        ("look-back-relapse", "item-false", "reg-18"), guards=(b.item_was_never_done,),
        tells=(Audience.LIAISONS, Audience.TEAM, Audience.DIRECTORS),
    ),
)
RELAPSED_TASKS = (
    Transition(
        TASK, K.DONE, Do.RESUME_TASK, K.FIX, May.LOOK_BACK_SETTLE, Event.TASK_RESUMED,
        ("look-back-relapse",), guards=(b.look_back_found_relapse,), tells=(Audience.TEAM,),
    ),
)
RELAPSED_TIPS = (
    Transition(
        TIP, T.ANSWERED, Do.ANSWER_RELAPSE, T.IN_CASE, May.LOOK_BACK_SETTLE, Event.TIP_ANSWER_REOPENED,
        ("look-back-relapse", "close-answered"), guards=(b.look_back_found_relapse,),
        starts=("clock-answer",), tells=(Audience.DESK,),
    ),
)
