"""Coordination items (督帮一体): proposed, agreed to, asked of departments, ruled on, reported and done."""

from __future__ import annotations

from verification.audit.events import Event
from verification.models import CaseState as C
from verification.models import CoordinationState as H
from verification.models import PartState as P
from verification.policy.permissions import Permission as May
from verification.workflow import guards as g
from verification.workflow import guards_coordination as c
from verification.workflow.states import Action as Do
from verification.workflow.states import SubjectKind
from verification.workflow.transition import Audience, Transition

CASE, ITEM, PART = SubjectKind.CASE, SubjectKind.COORDINATION, SubjectKind.PART

_SHAPE = (c.proposer_is_of_case, c.departments_are_several, c.dates_are_in_order)
_SHAPE_RULES = (
    "coordination-help", "coordination-proposer", "coordination-departments", "coordination-order",
    "unit-wording", "pet-30",
)  # fmt: skip
_CLOCKS = ("clock-coordinate", "clock-coordinate-check", "clock-coordinate-ruling")

CASES_HELPED = tuple(
    Transition(
        CASE, state, Do.PROPOSE_COORDINATION, None, May.COORDINATION_PROPOSE, Event.COORDINATION_PROPOSED,
        _SHAPE_RULES, guards=_SHAPE, tells=(Audience.PROPOSER, Audience.DIRECTORS),
    )
    for state in (C.DELIVERED, C.RECTIFYING)
)

COORDINATIONS = (
    *(
        Transition(
            ITEM, state, Do.REVISE_COORDINATION, target, May.COORDINATION_PROPOSE,
            Event.COORDINATION_REVISED, _SHAPE_RULES, guards=_SHAPE,
            tells=(Audience.PROPOSER, Audience.DIRECTORS),
        )
        for state, target in ((H.PROPOSED, None), (H.RETURNED, H.PROPOSED))
    ),
    Transition(
        ITEM, H.PROPOSED, Do.CHECK_COORDINATION, None, May.COORDINATION_READ_OVER,
        Event.COORDINATION_CHECKED, ("unit-wording", "pet-30", "kept-away"),
        guards=(c.wording_is_compared, c.departments_are_free), tells=(Audience.DIRECTORS,),
    ),
    Transition(
        ITEM, H.PROPOSED, Do.AGREE_COORDINATION, H.AGREED, May.COORDINATION_AGREE,
        Event.COORDINATION_AGREED, ("coordination-agreed", "unit-wording"), guards=(c.wording_was_checked,),
        tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    Transition(
        ITEM, H.PROPOSED, Do.RETURN_COORDINATION, H.RETURNED, May.COORDINATION_AGREE,
        Event.COORDINATION_RETURNED, ("coordination-agreed", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    *(
        Transition(
            ITEM, state, Do.WITHDRAW_COORDINATION, H.WITHDRAWN, May.COORDINATION_PROPOSE,
            Event.COORDINATION_WITHDRAWN, ("coordination-proposer", "return-reason"),
            guards=(c.proposer_is_of_case, g.return_has_reason),
            tells=(Audience.PROPOSER, Audience.DIRECTORS),
        )
        for state in (H.PROPOSED, H.RETURNED, H.AGREED, H.CARRIED_ON)
    ),
    *(
        Transition(
            ITEM, state, Do.FINISH_COORDINATION, H.DONE, May.COORDINATION_PROPOSE, Event.COORDINATION_DONE,
            ("coordination-done", "coordination-proposer"),
            guards=(c.proposer_is_of_case, c.every_part_is_settled, c.end_has_words),
            tells=(Audience.PROPOSER, Audience.DIRECTORS),
        )
        for state in (H.AGREED, H.CARRIED_ON)
    ),
    Transition(
        ITEM, H.AGREED, Do.CARRY_ON_COORDINATION, H.CARRIED_ON, May.COORDINATION_AGREE,
        Event.COORDINATION_CARRIED_ON, ("close-coordination", "coordination-done"),
        guards=(c.mechanism_has_reason, c.a_part_goes_on), tells=(Audience.PROPOSER, Audience.TEAM),
    ),
    *(
        Transition(
            ITEM, state, Do.RECORD_MEETING, None, May.COORDINATION_CHECK, Event.COORDINATION_MET,
            ("coordination-help", "coordination-checked"), guards=(c.recorder_is_of_case,),
        )
        for state in (H.AGREED, H.CARRIED_ON)
    ),
)

PARTS = (
    Transition(
        PART, P.PLANNED, Do.ASK_PART, P.ASKED, May.COORDINATION_AGREE, Event.PART_ASKED,
        ("coordination-agreed", "clock-coordinate"), guards=(c.item_is_agreed,), tells=(Audience.LIAISONS,),
    ),
    Transition(
        PART, P.ASKED, Do.TAKE_ON_PART, P.TAKEN_ON, May.COORDINATION_ANSWER, Event.PART_TAKEN_ON,
        ("coordination-own-part",), guards=(c.actor_is_of_department,), tells=(Audience.PROPOSER,),
    ),
    Transition(
        PART, P.ASKED, Do.DECLINE_PART, P.DECLINED, May.COORDINATION_ANSWER, Event.PART_DECLINED,
        ("coordination-own-part", "coordination-decline"),
        guards=(c.actor_is_of_department, c.declining_has_reason),
        meets=("clock-coordinate",), starts=("clock-coordinate-ruling",),
        tells=(Audience.DIRECTORS, Audience.PROPOSER),
    ),
    Transition(
        PART, P.DECLINED, Do.RULE_PART, P.RULED, May.COORDINATION_AGREE, Event.PART_RULED,
        ("coordination-decline",), guards=(c.ruling_has_reason,), tells=(Audience.HEADS,),
    ),
    Transition(
        PART, P.DECLINED, Do.RELEASE_PART, P.RELEASED, May.COORDINATION_AGREE, Event.PART_RELEASED,
        ("coordination-decline", "coordination-departments"),
        guards=(c.ruling_has_reason, c.part_is_not_the_leads), meets=("clock-coordinate-ruling",),
        tells=(Audience.LIAISONS, Audience.PROPOSER),
    ),
    Transition(
        PART, P.RULED, Do.ENDORSE_RULING, P.TAKEN_ON, May.COORDINATION_ENDORSE, Event.RULING_ENDORSED,
        ("coordination-decline", "clock-coordinate"), meets=("clock-coordinate-ruling",),
        tells=(Audience.LIAISONS, Audience.DIRECTORS, Audience.PROPOSER),
    ),
    Transition(
        PART, P.RULED, Do.RETURN_RULING, P.DECLINED, May.COORDINATION_ENDORSE, Event.RULING_RETURNED,
        ("coordination-decline", "return-reason"), guards=(g.return_has_reason,),
        tells=(Audience.DIRECTORS,),
    ),
    *(
        Transition(
            PART, state, Do.REPORT_PART, P.REPORTED, May.COORDINATION_ANSWER, Event.PART_REPORTED,
            ("coordination-own-part", "coordination-proof"),
            guards=(c.actor_is_of_department, c.part_has_proof),
            meets=("clock-coordinate",), starts=("clock-coordinate-check",),
            tells=(Audience.TEAM, Audience.PROPOSER),
        )
        for state in (P.TAKEN_ON, P.RETURNED)
    ),
    Transition(
        PART, P.REPORTED, Do.CONFIRM_PART, P.DONE, May.COORDINATION_CHECK, Event.PART_CONFIRMED,
        ("coordination-checked", "coordination-order"),
        guards=(c.checker_is_of_case, c.part_before_is_over), meets=("clock-coordinate-check",),
        tells=(Audience.LIAISONS, Audience.PROPOSER),
    ),
    Transition(
        PART, P.REPORTED, Do.RETURN_PART, P.RETURNED, May.COORDINATION_CHECK, Event.PART_RETURNED,
        ("coordination-checked", "return-reason"), guards=(c.checker_is_of_case, g.return_has_reason),
        meets=("clock-coordinate-check",), tells=(Audience.LIAISONS,),
    ),
    *(
        Transition(
            PART, state, Do.WITHDRAW_PART, P.WITHDRAWN, May.COORDINATION_PROPOSE, Event.PART_WITHDRAWN,
            ("coordination-departments",), guards=(c.item_is_withdrawn,), meets=_CLOCKS,
            tells=(Audience.LIAISONS,) if state is not P.PLANNED else (),
        )
        for state in (P.PLANNED, P.ASKED, P.TAKEN_ON, P.DECLINED, P.RULED, P.REPORTED, P.RETURNED)
    ),
)
