"""The desk of an inspected unit's liaison: what was delivered, what was ordered, and reporting on it.

A liaison sees the office's own papers to the unit and nothing else: no tip, no brief, no case.
Source: 1-mission "who takes part"; 4-sealing "liaisons hold a unit key".
"""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.crypto.header import ObjectKind
from verification.domain import extending, rectification, reviewing
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.domain.items import ORDERED, relapses_of
from verification.domain.notifying import notices_for_unit
from verification.errors import NotHere
from verification.models import UNITS_TURN, Case, CaseState, RectificationItem, Unit
from verification.policy.permissions import Permission
from verification.queries.assignments import UNITS_TURN as TO_REPLY
from verification.queries.assignments import assignments_for_unit
from verification.queries.coordination_unit import parts_for_unit
from verification.queries.items import (
    Delivery,
    cards_for_unit,
    cards_of,
    deliveries,
    reports_for_unit,
)
from verification.queries.reviews import application_of, may_apply
from verification.queries.uses import uses_for_unit
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.loaders import load_item
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("unit_desk", __name__)

_PROOFS = {"proofs": ObjectKind.EXHIBIT}
_FILES = {"photo": ObjectKind.EXHIBIT, "proofs": ObjectKind.EXHIBIT}


@route(blueprint, "/unit", permission=Permission.UNIT_DESK)
def show() -> ResponseReturnValue:
    """What to report, and what was delivered."""
    with acting_in() as acting:
        unit = _own_unit(acting)
        cards = cards_for_unit(acting, unit.id)
        return render_template(
            "verification/unit_desk/show.html",
            unit=unit,
            to_report=[card for card in cards if card.item.state in UNITS_TURN],
            others=[card for card in cards if card.item.state not in UNITS_TURN],
            delivered=deliveries(acting, unit.id),
            assigned=assignments_for_unit(acting, unit.id),
            units_turn=TO_REPLY,
            helping=parts_for_unit(acting, unit.id),
            papers=uses_for_unit(acting, unit.id),
            notices=notices_for_unit(acting, unit.id),
        )


@route(blueprint, "/unit/conclusions/<uuid:conclusion_id>", permission=Permission.UNIT_DESK)
def conclusion(conclusion_id: uuid.UUID) -> ResponseReturnValue:
    """One delivered conclusion, the unit's version, and what the unit applied for against it."""
    with acting_in() as acting:
        delivery = _own_delivery(acting, conclusion_id)
        return _conclusion_page(acting, delivery, typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/unit/conclusions/<uuid:conclusion_id>/review",
    permission=Permission.REVIEW_APPLY,
    methods=["POST"],
    files=_PROOFS,
)
def apply(conclusion_id: uuid.UUID) -> ResponseReturnValue:
    """Apply for review of the conclusion (Art. 17)."""
    typed, brought = Typed.sent(), Brought.sent(*_PROOFS)

    def act(acting: Acting) -> str:
        delivery = _own_delivery(acting, conclusion_id)
        proofs = [NewExhibit(file=file, note=typed.text("note")) for file in brought.opened(acting)]
        reviewing.apply_review(
            acting, case_id=delivery.conclusion.case_id, text=typed.text("text"), proofs=proofs
        )
        return url_for("unit_desk.conclusion", conclusion_id=conclusion_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            delivery = _own_delivery(acting, conclusion_id)
            return _conclusion_page(acting, delivery, typed=typed, problem=problem, kept=brought)

    return attempt(act, again=again)


@route(blueprint, "/unit/items/<uuid:item_id>", permission=Permission.UNIT_DESK)
def item(item_id: uuid.UUID) -> ResponseReturnValue:
    """One item and the unit's reports on it."""
    with acting_in() as acting:
        return _item_page(acting, _own_item(acting, item_id), typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/unit/items/<uuid:item_id>",
    permission=Permission.ITEM_REPORT,
    methods=["POST"],
    files=_FILES,
)
def report(item_id: uuid.UUID) -> ResponseReturnValue:
    """Report what was done, with proof."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        _own_item(acting, item_id)
        proofs = [
            NewExhibit(file=file, place=typed.text("place"), note=typed.text("note"))
            for file in brought.opened(acting)
        ]
        rectification.report_item(
            acting, item_id=item_id, version=typed.version(), measures=typed.text("measures"), proofs=proofs
        )
        return url_for("unit_desk.item", item_id=item_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _item_page(acting, _own_item(acting, item_id), typed=typed, problem=problem, kept=brought)

    return attempt(act, again=again)


@route(blueprint, "/unit/items/<uuid:item_id>/extension", permission=Permission.ITEM_REPORT, methods=["POST"])
def ask_extension(item_id: uuid.UUID) -> ResponseReturnValue:
    """Ask for a later date, once."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _own_item(acting, item_id)
        until = typed.day("until")
        typed.check()
        extending.ask_extension(
            acting, item_id=item_id, version=typed.version(), until=until, reason=typed.text("reason")
        )
        return url_for("unit_desk.item", item_id=item_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _item_page(acting, _own_item(acting, item_id), typed=typed, problem=problem)

    return attempt(act, again=again)


def _own_unit(acting: Acting) -> Unit:
    if acting.actor.unit_id is None:
        raise NotHere
    return acting.session.get_one(Unit, acting.actor.unit_id)


def _own_delivery(acting: Acting, conclusion_id: uuid.UUID) -> Delivery:
    """A conclusion that was delivered to the liaison's own unit. Raises NotHere."""
    for delivery in deliveries(acting, _own_unit(acting).id):
        if delivery.conclusion.id == conclusion_id:
            return delivery
    raise NotHere


def _own_item(acting: Acting, item_id: uuid.UUID) -> RectificationItem:
    """An item of the liaison's own unit that was ordered. Raises NotHere."""
    row = load_item(acting, item_id)
    case = acting.session.get_one(Case, row.case_id)
    if row.unit_id != acting.actor.unit_id or case.state not in ORDERED:
        raise NotHere
    return row


def _conclusion_page(
    acting: Acting, delivery: Delivery, *, typed: Typed, problem: Problem, kept: Brought = NOTHING_BROUGHT
) -> str:
    unit, row = _own_unit(acting), delivery.conclusion
    until = delivery.objection_until
    return render_template(
        "verification/unit_desk/conclusion.html",
        unit=unit,
        delivery=delivery,
        text=str(acting.open(row.unit_version_id)["text"]),
        application=application_of(acting, row, unit.id),
        applying=may_apply(acting, row),
        is_over=until is not None and acting.clock.now() > until,
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem),
    )


def _item_page(
    acting: Acting,
    row: RectificationItem,
    *,
    typed: Typed,
    problem: Problem,
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    extension = extending.extension_of(acting, row.id)
    open_case = acting.session.get_one(Case, row.case_id).state is CaseState.RECTIFYING
    return render_template(
        "verification/unit_desk/item.html",
        item=row,
        extension=extension,
        may_extend=extension is None and open_case and row.state in UNITS_TURN,
        card=cards_of(acting, [row])[0],
        reports=reports_for_unit(acting, row),
        relapses=relapses_of(acting, row),
        reporting=row.state in UNITS_TURN,
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem),
    )
