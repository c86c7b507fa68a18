"""交办后答复敷衍转核查: a lead goes to the unit, its reply is empty words, and a team goes instead."""

from __future__ import annotations

import pytest

from tests.support.desk import Desk
from tests.support.law import rules_of
from tests.support.story import Story
from verification.domain import answering, assigning, casework, dispatch, fieldwork, planning, replies
from verification.errors import Refused
from verification.models import AssignmentState, CaseState
from verification.models import DocumentKind as K

EVASIVE = (
    "我局高度重视，立即安排专人调查处理，下一步将举一反三。",
    "我局高度重视，立即安排专人调查处理，下一步将举一反三。",
)


def test_evasive_reply_becomes_a_verification(story: Story, desk: Desk) -> None:
    story.programme().lead().assigned()
    story.paper_on(K.ASSIGNMENT, story.assignment_id)
    story.replied(EVASIVE)
    with story.acting("fan") as acting:
        assert replies.flags_against(acting, story.assignment) != []
    with pytest.raises(Refused) as flagged:
        story.accepted()
    assert rules_of(flagged) == {"reply-flagged"}
    with pytest.raises(Refused):
        story.on_case("fan", answering.close_case)
    story.on_case("fan", assigning.escalate_case, note="答复为套话，未回答问题。")
    assert (story.case.state, story.assignment.state) == (CaseState.DRAFT, AssignmentState.WITHDRAWN)
    story.on_case("fan", casework.propose_docketing, overlap_reason="前次为交办，未经核查。")
    story.on_case("head", casework.approve_docketing)
    story.plan_proposed()
    story.on_case("director", planning.approve_plan)
    story.dispatched()
    story.on_task("du", dispatch.sign_task)
    story.logged().found()
    story.on_task("du", fieldwork.begin_follow)
    story.on_task("du", fieldwork.begin_fix)
    story.concluded().told().closed()
    story.is_lawful(desk)
