"""Rectification items: what is open, the items of a case, one item verified by the team and signed off."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from verification.audit.events import Event
from verification.domain import extending, rectification
from verification.domain.acting import Acting
from verification.domain.items import ItemText, due_on_for, items_of, possible_signers, relapses_of
from verification.errors import NotHere
from verification.models import Case, CaseState, Extension, ItemState, RectificationItem, VerifiedHow
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of, units_by_case
from verification.queries.items import (
    cards_of,
    items_to_sign,
    items_to_verify,
    open_items,
    view_item,
)
from verification.queries.paging import Cursor, Page
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_item
from verification.web.office import acting_in, visitor
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("rectification", __name__)

_READERS = (Permission.ITEM_VERIFY, Permission.ITEM_SIGN_OFF, Permission.ITEM_ORDER)
_TAKES_ITEMS = (CaseState.CONCLUDED, CaseState.DELIVERED)


@route(blueprint, "/rectification", permission=_READERS)
def show() -> ResponseReturnValue:
    """What I verify, what I sign, and for the office everything that is open."""
    cursor = Cursor.parse(request.args.get("from", ""))
    with acting_in() as acting:
        office_wide = acting.actor.may(Permission.ITEM_ORDER)
        page = open_items(acting, cursor=cursor) if office_wide else Page((), None, None)
        return render_template(
            "verification/rectification/show.html",
            to_verify=items_to_verify(acting),
            to_sign=items_to_sign(acting),
            page=page,
            office_wide=office_wide,
            newer=_address(page.before),
            older=_address(page.after),
        )


def _address(cursor: Cursor | None) -> str:
    values: dict[str, Any] = {"from": str(cursor)}
    return url_for("rectification.show", **values) if cursor else ""


# --- the items of one case ---------------------------------------------------------------------------------


@route(blueprint, "/cases/<uuid:case_id>/items", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """The items of a case; writing and ordering them."""
    with acting_in() as acting:
        return _case_page(acting, load_case(acting, case_id), typed=None, problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/items", permission=Permission.ITEM_ORDER, methods=["POST"])
def add(case_id: uuid.UUID) -> ResponseReturnValue:
    """Write one more item."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        unit_id, due_on = typed.one_id("unit"), typed.day("due_on")
        typed.check()
        rectification.add_item(
            acting,
            case_id=case_id,
            version=typed.version(),
            text=ItemText(typed.text("problem"), typed.text("standard")),
            unit_id=unit_id,
            due_on=due_on,
        )
        return url_for("rectification.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _case_again(case_id, typed, problem))


@route(blueprint, "/cases/<uuid:case_id>/items/order", permission=Permission.ITEM_ORDER, methods=["POST"])
def order(case_id: uuid.UUID) -> ResponseReturnValue:
    """Order what was written: the units can read it from now on."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        rectification.order_rectification(acting, case_id=case_id, version=typed.version())
        return url_for("rectification.of_case", case_id=case_id)

    return attempt(act, again=lambda problem: _case_again(case_id, typed, problem))


def _case_again(case_id: uuid.UUID, typed: Typed, problem: Problem) -> ResponseReturnValue:
    with acting_in() as acting:
        return _case_page(acting, load_case(acting, case_id), typed=typed, problem=problem)


def _case_page(acting: Acting, case: Case, *, typed: Typed | None, problem: Problem) -> str:
    units = units_by_case(acting, [case.id]).get(case.id, [])
    first = {
        "unit": str(units[0].id) if len(units) == 1 else "",
        "due_on": due_on_for(acting).isoformat(),
    }
    return render_template(
        "verification/rectification/of_case.html",
        case=case,
        title=titles_of(acting, [case])[case.id],
        cards=cards_of(acting, items_of(acting, case.id)),
        units=units,
        takes_items=case.state in _TAKES_ITEMS and acting.actor.may(Permission.ITEM_ORDER),
        actions=possible_actions(kind=SubjectKind.CASE, subject=case, actor=acting.actor),
        A=Action,
        typed=typed if typed is not None and "problem" in typed.fields else Typed.empty(first),
        problem=problem,
    )


# --- one item ----------------------------------------------------------------------------------------------


@route(blueprint, "/items/<uuid:item_id>", permission=(*_READERS, Permission.UNIT_DESK, Permission.CASE_READ))
def item(item_id: uuid.UUID) -> ResponseReturnValue:
    """One item with the unit's reports. A liaison is sent to the unit's own page of it."""
    if visitor().may(Permission.UNIT_DESK) and not visitor().may(Permission.CASE_READ):
        return redirect(url_for("unit_desk.item", item_id=item_id), 303)
    with acting_in(write=True) as acting:
        row = load_item(acting, item_id)
        acting.trace(
            Event.CASE_VIEWED, subject_kind="case", subject_id=row.case_id, facts={"item": row.id.hex}
        )
        return _item_page(acting, row, typed=Typed.empty(), problem=NO_PROBLEM)


def _return(acting: Acting, item_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    rectification.return_item(
        acting, item_id=item_id, version=typed.version(), note=typed.text("note"), due_on=due_on
    )


def _false(acting: Acting, item_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    rectification.mark_false(
        acting, item_id=item_id, version=typed.version(), note=typed.text("note"), due_on=due_on
    )


def _verify(acting: Acting, item_id: uuid.UUID, typed: Typed) -> None:
    signer, how = typed.one_id("signer"), typed.needed("how", VerifiedHow, VerifiedHow.ON_SITE)
    typed.check()
    rectification.verify_item(
        acting, item_id=item_id, version=typed.version(), note=typed.text("note"), signer=signer, how=how
    )


def _sign(acting: Acting, item_id: uuid.UUID, typed: Typed) -> None:
    rectification.sign_off_item(acting, item_id=item_id, version=typed.version())


def _refuse(acting: Acting, item_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    rectification.refuse_sign_off(
        acting, item_id=item_id, version=typed.version(), note=typed.text("note"), due_on=due_on
    )


_DECISIONS: dict[str, tuple[Permission, Callable[[Acting, uuid.UUID, Typed], None]]] = {
    "return": (Permission.ITEM_VERIFY, _return),
    "false": (Permission.ITEM_VERIFY, _false),
    "verify": (Permission.ITEM_VERIFY, _verify),
    "sign": (Permission.ITEM_SIGN_OFF, _sign),
    "refuse": (Permission.ITEM_SIGN_OFF, _refuse),
}


@route(
    blueprint,
    '/items/<uuid:item_id>/<any("return", "false", verify, sign, refuse):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(item_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_item(acting, item_id)
        _DECISIONS[decision][1](acting, item_id, typed)
        # Whoever does not sign has no part in the case any more.
        is_over = decision == "refuse"
        return url_for("rectification.show") if is_over else url_for("rectification.item", item_id=item_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = load_item(acting, item_id)
            return _item_page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)


@route(blueprint, "/extensions/<uuid:extension_id>", permission=Permission.CASE_READ)
def extension(extension_id: uuid.UUID) -> ResponseReturnValue:
    """Where a notice leads: the item's page."""
    with acting_in() as acting:
        item_id = _load_extension(acting, extension_id).item_id
    return redirect(url_for("rectification.item", item_id=item_id), 303)


@route(
    blueprint,
    "/extensions/<uuid:extension_id>/<any(grant, refuse):decision>",
    permission=Permission.EXTENSION_DECIDE,
    methods=["POST"],
)
def decide_extension(extension_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Grant more time, or refuse it, with the reason."""
    typed = Typed.sent()
    with acting_in() as acting:
        item_id = _load_extension(acting, extension_id).item_id

    def act(acting: Acting) -> str:
        _load_extension(acting, extension_id)
        extending.decide_extension(
            acting,
            extension_id=extension_id,
            version=typed.version(),
            granted=decision == "grant",
            reason=typed.text("reason"),
        )
        return url_for("rectification.item", item_id=item_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _item_page(
                acting, load_item(acting, item_id), typed=typed, problem=problem, open_form="extension"
            )

    return attempt(act, again=again)


def _load_extension(acting: Acting, extension_id: uuid.UUID) -> Extension:
    row = acting.session.get(Extension, extension_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _item_page(
    acting: Acting, row: RectificationItem, *, typed: Typed, problem: Problem, open_form: str = ""
) -> str:
    actions = set(possible_actions(kind=SubjectKind.ITEM, subject=row, actor=acting.actor))
    if row.signer_id != acting.staff_id:
        actions -= {Action.SIGN_OFF_ITEM, Action.REFUSE_SIGN_OFF}
    verifies = Action.VERIFY_ITEM in actions and row.state is ItemState.REPORTED
    signers = possible_signers(acting, row) if verifies else []
    return render_template(
        "verification/rectification/item.html",
        view=view_item(acting, row),
        item=row,
        relapses=relapses_of(acting, row),
        signers=[(str(person.id), person.name) for person in signers],
        hows=list(VerifiedHow),
        extension=extending.extension_of(acting, row.id),
        actions=actions,
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )
