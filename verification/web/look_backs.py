"""Looking back (回头看): the list, one look-back with its items, and samples drawn by chance."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from portal.crypto.header import ObjectKind
from verification.audit.events import Event
from verification.domain import looking_back, sampling
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.domain.items import due_on_for
from verification.domain.looking_back import Looked
from verification.domain.relapsing import relapsed
from verification.domain.sampling import Draw
from verification.errors import NotHere
from verification.models import RELAPSES, LookBack, LookBackFinding, LookBackSample, LookBackState
from verification.policy.permissions import Permission
from verification.queries.look_backs import (
    Shelf,
    list_look_backs,
    lots_of,
    possible_lookers,
    samples,
    view_look_back,
)
from verification.queries.paging import Cursor
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("look_backs", __name__)

_FILES: Final = {"photo": ObjectKind.EXHIBIT, "files": ObjectKind.EXHIBIT}
_PERIOD, _SOON = timedelta(days=180), timedelta(days=14)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]

SHELVES: Final[dict[Shelf, LazyString]] = {
    Shelf.DUE: _l("To come"),
    Shelf.OVERDUE: _l("Late"),
    Shelf.RUNNING: _l("Under way"),
    Shelf.SETTLED: _l("Over"),
}


# --- the list, and drawing by chance -----------------------------------------------------------------------


@route(blueprint, "/look-backs", permission=Permission.CASE_LIST)
def ledger() -> ResponseReturnValue:
    """Look-backs of cases that this person reads, 50 a page."""
    with acting_in() as acting:
        return _ledger_page(acting, typed=None, problem=NO_PROBLEM)


@route(blueprint, "/look-backs/draw", permission=Permission.LOOK_BACK_DRAW, methods=["POST"])
def draw() -> ResponseReturnValue:
    """Draw closed cases by chance."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        wanted = Draw(
            first=typed.day("first"),
            last=typed.day("last"),
            number=typed.whole("number"),
            share=typed.whole("share"),
            due_on=typed.day("due_on"),
        )
        typed.check()
        sample = sampling.draw_sample(acting, wanted)
        return url_for("look_backs.sample", sample_id=sample.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _ledger_page(acting, typed=typed, problem=problem)

    return attempt(act, again=again)


@route(blueprint, "/look-backs/samples/<uuid:sample_id>", permission=Permission.OFFICE_WEAK_SPOTS)
def sample(sample_id: uuid.UUID) -> ResponseReturnValue:
    """A draw with its seed and its whole list, computed again now."""
    with acting_in() as acting:
        row = acting.session.get(LookBackSample, sample_id)
        if row is None:
            raise NotHere
        return render_template(
            "verification/look_backs/sample.html",
            sample=row,
            lots=lots_of(acting, row),
            names=names_of(acting, [row.drawn_by]),
        )


def _ledger_page(acting: Acting, *, typed: Typed | None, problem: Problem) -> str:
    asked = request.args.get("shelf", "")
    shelf = Shelf(asked) if asked in {one.value for one in Shelf} else Shelf.DUE
    page = list_look_backs(acting, shelf, cursor=Cursor.parse(request.args.get("from", "")))
    today = acting.sealing.day
    first = {
        "first": (today - _PERIOD).isoformat(),
        "last": today.isoformat(),
        "due_on": (today + _SOON).isoformat(),
    }
    return render_template(
        "verification/look_backs/list.html",
        page=page,
        shelf=shelf,
        shelves=[
            {"href": url_for("look_backs.ledger", shelf=one.value), "label": words, "current": one is shelf}
            for one, words in SHELVES.items()
        ],
        newer=_address(shelf, page.before),
        older=_address(shelf, page.after),
        samples=samples(acting) if acting.actor.may(Permission.OFFICE_WEAK_SPOTS) else [],
        typed=typed or Typed.empty(first),
        problem=problem,
    )


def _address(shelf: Shelf, cursor: Cursor | None) -> str:
    values: dict[str, Any] = {"shelf": shelf.value, "from": str(cursor)}
    return url_for("look_backs.ledger", **values) if cursor else ""


# --- one look-back -----------------------------------------------------------------------------------------


@route(blueprint, "/look-backs/<uuid:look_back_id>", permission=Permission.CASE_READ)
def show(look_back_id: uuid.UUID) -> ResponseReturnValue:
    """One look-back, and what may be done now. Looking is traced."""
    with acting_in(write=True) as acting:
        row = _load(acting, look_back_id)
        facts = {"look_back": row.id.hex}
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=row.case_id, facts=facts)
        return _page(acting, row, typed=Typed.empty(), problem=NO_PROBLEM)


@route(
    blueprint,
    "/look-backs/<uuid:look_back_id>/items/<uuid:item_id>",
    permission=Permission.LOOK_BACK_WORK,
    methods=["POST"],
    files=_FILES,
)
def note(look_back_id: uuid.UUID, item_id: uuid.UUID) -> ResponseReturnValue:
    """Note what was found of one item, with photographs."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        _load(acting, look_back_id)
        finding, looked_on = typed.member("finding", LookBackFinding), typed.day("looked_on")
        typed.check()
        looking_back.note_result(
            acting,
            look_back_id=look_back_id,
            item_id=item_id,
            looked=Looked(finding, typed.text("seen"), looked_on, typed.version()),
            proofs=[NewExhibit(file=file, note=typed.text("note")) for file in brought.opened(acting)],
        )
        return url_for("look_backs.show", look_back_id=look_back_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _load(acting, look_back_id)
            problem = without_file_worry(problem)
            return _page(acting, row, typed=typed, problem=problem, open_form=str(item_id), kept=brought)

    return attempt(act, again=again)


def _load(acting: Acting, look_back_id: uuid.UUID) -> LookBack:
    """A look-back of a case that this person can read. Raises NotHere."""
    row = acting.session.get(LookBack, look_back_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _page(
    acting: Acting,
    row: LookBack,
    *,
    typed: Typed,
    problem: Problem,
    open_form: str = "",
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    view = view_look_back(acting, row)
    actions = possible_actions(kind=SubjectKind.LOOK_BACK, subject=row, actor=acting.actor)
    naming = Action.NAME_LOOKERS in actions
    return render_template(
        "verification/look_backs/show.html",
        row=row,
        view=view,
        actions=actions,
        A=Action,
        mine=acting.staff_id in view.lookers,
        looking=row.state is LookBackState.ASSIGNED and acting.staff_id in view.lookers,
        findings=list(LookBackFinding),
        possible=_choices(acting, row) if naming else [],
        relapsed=[one for one in view.items if one.result and one.result.finding in RELAPSES],
        rectify_on=due_on_for(acting),
        today=acting.sealing.day,
        kept=kept.kept(acting),
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


_CLOSED_IT = _l("verified or signed off an item of this case")


def _choices(acting: Acting, row: LookBack) -> list[tuple[str, str, LazyString | str]]:
    """Who could look, with what speaks against them."""
    people = possible_lookers(acting, row)
    return [(str(person.id), person.name, _CLOSED_IT if closed else "") for person, closed in people]


# --- decisions ---------------------------------------------------------------------------------------------


def _name(acting: Acting, look_back_id: uuid.UUID, typed: Typed) -> None:
    people = typed.ids("team")
    typed.check()
    looking_back.name_lookers(acting, look_back_id=look_back_id, version=typed.version(), people=people)


def _report(acting: Acting, look_back_id: uuid.UUID, typed: Typed) -> None:
    looking_back.report_look_back(acting, look_back_id=look_back_id, version=typed.version())


def _return(acting: Acting, look_back_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    looking_back.return_look_back(
        acting, look_back_id=look_back_id, version=typed.version(), note=typed.text("note"), due_on=due_on
    )


def _settle(acting: Acting, look_back_id: uuid.UUID, typed: Typed) -> None:
    due_on = typed.day("due_on")
    typed.check()
    found = relapsed(acting, acting.session.get_one(LookBack, look_back_id))
    reasons = {one.item_id: typed.text(f"reason-{one.item_id}") for one in found}
    looking_back.settle_look_back(
        acting,
        look_back_id=look_back_id,
        version=typed.version(),
        note=typed.text("note"),
        due_on=due_on,
        reasons=reasons,
    )


def _tell(acting: Acting, look_back_id: uuid.UUID, typed: Typed) -> None:
    looking_back.tell_informants(
        acting, look_back_id=look_back_id, version=typed.version(), text=typed.text("text")
    )


_DECISIONS: Final[Mapping[str, tuple[Permission, _Verb]]] = {
    "name": (Permission.LOOK_BACK_NAME, _name),
    "report": (Permission.LOOK_BACK_WORK, _report),
    "return": (Permission.LOOK_BACK_SETTLE, _return),
    "settle": (Permission.LOOK_BACK_SETTLE, _settle),
    "tell": (Permission.TIP_ANSWER, _tell),
}


@route(
    blueprint,
    '/look-backs/<uuid:look_back_id>/<any(name, report, "return", settle, tell):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(look_back_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Carry out one decision. Whose it is, the workflow table says."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, look_back_id)
        _DECISIONS[decision][1](acting, look_back_id, typed)
        return url_for("look_backs.show", look_back_id=look_back_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _load(acting, look_back_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)
