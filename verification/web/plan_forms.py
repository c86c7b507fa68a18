"""The form of a plan: what stands in it at first, and reading what was typed. Must not know: any page."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from portal.texts import gettext
from verification.domain import planning
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.dispatch import due_on_for
from verification.domain.planning import PlanFrame, PlanText
from verification.domain.teams import readiness_of
from verification.models import Case, Method, Role, Unit
from verification.queries.units import people_with
from verification.web.fieldwords import block_words
from verification.web.forms import Typed
from verification.web.words import day

_USUAL_METHODS = (Method.INSPECTION, Method.READING)
_USUAL_HOURS = 16


def typed_text(typed: Typed) -> PlanText:
    """The words of the plan as typed."""
    return PlanText(
        content=typed.text("content"),
        objects=typed.text("objects"),
        scope=typed.text("scope"),
        risks=typed.text("risks"),
        leader=typed.one_id("leader"),
        members=tuple(typed.ids("members")),
        outside=tuple(typed.ids("outside")),
        materials=tuple(typed.text("materials").splitlines()),
        meeting_people=typed.whole("meeting_people") or 0,
        burden_reason=typed.text("burden_reason"),
        card_scope=typed.text("card_scope"),
    )


def typed_frame(typed: Typed) -> PlanFrame:
    """What the field work is measured against, as typed."""
    chosen = set(typed.many("methods"))
    return PlanFrame(
        units=tuple(typed.ids("units")),
        methods=tuple(method for method in Method if method.value in chosen),
        unannounced=typed.ticked("unannounced"),
        starts_on=typed.day("starts_on"),
        ends_on=typed.day("ends_on"),
        people=typed.whole("people"),
        hours=typed.whole("hours"),
    )


def first_plan(acting: Acting, case: Case, units: Sequence[Unit]) -> Typed:
    """The version before, or a beginning from the brief."""
    plan = planning.latest_plan(acting, case.id)
    if plan is not None:
        return _filled(*planning.read_plan(acting, plan))
    claims = read_brief(acting, case).allegations
    today = acting.sealing.day
    text = PlanText(
        content="\n".join(f"{number}. {claim}" for number, claim in enumerate(claims, start=1)),
        objects="",
        scope="",
    )
    frame = PlanFrame(
        units=tuple(unit.id for unit in units),
        methods=_USUAL_METHODS,
        unannounced=True,
        starts_on=today + timedelta(days=1),
        ends_on=due_on_for(acting, case),
        people=acting.rules.number("team-two"),
        hours=_USUAL_HOURS,
    )
    return _filled(text, frame)


def _filled(text: PlanText, frame: PlanFrame) -> Typed:
    return Typed.empty(
        {
            "content": text.content,
            "objects": text.objects,
            "scope": text.scope,
            "risks": text.risks,
            "leader": str(text.leader or ""),
            "members": [str(member) for member in text.members],
            "outside": [str(member) for member in text.outside],
            "materials": "\n".join(text.materials),
            "meeting_people": str(text.meeting_people or ""),
            "burden_reason": text.burden_reason,
            "card_scope": text.card_scope,
            "units": [str(unit) for unit in frame.units],
            "methods": [method.value for method in frame.methods],
            "unannounced": "yes" if frame.unannounced else "",
            "starts_on": frame.starts_on.isoformat() if frame.starts_on else "",
            "ends_on": frame.ends_on.isoformat() if frame.ends_on else "",
            "people": str(frame.people or ""),
            "hours": str(frame.hours or ""),
        }
    )


def people_options(acting: Acting, case: Case, role: Role) -> list[tuple[str, str, str]]:
    """(id, name, how they stand) of everybody with this role: training, undertaking, what keeps them away."""
    people: list[uuid.UUID] = [person.id for person in people_with(acting.session, (role,))]
    found = readiness_of(acting.session, case_id=case.id, staff_ids=people, day=acting.sealing.day)
    return [
        (
            str(one.staff_id),
            one.name,
            gettext(", ").join(block_words(block) for block in one.blocks)
            or gettext(
                "trained %(trained)s, undertaking %(sworn)s",
                trained=day(one.trained_on),
                sworn=day(one.undertaking_on),
            ),
        )
        for one in found
    ]
