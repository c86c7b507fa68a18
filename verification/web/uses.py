"""What is made of conclusions: the office's list, a case's, one use with its steps, and writing one.

Must not know: what a kind needs (``policy.uses``). Source: Reg. art. 12, 13, 19–22, 25; issue 4 "Uses".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import TypeAlias

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.audit.events import Event
from verification.domain import using
from verification.domain.acting import Acting
from verification.domain.items import false_reports, items_of
from verification.domain.using import UsePaper
from verification.errors import NotHere
from verification.models import Case, Measure, MeasureKind, MeasureState
from verification.policy.permissions import Permission
from verification.policy.rulebook import shipped_rules
from verification.policy.uses import ORGANS, USES, Approval
from verification.queries.cases import titles_of, units_by_case
from verification.queries.paging import Cursor
from verification.queries.units import inspectable_units
from verification.queries.uses import Pile, cards_of, list_uses
from verification.web.explain import explained_rule
from verification.web.forms import Typed
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.words import unit_name
from verification.workflow.apply import possible_actions
from verification.workflow.states import Action, SubjectKind

blueprint = Blueprint("uses", __name__)

_Verb: TypeAlias = Callable[[Acting, uuid.UUID, Typed], object]
_UNIT, _ORGAN = "unit:", "organ:"
_KINDS = "<any({}):kind>".format(", ".join(f'"{kind.value}"' for kind in MeasureKind))

#: What the list's tabs are called.
PILES: dict[Pile, LazyString] = {
    Pile.OPEN: _l("All open"),
    Pile.TO_APPROVE: _l("Waits for approval"),
    Pile.TO_SEND: _l("To be sent"),
    Pile.SENT: _l("Waits for an answer"),
    Pile.ENDED: _l("Ended"),
}

#: Who has to approve, as a form and a list say it.
APPROVALS: dict[Approval, LazyString] = {
    Approval.HEAD: _l("The head of government approves it first."),
    Approval.DIRECTOR: _l("The director of the supervision office approves it first."),
    Approval.NONE: _l("No approval is needed: it is sent at once."),
}


@route(blueprint, "/uses", permission=Permission.CASE_READ)
def ledger() -> ResponseReturnValue:
    """What the office has under way, by what it waits for."""
    wanted = request.args.get("pile", "")
    pile = Pile(wanted) if wanted in {one.value for one in Pile} else Pile.OPEN
    with acting_in() as acting:
        page = list_uses(acting, pile, cursor=Cursor.parse(request.args.get("at", "")))
        return render_template(
            "verification/uses/list.html",
            tabs=[
                {
                    "href": url_for("uses.ledger", pile=one.value),
                    "label": PILES[one],
                    "current": one is pile,
                }
                for one in Pile
            ],
            cards=page.rows,
            newer=url_for("uses.ledger", pile=pile.value, at=page.before) if page.before else "",
            older=url_for("uses.ledger", pile=pile.value, at=page.after) if page.after else "",
        )


@route(blueprint, "/cases/<uuid:case_id>/uses", permission=Permission.CASE_READ)
def of_case(case_id: uuid.UUID) -> ResponseReturnValue:
    """Everything made of this case. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        return render_template(
            "verification/uses/of_case.html",
            case=case,
            title=titles_of(acting, [case])[case.id],
            relapsed=[item.id for item in items_of(acting, case_id) if item.relapses],
            lies=list(dict.fromkeys(report.item_id for report in false_reports(acting, case_id))),
            cards=cards_of(acting, using.uses_of(acting, case_id)),
            kinds=[
                (approval, APPROVALS[approval], [kind for kind in MeasureKind if _needs(kind) is approval])
                for approval in Approval
            ],
        )


def _needs(kind: MeasureKind) -> Approval:
    return USES[kind].approval


@route(blueprint, f"/cases/<uuid:case_id>/uses/{_KINDS}", permission=Permission.USE_WRITE)
def write(case_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """The form for one kind."""
    with acting_in() as acting:
        case = load_case(acting, case_id)
        return _form(acting, case, MeasureKind(kind), typed=Typed.empty(), problem=NO_PROBLEM)


@route(blueprint, f"/cases/<uuid:case_id>/uses/{_KINDS}", permission=Permission.USE_WRITE, methods=["POST"])
def save(case_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """Write it down."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        load_case(acting, case_id)
        row = using.write_use(acting, case_id=case_id, kind=MeasureKind(kind), paper=_paper(typed))
        return url_for("uses.show", measure_id=row.id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            case = load_case(acting, case_id)
            return _form(acting, case, MeasureKind(kind), typed=typed, problem=problem)

    return attempt(act, again=again)


def _paper(typed: Typed) -> UsePaper:
    receiver = typed.raw("receiver")
    unit_id = None
    if receiver.startswith(_UNIT):
        try:
            unit_id = uuid.UUID(receiver.removeprefix(_UNIT))
        except ValueError:
            unit_id = None
    return UsePaper(
        unit_id=unit_id,
        organ=receiver.removeprefix(_ORGAN) if receiver.startswith(_ORGAN) else "",
        addressee=typed.text("addressee"),
        text=typed.text("text"),
    )


def _receivers(acting: Acting, case: Case, kind: MeasureKind) -> list[tuple[str, LazyString | str]]:
    """Whom this kind can go to: units of the case, for a letter of assistance any unit, and organs."""
    use = USES[kind]
    organs: list[tuple[str, LazyString | str]] = [(_ORGAN + code, ORGANS[code]) for code in use.organs]
    if not use.to_unit:
        return organs
    of_case = units_by_case(acting, [case.id]).get(case.id, [])
    units = inspectable_units(acting.session) if kind is MeasureKind.ASSISTANCE else of_case
    return [*((f"{_UNIT}{unit.id}", unit_name(unit)) for unit in units if unit.key_id), *organs]


def _form(acting: Acting, case: Case, kind: MeasureKind, *, typed: Typed, problem: Problem) -> str:
    use, receivers = USES[kind], _receivers(acting, case, kind)
    return render_template(
        "verification/uses/write.html",
        case=case,
        kind=kind,
        title=titles_of(acting, [case])[case.id],
        approval=APPROVALS[use.approval],
        rule=explained_rule(shipped_rules()[use.rule]),
        receivers=receivers,
        chosen=typed.raw("receiver") or (receivers[0][0] if len(receivers) == 1 else ""),
        typed=typed,
        problem=problem,
    )


# --- one use -----------------------------------------------------------------------------------------------


@route(blueprint, "/uses/<uuid:measure_id>", permission=Permission.CASE_READ)
def show(measure_id: uuid.UUID) -> ResponseReturnValue:
    """One use, and what may be done now. Looking is traced."""
    with acting_in(write=True) as acting:
        row = _load(acting, measure_id)
        facts = {"use": row.id.hex}
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=row.case_id, facts=facts)
        return _page(acting, row, typed=Typed.empty(), problem=NO_PROBLEM)


def _load(acting: Acting, measure_id: uuid.UUID) -> Measure:
    """A use of a case that this person can read. Raises NotHere."""
    row = acting.session.get(Measure, measure_id)
    if row is None:
        raise NotHere
    load_case(acting, row.case_id)
    return row


def _page(acting: Acting, row: Measure, *, typed: Typed, problem: Problem, open_form: str = "") -> str:
    case = acting.session.get_one(Case, row.case_id)
    (read,) = using.read_uses(acting, [row])
    (card,) = cards_of(acting, [row])
    use = USES[row.kind]
    receiver = f"{_UNIT}{row.unit_id}" if row.unit_id else f"{_ORGAN}{row.organ}"
    if open_form != "revise":
        first: dict[str, str | list[str]] = {
            "receiver": receiver,
            "addressee": read.addressee,
            "text": read.text,
        }
        values = Typed.empty(first)
    else:
        values = typed
    return render_template(
        "verification/uses/show.html",
        row=row,
        read=read,
        card=card,
        case=case,
        approval=APPROVALS[use.approval],
        rule=explained_rule(shipped_rules()[use.rule]),
        needs_approval=use.approval is not Approval.NONE,
        actions=possible_actions(kind=SubjectKind.MEASURE, subject=row, actor=acting.actor),
        revising=row.state is MeasureState.DRAFT and acting.actor.may(Permission.USE_WRITE),
        receivers=_receivers(acting, case, row.kind),
        values=values,
        names=names_of(acting, [row.written_by, row.approved_by, row.sent_by]),
        today=acting.sealing.day,
        A=Action,
        typed=typed,
        problem=problem,
        open_form=open_form,
    )


def _revise(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    using.revise_use(acting, measure_id=measure_id, version=typed.version(), paper=_paper(typed))


def _propose(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    using.propose_use(acting, measure_id=measure_id, version=typed.version())


def _approve(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    using.approve_use(acting, measure_id=measure_id, version=typed.version())


def _return(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    using.return_use(acting, measure_id=measure_id, version=typed.version(), note=typed.text("note"))


def _withdraw(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    using.withdraw_use(acting, measure_id=measure_id, version=typed.version(), note=typed.text("note"))


def _send(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    day = typed.day("sent_on")
    typed.check()
    using.send_use(
        acting, measure_id=measure_id, version=typed.version(), number=typed.text("number"), sent_on=day
    )


def _receipt(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    day = typed.day("received_on")
    typed.check()
    using.record_use_receipt(
        acting, measure_id=measure_id, version=typed.version(), received_on=day, note=typed.text("note")
    )


def _outcome(acting: Acting, measure_id: uuid.UUID, typed: Typed) -> None:
    day = typed.day("answered_on")
    typed.check()
    using.record_use_outcome(
        acting, measure_id=measure_id, version=typed.version(), answered_on=day, note=typed.text("note")
    )


_DECISIONS: Mapping[str, tuple[Permission, _Verb]] = {
    "revise": (Permission.USE_WRITE, _revise),
    "propose": (Permission.USE_WRITE, _propose),
    "withdraw": (Permission.USE_WRITE, _withdraw),
    "approve": (Permission.USE_APPROVE, _approve),
    "return": (Permission.USE_APPROVE, _return),
    "send": (Permission.USE_SEND, _send),
    "receipt": (Permission.USE_SEND, _receipt),
    "outcome": (Permission.USE_SEND, _outcome),
}


@route(
    blueprint,
    "/uses/<uuid:measure_id>/"
    '<any(revise, propose, withdraw, approve, "return", send, receipt, outcome):decision>',
    permission={permission for permission, _verb in _DECISIONS.values()},
    methods=["POST"],
)
def decide(measure_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """One step of a use. Whose it is, the workflow table and the kind's rule say."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _load(acting, measure_id)
        _DECISIONS[decision][1](acting, measure_id, typed)
        return url_for("uses.show", measure_id=measure_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            row = _load(acting, measure_id)
            return _page(acting, row, typed=typed, problem=problem, open_form=decision)

    return attempt(act, again=again)
