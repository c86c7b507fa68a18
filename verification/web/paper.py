"""Acts signed on paper: chosen, typed off with the scan, confirmed by a second. Source: 2-domain §2a."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel.speaklater import LazyString

from portal.crypto.header import ObjectKind
from verification.action_words import ACTIONS
from verification.domain import assigning, paper
from verification.domain.acting import Acting
from verification.domain.exhibits import NewExhibit
from verification.domain.items import items_of
from verification.domain.paper import Signable
from verification.domain.paper_forms import Fields, Part
from verification.domain.relapsing import relapsed
from verification.errors import NotHere
from verification.labels import label
from verification.models import Case, Finding, PaperAct, Role, Staff, Unit
from verification.policy.actors import actor_for
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.queries.cases import titles_of
from verification.queries.exhibits import view_exhibits
from verification.queries.files import view_paper
from verification.queries.look_backs import possible_lookers
from verification.queries.reviews import possible_reviewers, view_review
from verification.queries.units import people_with
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.proposals import outcomes_of, proposal_values, typed_proposal
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.words import day, unit_name
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("paper", __name__)

_FILES: Final = {"scan": ObjectKind.EXHIBIT, "enclosures": ObjectKind.EXHIBIT}
#: Fields that belong to the paper itself; all others are the act's own, and are kept with it.
_OWN: Final = frozenset({"csrf_token", "action", "subject", "signed_by", "signed_on", "note", "kept_file"})
_SEVERAL: Final = frozenset({"reviewers", "withdrawn", "team"})


@dataclass(frozen=True, slots=True, repr=False)
class _Choice:
    """A line of the first step. ``about``: which item, review or assignment; empty for the case itself."""

    one: Signable
    name: LazyString
    about: str


@dataclass(frozen=True, slots=True, repr=False)
class _Parts:
    """What the act's own form shows beside the signature."""

    names: frozenset[Part]
    questions: dict[uuid.UUID, str] = field(default_factory=dict)
    reviewers: tuple[tuple[str, str], ...] = ()
    lookers: tuple[tuple[str, str], ...] = ()
    relapses: tuple[tuple[str, str], ...] = ()
    review: Any = None
    outcomes: tuple[Any, ...] = ()


@route(blueprint, "/cases/<uuid:case_id>/paper", permission=Permission.PAPER_RECORD)
def write(case_id: uuid.UUID) -> ResponseReturnValue:
    """What can be signed now; with ``action`` and ``subject``, the form of that act."""
    with acting_in() as acting:
        typed = Typed(request.args)
        return _page(acting, load_case(acting, case_id), typed=typed, problem=NO_PROBLEM)


@route(
    blueprint,
    "/cases/<uuid:case_id>/paper",
    permission=Permission.PAPER_RECORD,
    methods=["POST"],
    files=_FILES,
)
def record(case_id: uuid.UUID) -> ResponseReturnValue:
    """Record what was signed, with its scan and what was enclosed."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        case = load_case(acting, case_id)
        files = brought.opened(acting)
        scans = [file for file in files if file.field == "scan"]
        action, subject = typed.member("action", Action), typed.one_id("subject")
        signed_by, signed_on = typed.one_id("signed_by"), typed.day("signed_on")
        enclosed = [NewExhibit(file) for file in files if file.field != "scan"]
        more = paper.More(subject, _fields(typed, action), enclosed)
        paper.record_paper(
            acting, case=case, action=action, signed_by=signed_by, signed_on=signed_on,
            scan=scans[-1] if scans else None, note=typed.text("note"), more=more,
        )  # fmt: skip
        return url_for("cases.show", case_id=case_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, load_case(acting, case_id), typed=typed, problem=problem, kept=brought)

    return attempt(act, again=again)


def _fields(typed: Typed, action: Action | None) -> Fields:
    """The act's own fields as they are kept, read once here, so that a choice that is none is told."""
    if action is Action.PROPOSE_DECISION:
        typed_proposal(typed)
    if action in (Action.NAME_REVIEWERS, Action.NAME_LOOKERS):
        typed.ids("reviewers" if action is Action.NAME_REVIEWERS else "team")
        typed.check()
    names = [name for name in typed.fields if name not in _OWN]
    return {
        name: [one for one in typed.many(name) if one] if name in _SEVERAL else typed.text(name)
        for name in names
    }


def _page(
    acting: Acting, case: Case, *, typed: Typed, problem: Problem, kept: Brought = NOTHING_BROUGHT
) -> str:
    choices = _choices(acting, case)
    action, subject = typed.raw("action"), typed.raw("subject") or str(case.id)
    chosen = next(
        (one for one in choices if (one.one.action.value, str(one.one.subject.id)) == (action, subject)),
        None,
    )
    parts = None if chosen is None else _parts(acting, chosen.one)
    values = typed
    if parts is not None and parts.review is not None:
        values = proposal_values(acting, parts.review, typed)
    return render_template(
        "verification/paper.html",
        case=case, title=titles_of(acting, [case])[case.id], choices=choices, chosen=chosen, parts=parts,
        signers=[] if chosen is None else _signers(acting, chosen.one), findings=list(Finding), P=Part,
        values=values, typed=typed, problem=without_file_worry(problem), kept=kept.kept(acting),
        today=acting.sealing.day,
    )  # fmt: skip


def _choices(acting: Acting, case: Case) -> list[_Choice]:
    """Everything that may be signed now, in words."""
    found = paper.signable(acting, case)
    units = {unit.id: str(unit_name(unit)) for unit in acting.session.query(Unit)}
    return [_Choice(one, ACTIONS[one.action], _about(one, units)) for one in found]


def _about(one: Signable, units: dict[uuid.UUID, str]) -> str:
    if one.form.kind is SubjectKind.CASE:
        return ""
    if one.form.kind is SubjectKind.MEASURE:
        return str(label(one.subject.kind))
    if one.form.kind is SubjectKind.LOOK_BACK:
        return day(one.subject.due_on)
    if one.form.kind is SubjectKind.RECUSAL:
        return str(label(one.subject.ground))
    if one.form.kind is SubjectKind.COORDINATION:
        return str(one.subject.ordinal)
    unit = units[one.subject.unit_id]
    return f"{one.subject.ordinal}. {unit}" if one.form.kind is SubjectKind.ITEM else unit


def _parts(acting: Acting, one: Signable) -> _Parts:
    """What the form of this act needs; a constant number of queries."""
    names = one.form.parts
    if Part.ANSWERS in names:
        return _Parts(names, questions=assigning.questions_of(acting, one.subject))
    if Part.REVIEWERS in names:
        people = possible_reviewers(acting, one.subject)
        return _Parts(names, reviewers=tuple((str(person.id), person.name) for person in people))
    if Part.LOOKERS in names:
        lookers = possible_lookers(acting, one.subject)
        return _Parts(names, lookers=tuple((str(person.id), person.name) for person, _closed in lookers))
    if Part.RELAPSES in names:
        return _Parts(names, relapses=_relapses(acting, one))
    if Part.PROPOSAL in names:
        view = view_review(acting, one.subject)
        return _Parts(names, review=view, outcomes=tuple(outcomes_of(one.subject)))
    return _Parts(names)


def _relapses(acting: Acting, one: Signable) -> tuple[tuple[str, str], ...]:
    """Items that the look-back found undone: id, and number with its unit."""
    found = {result.item_id for result in relapsed(acting, one.subject)}
    items = [item for item in items_of(acting, one.subject.case_id) if item.id in found]
    units = {unit.id: str(unit_name(unit)) for unit in acting.session.query(Unit)}
    return tuple((str(item.id), f"{item.ordinal}. {units[item.unit_id]}") for item in items)


def _signers(acting: Acting, one: Signable) -> list[tuple[str, str]]:
    """Who may sign this, by name."""
    roles = [role for role in Role if one.form.permission in ROLE_PERMISSIONS[role]]
    people: list[Staff] = [
        person
        for person in people_with(acting.session, roles)
        if paper.may_sign(acting, one, actor_for(acting.session, person.id))
    ]
    return [(str(person.id), person.name) for person in people]


# --- the second person -------------------------------------------------------------------------------------


@route(blueprint, "/papers/<uuid:paper_id>", permission=Permission.PAPER_RECORD)
def show(paper_id: uuid.UUID) -> ResponseReturnValue:
    """Scan and record side by side, for the second person."""
    with acting_in() as acting:
        if (list_id := _paper(acting, paper_id).list_id) is not None:
            return redirect(url_for("paper_lists.show", list_id=list_id))
        return _paper_page(acting, paper_id, problem=NO_PROBLEM)


@route(
    blueprint,
    "/papers/<uuid:paper_id>/<any(confirm, refuse):decision>",
    permission=Permission.PAPER_RECORD,
    methods=["POST"],
)
def decide(paper_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Confirm, and what was signed takes effect; or refuse, and the record goes."""

    def act(acting: Acting) -> str:
        case = load_case(acting, _paper(acting, paper_id).case_id)
        if decision == "confirm":
            paper.confirm_paper(acting, paper_id=paper_id)
        else:
            paper.refuse_paper(acting, paper_id=paper_id)
        return url_for("cases.show", case_id=case.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _paper_page(acting, paper_id, problem=problem)

    return attempt(act, again=again)


def _paper(acting: Acting, paper_id: uuid.UUID) -> PaperAct:
    row = acting.session.get(PaperAct, paper_id)
    if row is None:
        raise NotHere
    return row


def _paper_page(acting: Acting, paper_id: uuid.UUID, *, problem: Problem) -> str:
    row = _paper(acting, paper_id)
    case = load_case(acting, row.case_id)
    said = paper.read_paper(acting, row)
    about = (row.action, row.subject_id)
    one = next((one for one in _choices(acting, case) if (one.one.action, one.one.subject.id) == about), None)
    parts = None if one is None else _parts(acting, one.one)
    names = names_of(acting, [row.signed_by, row.recorded_by, *said.ids("reviewers"), *said.ids("team")])
    return render_template(
        "verification/paper_confirm.html",
        paper=row, case=case, title=titles_of(acting, [case])[case.id], action=Action(row.action),
        about=one.about if one else "", said=said, parts=parts, P=Part, names=names,
        enclosed=view_exhibits(acting, said.enclosures), findings={one.value: one for one in Finding},
        scan=view_paper(acting, row.scan_id), mine=row.recorded_by == acting.staff_id, problem=problem,
    )  # fmt: skip
