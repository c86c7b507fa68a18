"""Whose act each is, and how it is tried: the table of what the machine can do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.model.acts import (
    WHY,
    Attempt,
    Choice,
    _accept,
    _answer,
    _apply,
    _assign,
    _case,
    _deliver,
    _deliver_decision,
    _dispatch,
    _log,
    _name,
    _name_lookers,
    _note_result,
    _one,
    _propose_decision,
    _propose_plan,
    _receive,
    _reply,
    _report,
    _return_reply,
    _rule,
    _send,
    _settle_look_back,
    _verify,
    add_item,
    draft,
    draw,
    find_all,
    note_matter,
    state_all,
    weigh_all,
)
from tests.support.model.helping import HELPING
from tests.support.model.world import World
from verification.domain import (
    answering,
    assigning,
    casework,
    conclusions,
    dispatch,
    fieldwork,
    looking_back,
    planning,
    rectification,
    reviewing,
    second_reading,
)
from verification.domain.acting import Acting
from verification.models import Assignment, LookBack, RectificationItem, Review, Task
from verification.workflow.states import Action, SubjectKind

K, A = SubjectKind, Action
DESK, TEAM, HEAD, DIRECTOR, UNIT = ("fan", "shen"), ("du", "chen"), ("head",), ("director",), ("lian",)
REVIEWER, LOOKERS = ("reviewer",), ("wei", "chen")

ATTEMPTS: tuple[Attempt, ...] = (
    Attempt(K.CASE, A.PROPOSE_DOCKETING, DESK, _case(casework.propose_docketing, overlap_reason=WHY)),
    Attempt(K.CASE, A.DOCKET_BY_INSTRUCTION, HEAD, _case(casework.docket_by_instruction)),
    Attempt(K.CASE, A.ENDORSE_DOCKETING, ("deputy",), _case(casework.endorse_docketing, note=True)),
    Attempt(K.CASE, A.APPROVE_DOCKETING, HEAD, _case(casework.approve_docketing)),
    Attempt(K.CASE, A.RETURN_DOCKETING, HEAD, _case(casework.return_docketing, note=True)),
    Attempt(K.CASE, A.PROPOSE_PLAN, DESK, _propose_plan),
    Attempt(K.CASE, A.APPROVE_PLAN, DIRECTOR, _case(planning.approve_plan)),
    Attempt(K.CASE, A.RETURN_PLAN, DIRECTOR, _case(planning.return_plan, note=True)),
    Attempt(K.CASE, A.REVISE_PLAN, DESK, _case(planning.revise_plan)),
    Attempt(K.CASE, A.DISPATCH_TASK, DESK, _dispatch),
    Attempt(K.CASE, A.BEGIN_CONCLUSION, (*DESK, *TEAM), _case(conclusions.begin_conclusion)),
    Attempt(K.CASE, A.RESUME_VERIFICATION, DESK, _case(conclusions.resume_verification)),
    Attempt(K.CASE, A.PROPOSE_CONCLUSION, (*DESK, *TEAM), _case(conclusions.propose_conclusion)),
    Attempt(K.CASE, A.APPROVE_CONCLUSION, HEAD, _case(conclusions.approve_conclusion)),
    Attempt(K.CASE, A.RETURN_CONCLUSION, HEAD, _case(conclusions.return_conclusion, note=True)),
    Attempt(K.CASE, A.DELIVER_CONCLUSION, DESK, _deliver),
    Attempt(K.CASE, A.ORDER_RECTIFICATION, DESK, _case(rectification.order_rectification)),
    Attempt(K.CASE, A.CLOSE_CASE, DESK, _case(answering.close_case)),
    Attempt(K.CASE, A.APPLY_REVIEW, UNIT, _apply),
    Attempt(K.CASE, A.ASSIGN_CASE, DESK, _assign),
    Attempt(K.CASE, A.ESCALATE_CASE, DESK, _case(assigning.escalate_case, note=True)),
    Attempt(K.TIP, A.ANSWER_TIP, DESK, _answer),
    Attempt(K.TASK, A.SIGN_TASK, TEAM, _one(Task, dispatch.sign_task)),
    Attempt(K.TASK, A.HAND_BACK_TASK, TEAM, _one(Task, dispatch.hand_back_task, note=True)),
    Attempt(K.TASK, A.UPHOLD_HAND_BACK, DESK, _rule(uphold=True)),
    Attempt(K.TASK, A.OVERRULE_HAND_BACK, DESK, _rule(uphold=False)),
    Attempt(K.TASK, A.LOG_RECORD, TEAM, _log),
    Attempt(K.TASK, A.BEGIN_FOLLOW, TEAM, _one(Task, fieldwork.begin_follow)),
    Attempt(K.TASK, A.BEGIN_FIX, TEAM, _one(Task, fieldwork.begin_fix)),
    Attempt(K.TASK, A.FINISH_TASK, TEAM, _one(Task, fieldwork.finish_task)),
    Attempt(K.ITEM, A.REPORT_ITEM, UNIT, _report),
    Attempt(K.ITEM, A.RETURN_ITEM, TEAM, _one(RectificationItem, rectification.return_item, note=True)),
    Attempt(K.ITEM, A.VERIFY_ITEM, (*TEAM, "wei"), _verify),
    Attempt(
        K.ITEM, A.SIGN_OFF_ITEM, ("reviewer", "wei", "shen"),
        _one(RectificationItem, rectification.sign_off_item),
    ),
    Attempt(
        K.ITEM, A.REFUSE_SIGN_OFF, ("reviewer", "wei"),
        _one(RectificationItem, rectification.refuse_sign_off, note=True),
    ),
    Attempt(K.REVIEW, A.NAME_REVIEWERS, DIRECTOR, _name),
    Attempt(K.REVIEW, A.ADMIT_REVIEW, REVIEWER, _one(Review, reviewing.admit_review)),
    Attempt(K.REVIEW, A.PROPOSE_DECISION, REVIEWER, _propose_decision),
    Attempt(K.REVIEW, A.DECIDE_REVIEW, HEAD, _one(Review, reviewing.decide_review)),
    Attempt(K.REVIEW, A.RETURN_DECISION, HEAD, _one(Review, reviewing.return_decision, note=True)),
    Attempt(K.REVIEW, A.DELIVER_DECISION, (*DESK, *REVIEWER), _deliver_decision),
    Attempt(K.LOOK_BACK, A.NAME_LOOKERS, (*DESK, *DIRECTOR), _name_lookers),
    Attempt(K.LOOK_BACK, A.NOTE_RESULT, LOOKERS, _note_result),
    Attempt(K.LOOK_BACK, A.REPORT_LOOK_BACK, LOOKERS, _one(LookBack, looking_back.report_look_back)),
    Attempt(
        K.LOOK_BACK, A.RETURN_LOOK_BACK, (*DESK, *DIRECTOR),
        _one(LookBack, looking_back.return_look_back, note=True),
    ),
    Attempt(K.LOOK_BACK, A.SETTLE_LOOK_BACK, (*DESK, *DIRECTOR), _settle_look_back),
    Attempt(
        K.LOOK_BACK, A.TELL_LOOK_BACK, DESK,
        _one(LookBack, looking_back.tell_informants, text="我们去回头看了，情况已告知单位。"),
    ),
    Attempt(K.REFERRAL, A.SEND_REFERRAL, DESK, _send),
    Attempt(K.REFERRAL, A.RECORD_RECEIPT, DESK, _receive),
    Attempt(K.ASSIGNMENT, A.SIGN_ASSIGNMENT, UNIT, _one(Assignment, assigning.sign_assignment)),
    Attempt(
        K.ASSIGNMENT, A.HAND_BACK_ASSIGNMENT, UNIT,
        _one(Assignment, assigning.hand_back_assignment, note=True),
    ),
    Attempt(
        K.ASSIGNMENT, A.OVERRULE_ASSIGNMENT, DESK, _one(Assignment, assigning.overrule_hand_back, note=True)
    ),
    Attempt(K.ASSIGNMENT, A.WITHDRAW_ASSIGNMENT, DESK, _one(Assignment, assigning.withdraw_assignment)),
    Attempt(K.ASSIGNMENT, A.REPLY_ASSIGNMENT, UNIT, _reply),
    Attempt(K.ASSIGNMENT, A.RETURN_REPLY, DESK, _return_reply),
    Attempt(K.ASSIGNMENT, A.ACCEPT_REPLY, DESK, _accept),
    *HELPING,
)  # fmt: skip

#: What changes no state and is allowed or not by the state of the case.
BESIDES: dict[str, tuple[tuple[str, ...], Callable[[World, Acting, Choice], Any]]] = {
    "state": (TEAM, state_all),
    "weigh": (TEAM, weigh_all),
    "find": (TEAM, find_all),
    "draft": (DESK, draft),
    "read over": (TEAM, _case(second_reading.read_over)),
    "add an item": (DESK, add_item),
    "note a matter": ((*TEAM, *DESK), note_matter),
    "draw by chance": (DIRECTOR, draw),
}
