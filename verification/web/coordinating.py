"""Coordination items (督帮一体): everywhere, of a case, written, and one item with its table of parts."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import coordinating, coordination_parts
from verification.domain.acting import Acting
from verification.domain.coordination_texts import (
    MOST_PARTS,
    NewItem,
    NewPart,
    departments,
    parts_of,
    read_item,
)
from verification.errors import NotHere
from verification.models import HELPING, Case, Coordination, CoordinationPart
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.queries.coordination import carried_on_items, items_of, open_parts, view_item
from verification.web.forms import Typed
from verification.web.loaders import load_case
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("coordinating", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]
#: Rows of the form that stand open at first: the lead department and two others.
_SHOWN_ROWS = 3


@route(blueprint, "/coordination", permission=Permission.CASE_READ)
def overview() -> ResponseReturnValue:
    """Every part that goes on, by date, and what was carried on outside its case."""
    with acting_in() as acting:
        return render_template(
            "verification/coordination/overview.html",
            parts=open_parts(acting),
            carried_on=carried_on_items(acting),
        )


@route(blueprint, "/cases/<uuid:case_id>/coordination", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """The items of a case."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        return render_template(
            "verification/coordination/of_case.html",
            case=case,
            title=titles_of(acting, [case])[case.id],
            items=items_of(acting, case.id),
            may_propose=_may_propose(acting, case),
        )


def _may_propose(acting: Acting, case: Case) -> bool:
    actions = possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor)
    return Action.PROPOSE_COORDINATION in actions


# --- writing -----------------------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>/coordination/new", permission=Permission.COORDINATION_PROPOSE)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """An empty item."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        return _form(acting, case, None, typed=_first(acting), problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/coordination/new",
    permission=Permission.COORDINATION_PROPOSE,
    methods=["POST"],
)
def propose(case_id: uuid.UUID) -> ResponseReturnValue:
    """Propose it to the director."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        row = coordinating.propose_coordination(
            acting, case_id=case_id, version=typed.version(), new=_new(typed),
            wording_accepted=typed.ticked("wording"),
        )  # fmt: skip
        return url_for("coordinating.show", coordination_id=row.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _form(acting, load_case(acting, case_id), None, typed=typed, problem=problem)

    return attempt(act, again=again)


@route(blueprint, "/coordination/<uuid:coordination_id>/rewrite", permission=Permission.COORDINATION_PROPOSE)
def rewrite(coordination_id: uuid.UUID) -> ResponseReturnValue:
    """A proposal as it stands, to be written anew."""
    with acting_in() as acting:
        row, case = _load(acting, coordination_id)
        return _form(acting, case, row, typed=_as_it_stands(acting, row), problem=NO_PROBLEM)


@route(
    blueprint,
    "/coordination/<uuid:coordination_id>/rewrite",
    permission=Permission.COORDINATION_PROPOSE,
    methods=["POST"],
)
def revise(coordination_id: uuid.UUID) -> ResponseReturnValue:
    """Propose it anew."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, coordination_id)
        coordinating.revise_coordination(
            acting, coordination_id=coordination_id, version=typed.version(), new=_new(typed),
            wording_accepted=typed.ticked("wording"),
        )  # fmt: skip
        return url_for("coordinating.show", coordination_id=coordination_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row, case = _load(acting, coordination_id)
            return _form(acting, case, row, typed=typed, problem=problem)

    return attempt(act, again=again)


def _new(typed: Typed) -> NewItem:
    """The item as typed. A row in which nothing stands is none; the lead department's always is one."""
    parts = []
    for row in range(1, MOST_PARTS + 1):
        if row > 1 and not (typed.raw(f"unit-{row}") or typed.text(f"work-{row}")):
            continue
        parts.append(
            NewPart(
                number=row, unit_id=typed.one_id(f"unit-{row}"), work=typed.text(f"work-{row}"),
                due_on=typed.day(f"due-{row}"), after=typed.whole(f"after-{row}"),
            )
        )  # fmt: skip
    typed.check()
    return NewItem(typed.text("title"), typed.text("obstacle"), typed.text("goal"), parts)


def _first(acting: Acting) -> Typed:
    due_on = coordinating.due_on_for(acting).isoformat()
    return Typed.empty({f"due-{row}": due_on for row in range(1, _SHOWN_ROWS + 1)})


def _as_it_stands(acting: Acting, row: Coordination) -> Typed:
    words, parts = read_item(acting, row), parts_of(acting, row.id)
    texts = acting.open_all(part.body_id for part in parts)
    place = {part.id: part.ordinal for part in parts}
    values = {"title": words.title, "obstacle": words.obstacle, "goal": words.goal}
    for part in parts:
        values |= {
            f"unit-{part.ordinal}": str(part.unit_id),
            f"work-{part.ordinal}": str(texts[part.body_id]["work"]),
            f"due-{part.ordinal}": part.due_on.isoformat(),
            f"after-{part.ordinal}": str(place[part.after_id]) if part.after_id else "",
        }
    return Typed.empty(values)


def _form(acting: Acting, case: Case, row: Coordination | None, *, typed: Typed, problem: Problem) -> str:
    filled = [n for n in range(1, MOST_PARTS + 1) if typed.raw(f"unit-{n}") or typed.raw(f"work-{n}")]
    return render_template(
        "verification/coordination/write.html",
        case=case,
        row=row,
        units=departments(acting),
        most=MOST_PARTS,
        shown=max([_SHOWN_ROWS, *filled]),
        typed=typed,
        problem=problem,
    )


# --- one item ----------------------------------------------------------------------------------------------


@route(blueprint, "/coordination/<uuid:coordination_id>", permission=Permission.CASE_READ)
def show(coordination_id: uuid.UUID) -> ResponseReturnValue:
    """One item whole. Looking at it is traced like looking at its case."""
    with acting_in(write=True) as acting:
        row, case = _load(acting, coordination_id)
        acting.trace(
            Event.CASE_VIEWED, subject_kind="case", subject_id=case.id, facts={"coordination": row.id.hex}
        )
        return _page(acting, row, typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, "/coordination/parts/<uuid:part_id>", permission=Permission.CASE_READ)
def part(part_id: uuid.UUID) -> ResponseReturnValue:
    """Where a notice leads: the item's page."""
    with acting_in() as acting:
        item_id = _load_part(acting, part_id).coordination_id
    return redirect(url_for("coordinating.show", coordination_id=item_id, _anchor=f"p-{part_id}"), 303)


def _noted(verb: Callable[..., object]) -> _Verb:
    return lambda acting, row_id, typed: verb(
        acting, coordination_id=row_id, version=typed.version(), note=typed.text("note")
    )


def _check(acting: Acting, row_id: uuid.UUID, typed: Typed) -> None:
    coordinating.check_coordination(
        acting, coordination_id=row_id, version=typed.version(), wording_accepted=typed.ticked("wording")
    )


def _agree(acting: Acting, row_id: uuid.UUID, typed: Typed) -> None:
    coordinating.agree_coordination(acting, coordination_id=row_id, version=typed.version())


def _carry_on(acting: Acting, row_id: uuid.UUID, typed: Typed) -> None:
    coordinating.carry_on(
        acting, coordination_id=row_id, version=typed.version(), mechanism=typed.text("mechanism"),
        note=typed.text("note"), wording_accepted=typed.ticked("wording"),
    )  # fmt: skip


def _meeting(acting: Acting, row_id: uuid.UUID, typed: Typed) -> None:
    held_on = typed.day("held_on")
    typed.check()
    coordinating.record_meeting(
        acting, coordination_id=row_id, version=typed.version(), held_on=held_on,
        people=typed.text("people"), agreed=typed.text("agreed"),
    )  # fmt: skip


_DECISIONS: Mapping[str, tuple[Permission, _Verb]] = {
    "check": (Permission.COORDINATION_READ_OVER, _check),
    "agree": (Permission.COORDINATION_AGREE, _agree),
    "return": (Permission.COORDINATION_AGREE, _noted(coordinating.return_coordination)),
    "withdraw": (Permission.COORDINATION_PROPOSE, _noted(coordinating.withdraw_coordination)),
    "finish": (Permission.COORDINATION_PROPOSE, _noted(coordinating.finish_coordination)),
    "carry-on": (Permission.COORDINATION_AGREE, _carry_on),
    "meeting": (Permission.COORDINATION_CHECK, _meeting),
}


@route(
    blueprint,
    "/coordination/<uuid:coordination_id>"
    '/<any(check, agree, "return", withdraw, finish, "carry-on", meeting):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(coordination_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """One step of an item. Whose it is, the workflow table says."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, coordination_id)
        _DECISIONS[decision][1](acting, coordination_id, typed)
        return url_for("coordinating.show", coordination_id=coordination_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row, _case = _load(acting, coordination_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)


# --- its parts ---------------------------------------------------------------------------------------------


def _dated(verb: Callable[..., object]) -> _Verb:
    def act(acting: Acting, part_id: uuid.UUID, typed: Typed) -> None:
        due_on = typed.day("due_on")
        typed.check()
        verb(
            acting, part_id=part_id, version=typed.version(), note=typed.text("note"), due_on=due_on,
            wording_accepted=typed.ticked("wording"),
        )  # fmt: skip

    return act


def _release(acting: Acting, part_id: uuid.UUID, typed: Typed) -> None:
    coordination_parts.release_part(
        acting, part_id=part_id, version=typed.version(), note=typed.text("note"),
        wording_accepted=typed.ticked("wording"),
    )  # fmt: skip


def _endorse(acting: Acting, part_id: uuid.UUID, typed: Typed) -> None:
    coordination_parts.endorse_ruling(acting, part_id=part_id, version=typed.version())


def _return_ruling(acting: Acting, part_id: uuid.UUID, typed: Typed) -> None:
    coordination_parts.return_ruling(
        acting, part_id=part_id, version=typed.version(), note=typed.text("note")
    )


def _confirm(acting: Acting, part_id: uuid.UUID, typed: Typed) -> None:
    coordination_parts.confirm_part(acting, part_id=part_id, version=typed.version())


_PART_DECISIONS: Mapping[str, tuple[Permission, _Verb]] = {
    "rule": (Permission.COORDINATION_AGREE, _dated(coordination_parts.rule_part)),
    "release": (Permission.COORDINATION_AGREE, _release),
    "endorse": (Permission.COORDINATION_ENDORSE, _endorse),
    "unrule": (Permission.COORDINATION_ENDORSE, _return_ruling),
    "confirm": (Permission.COORDINATION_CHECK, _confirm),
    "back": (Permission.COORDINATION_CHECK, _dated(coordination_parts.return_part)),
}


@route(
    blueprint,
    "/coordination/parts/<uuid:part_id>/<any(rule, release, endorse, unrule, confirm, back):decision>",
    permission={permission for permission, _verb in _PART_DECISIONS.values()},
    methods=["POST"],
)
def decide_part(part_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """One step of a department's part."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        row = _load_part(acting, part_id)
        _PART_DECISIONS[decision][1](acting, part_id, typed)
        return url_for("coordinating.show", coordination_id=row.coordination_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row, _case = _load(acting, _load_part(acting, part_id).coordination_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=f"{decision}-{part_id}")

    return attempt(act, again=again)


def _load(acting: Acting, coordination_id: uuid.UUID) -> tuple[Coordination, Case]:
    """An item of a case whose key this person holds. Raises NotHere."""
    row = acting.session.get(Coordination, coordination_id)
    if row is None:
        raise NotHere
    return row, load_case(acting, row.case_id)


def _load_part(acting: Acting, part_id: uuid.UUID) -> CoordinationPart:
    row = acting.session.get(CoordinationPart, part_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _page(acting: Acting, row: Coordination, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    view = view_item(acting, row)
    return render_template(
        "verification/coordination/item.html",
        view=view,
        row=row,
        actions=possible_actions(kind=SubjectKind.COORDINATION, subject=row, actor=acting.actor),
        part_actions={
            one.card.row.id: possible_actions(kind=SubjectKind.PART, subject=one.card.row, actor=acting.actor)
            for one in view.parts
        },
        goes_on=row.state in HELPING,
        today=acting.sealing.day,
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
