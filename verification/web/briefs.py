"""The brief: written beside the statement, rewritten while the case is a draft. 1-mission journey 2."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.models import Priority, Tip
from verification.domain import casework, openings, triage
from verification.domain.acting import Acting
from verification.domain.evidence import attachments_of
from verification.domain.leads import ReadLead
from verification.domain.messages import read_sendings
from verification.domain.openings import Origin
from verification.labels import CASE_SOURCES, CASE_TYPES, CONTENT_BASES, PRIORITIES
from verification.models import Case, CaseSource, CaseType, ContentBasis, Role, Unit
from verification.policy.codes import CATEGORIES
from verification.policy.objects import managed_above, names_a_firm
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.recusal import kept_away, named_in
from verification.queries.cases import tips_of, units_by_case
from verification.queries.tips import TipView, read_tip
from verification.queries.units import (
    inspectable_units,
    people_with,
    responsible_units,
    towns,
    vertical_units,
)
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_tip
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("briefs", __name__)

_FIRST_LINES = 3
_READERS = tuple(role for role in Role if Permission.CASE_READ in ROLE_PERMISSIONS[role])


@dataclass(frozen=True, slots=True, repr=False)
class Desk:
    """What lies on the desk while a brief is written: tips, a paper or a lead, and where the form goes."""

    views: list[TipView]
    address: str
    back: str
    case: Case | None = None
    on_paper: bool = False
    lead: ReadLead | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Objects:
    """Whom else a lead may be about. responsible: bodies whose duty the chosen category is."""

    is_firm: bool
    named_above: Sequence[Unit]
    agencies: Sequence[Unit]
    responsible: Sequence[Unit]


@route(blueprint, "/tips/<uuid:tip_id>/case", permission=Permission.CASE_DRAFT)
def write(tip_id: uuid.UUID) -> ResponseReturnValue:
    """The form beside the statement. Looking at the statement is traced."""
    with acting_in(write=True) as acting:
        tip = load_tip(acting, tip_id)
        if tip.case_id is not None:
            return redirect(url_for("cases.show", case_id=tip.case_id))
        triage.open_tip(acting, tip)
        wishes = [sending.keep_away for sending in read_sendings(acting, tip)]
        typed = Typed.empty(
            {
                "kept_away": [str(person) for person in named_in(acting.session, wishes)],
                "case_type": CaseType.VERIFICATION.value,
                "category": tip.category or "",
                "priority": (tip.priority or Priority.P3).value,
                "town": str(tip.town_id or ""),
                "version": str(tip.version),
            }
        )
        return brief_page(acting, _desk_of_tip(acting, tip), typed=typed, problem=NO_PROBLEM)


@route(blueprint, "/tips/<uuid:tip_id>/case", permission=Permission.CASE_DRAFT, methods=["POST"])
def open_case(tip_id: uuid.UUID) -> ResponseReturnValue:
    """Open the case with what was written."""
    typed = Typed.sent()

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            desk = _desk_of_tip(acting, load_tip(acting, tip_id))
            return brief_page(acting, desk, typed=typed, problem=problem)

    def act(acting: Acting) -> str:
        load_tip(acting, tip_id)
        attached = {row.object_id for row in attachments_of(acting, tip_id)}
        material = [object_id for object_id in typed.ids("material") if object_id in attached]
        frame = typed_frame(typed)
        typed.check()
        case = casework.open_case(
            acting, tips=[(tip_id, typed.version())], brief=typed_brief(typed), frame=frame,
            material=material, copied_accepted=typed.ticked("copied"),
        )  # fmt: skip
        return url_for("cases.show", case_id=case.id)

    return again(NO_PROBLEM) if typed.ticked("more") else attempt(act, again=again)


@route(blueprint, "/cases/<uuid:case_id>/brief", permission=Permission.CASE_DRAFT)
def rewrite(case_id: uuid.UUID) -> ResponseReturnValue:
    """The same form for a case that is still a draft. Looking at its statements is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        for tip in tips_of(acting, case_id):
            triage.open_tip(acting, tip)
        brief = casework.read_brief(acting, case)
        origin = openings.read_origin(acting, case)
        units = units_by_case(acting, [case_id]).get(case_id, [])
        first: dict[str, str | list[str]] = {
            "title": brief.title,
            "brief": brief.text,
            "allegation": list(brief.allegations),
            "units": [str(unit.id) for unit in units],
            "kept_away": [str(person) for person in kept_away(acting.session, case_id=case_id)],
            "case_type": case.case_type.value,
            "content_basis": case.content_basis.value if case.content_basis else "",
            "category": case.category,
            "priority": case.priority.value,
            "town": str(case.town_id or ""),
            "version": str(case.version),
        }
        if origin is not None:
            first |= paper_fields(case.source, origin)
        desk = _desk_of_case(acting, case)
        return brief_page(acting, desk, typed=Typed.empty(first), problem=NO_PROBLEM)


@route(blueprint, "/cases/<uuid:case_id>/brief", permission=Permission.CASE_DRAFT, methods=["POST"])
def save(case_id: uuid.UUID) -> ResponseReturnValue:
    """Keep what was rewritten."""
    typed = Typed.sent()

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            desk = _desk_of_case(acting, load_case(acting, case_id))
            return brief_page(acting, desk, typed=typed, problem=problem)

    def act(acting: Acting) -> str:
        case = load_case(acting, case_id)
        frame = typed_frame(typed)
        source, origin = typed_paper(typed)
        typed.check()
        if case.origin_id is None:
            casework.revise_case(
                acting, case=case, version=typed.version(), brief=typed_brief(typed), frame=frame,
                copied_accepted=typed.ticked("copied"),
            )  # fmt: skip
        else:
            openings.revise_with_paper(
                acting, case=case, version=typed.version(), source=source, origin=origin,
                brief=typed_brief(typed), frame=frame,
            )  # fmt: skip
        return url_for("cases.show", case_id=case_id)

    return again(NO_PROBLEM) if typed.ticked("more") else attempt(act, again=again)


def typed_brief(typed: Typed) -> casework.Brief:
    """What was written."""
    return casework.Brief(
        title=typed.text("title"),
        text=typed.text("brief"),
        allegations=tuple(typed.many("allegation")),
    )


def typed_frame(typed: Typed) -> casework.CaseFrame:
    """The coarse fields that were chosen."""
    return casework.CaseFrame(
        case_type=typed.needed("case_type", CaseType, CaseType.VERIFICATION),
        content_basis=typed.member("content_basis", ContentBasis),
        category=typed.text("category"),
        priority=typed.needed("priority", Priority, Priority.P3),
        town_id=typed.one_id("town"),
        unit_ids=tuple(typed.ids("units")),
        kept_away=tuple(typed.ids("kept_away")),
    )


def typed_paper(typed: Typed) -> tuple[CaseSource | None, Origin]:
    """Where a case without tips comes from."""
    origin = Origin(from_whom=typed.text("from_whom"), number=typed.text("number"), day=typed.day("day"))
    return typed.member("source", CaseSource), origin


def paper_fields(source: CaseSource, origin: Origin) -> dict[str, str | list[str]]:
    """The same as the form shows it at first."""
    return {
        "source": source.value,
        "from_whom": origin.from_whom,
        "number": origin.number,
        "day": origin.day.isoformat() if origin.day else "",
    }


def _desk_of_tip(acting: Acting, tip: Tip) -> Desk:
    return Desk(
        views=[read_tip(acting, tip)],
        address=url_for("briefs.open_case", tip_id=tip.id),
        back=url_for("tips.show", tip_id=tip.id),
    )


def _desk_of_case(acting: Acting, case: Case) -> Desk:
    return Desk(
        views=[read_tip(acting, tip) for tip in tips_of(acting, case.id)],
        address=url_for("briefs.save", case_id=case.id),
        back=url_for("cases.show", case_id=case.id),
        case=case,
        on_paper=case.origin_id is not None,
    )


def brief_page(acting: Acting, desk: Desk, *, typed: Typed, problem: Problem) -> str:
    """The form, with what was typed and what is wrong with it."""
    lines = [line for line in typed.many("allegation") if line.strip()]
    blanks = max(_FIRST_LINES - len(lines), 1)
    likely, others = _units(acting, typed)
    version = typed.raw("version") if problem.stale is None else problem.stale
    return render_template(
        "verification/brief.html",
        desk=desk, version=version, typed=typed, problem=problem, lines=[*lines, *[""] * blanks],
        likely=likely, others=others, towns=towns(acting.session), categories=list(CATEGORIES.items()),
        case_types=list(CASE_TYPES.items()), bases=list(CONTENT_BASES.items()),
        priorities=list(PRIORITIES.items()), readers=_readers(acting, desk),
        sources=[(source.value, CASE_SOURCES[source]) for source in openings.SOURCES],
        objects=_objects(acting, desk, category=typed.raw("category")),
    )  # fmt: skip


def _objects(acting: Acting, desk: Desk, *, category: str) -> Objects:
    """What the desk needs where a lead is about somebody the county does not inspect."""
    abouts = [view.statement.about for view in desk.views]
    agencies = vertical_units(acting.session)
    duty = responsible_units(acting.session, category=category)
    return Objects(
        is_firm=any(names_a_firm(about) for about in abouts),
        named_above=[unit for about in abouts for unit in managed_above(about, agencies)],
        agencies=agencies,
        responsible=[unit for unit in inspectable_units(acting.session) if unit.id in duty],
    )


def _readers(acting: Acting, desk: Desk) -> list[tuple[str, str]]:
    """Who could come to see the case, where an informant wishes that somebody does not."""
    if not any(view.keep_away for view in desk.views):
        return []
    return [(str(person.id), person.name) for person in people_with(acting.session, _READERS)]


def _units(acting: Acting, typed: Typed) -> tuple[Sequence[Unit], Sequence[Unit]]:
    """The units whose duty the category is, the town and whatever is ticked; and all others."""
    chosen = set(typed.many("units")) | {typed.raw("town")}
    duty = responsible_units(acting.session, category=typed.raw("category"))
    units = inspectable_units(acting.session)
    likely = [unit for unit in units if unit.id in duty or str(unit.id) in chosen]
    return likely, [unit for unit in units if unit not in likely]
