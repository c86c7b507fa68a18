"""Logging what happened on site, from a phone: a form for each kind of record, and the camera.

A file that has arrived is never asked for again: it waits in the page until the record is right.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.clock import CIVIL_ZONE
from portal.crypto.header import ObjectKind
from portal.texts import gettext
from verification.domain import fieldwork
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.exhibits import NewExhibit
from verification.domain.fieldwork import RecordEntry, last_record_of_day
from verification.domain.offplan import plan_bounds
from verification.domain.record_forms import RECORD_FORMS, Tick
from verification.domain.witnesses import next_code_name, witnesses_of
from verification.errors import NotHere
from verification.labels import METHODS
from verification.models import Case, Method, RecordKind, Task
from verification.policy.coverage import FACE_TO_FACE
from verification.policy.permissions import Permission
from verification.queries.cases import units_by_case
from verification.queries.tasks import team_of
from verification.web.brought import NOTHING_BROUGHT, Brought, without_file_worry
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_task
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt
from verification.web.tasks import task_page

blueprint = Blueprint("records", __name__)

_FILES = {"photo": ObjectKind.EXHIBIT, "files": ObjectKind.EXHIBIT}
_USUAL_MINUTES = 60
#: Of the choice of a witness: one who gets a code name now.
_NEW = "new"
_KINDS = "<any({}):kind>".format(", ".join(f'"{kind.value}"' for kind in RecordKind))


@route(blueprint, f"/tasks/<uuid:task_id>/log/{_KINDS}", permission=Permission.TASK_WORK)
def write(task_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """The form of one kind, filled in as far as it can be known."""
    with acting_in() as acting:
        task = load_task(acting, task_id)
        return _form(acting, task, RecordKind(kind), typed=_first(acting, task, RecordKind(kind)))


@route(
    blueprint,
    f"/tasks/<uuid:task_id>/log/{_KINDS}",
    permission=Permission.TASK_WORK,
    methods=["POST"],
    files=_FILES,
)
def log(task_id: uuid.UUID, kind: str) -> ResponseReturnValue:
    """Save a record with its photographs."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        load_task(acting, task_id)
        entry = _entry(typed, RecordKind(kind))
        typed.check()
        fieldwork.log_record(acting, task_id=task_id, entry=entry, exhibits=_exhibits(acting, typed, brought))
        return url_for("tasks.show", task_id=task_id, _anchor="records")

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            task = load_task(acting, task_id)
            return _form(acting, task, RecordKind(kind), typed=typed, problem=problem, kept=brought)

    return attempt(act, again=again)


@route(
    blueprint,
    "/tasks/<uuid:task_id>/exhibits",
    permission=Permission.TASK_WORK,
    methods=["POST"],
    files=_FILES,
)
def add(task_id: uuid.UUID) -> ResponseReturnValue:
    """Add exhibits without a record, or to one of the task's records."""
    typed, brought = Typed.sent(), Brought.sent(*_FILES)

    def act(acting: Acting) -> str:
        load_task(acting, task_id)
        record_id = typed.one_id("record")
        typed.check()
        exhibits = _exhibits(acting, typed, brought)
        if not exhibits:
            raise fieldwork.no_file()
        for exhibit in exhibits:
            fieldwork.add_exhibit(acting, task_id=task_id, new=exhibit, record_id=record_id)
        return url_for("tasks.show", task_id=task_id, _anchor="exhibits")

    return attempt(
        act,
        again=lambda problem: task_page(
            task_id, typed=typed, problem=problem, open_form="exhibit", kept=brought
        ),
    )


def _exhibits(acting: Acting, typed: Typed, brought: Brought) -> list[NewExhibit]:
    place = typed.text("place")
    return [NewExhibit(file=file, place=place, note=typed.text("note")) for file in brought.opened(acting)]


def _entry(typed: Typed, kind: RecordKind) -> RecordEntry:
    words: dict[str, str | bool] = {
        field.name: typed.ticked(field.name) if isinstance(field, Tick) else typed.text(field.name)
        for field in RECORD_FORMS[kind].fields
    }
    chosen = typed.text("witness")
    return RecordEntry(
        kind=kind,
        method=typed.needed("method", Method, RECORD_FORMS[kind].method),
        began_at=typed.moment("began_at"),
        minutes=typed.whole("minutes"),
        unit_id=typed.one_id("unit"),
        people=tuple(typed.ids("people")),
        place=typed.text("place"),
        words=words,
        travel_minutes=typed.whole("travel_minutes") or 0,
        witness=None if chosen == _NEW else typed.one_id("witness"),
        true_name=typed.text("true_name") if kind is RecordKind.INTERVIEW and chosen == _NEW else None,
    )


def _first(acting: Acting, task: Task, kind: RecordKind) -> Typed:
    """What need not be typed: of the last record of the day its place, unit and people, and when it ended."""
    units = units_by_case(acting, [task.case_id]).get(task.case_id, [])
    now = acting.clock.now()
    began_at, minutes = now - timedelta(minutes=_USUAL_MINUTES), _USUAL_MINUTES
    unit = str(units[0].id) if len(units) == 1 else ""
    people = [str(member.staff_id) for member in team_of(acting, task.id) if not member.kept_away]
    place, last = "", last_record_of_day(acting, task.id)
    if last is not None:
        ended = last.row.began_at + timedelta(minutes=last.row.minutes)
        began_at = min(max(began_at, ended), now)
        minutes = max(int((now - began_at).total_seconds()) // 60, 1)
        unit = str(last.row.unit_id) if last.row.unit_id else unit
        people = [person for person in map(str, last.people) if person in people]
        place = last.place
    return Typed.empty(
        {
            "method": RECORD_FORMS[kind].method.value,
            "began_at": began_at.astimezone(CIVIL_ZONE).strftime("%Y-%m-%dT%H:%M"),
            "minutes": str(minutes),
            "travel_minutes": "0",
            "unit": unit if kind is not RecordKind.DESK else "",
            "people": people,
            "place": place if kind is not RecordKind.DESK else "",
        }
    )


def _form(
    acting: Acting,
    task: Task,
    kind: RecordKind,
    *,
    typed: Typed,
    problem: Problem = NO_PROBLEM,
    kept: Brought = NOTHING_BROUGHT,
) -> str:
    case: Case = load_case(acting, task.case_id)
    plan, _units = plan_bounds(acting, case.id)
    if plan is None:
        raise NotHere
    return render_template(
        "verification/tasks/log.html",
        task=task,
        kind=kind,
        title=read_brief(acting, case).title,
        fields=[(field, isinstance(field, Tick)) for field in RECORD_FORMS[kind].fields],
        kinds=list(RECORD_FORMS),
        witnesses=_witnesses(acting, task) if kind is RecordKind.INTERVIEW else [],
        needs_two=kind in FACE_TO_FACE,
        on_site=kind is not RecordKind.DESK,
        units=units_by_case(acting, [case.id]).get(case.id, []),
        team=[
            (str(member.staff_id), member.name) for member in team_of(acting, task.id) if not member.kept_away
        ],
        methods=list(METHODS.items()),
        planned=gettext(", ").join(str(METHODS[Method(method)]) for method in plan.methods),
        plan=plan,
        kept=kept.kept(acting),
        typed=typed,
        problem=without_file_worry(problem),
    )


def _witnesses(acting: Acting, task: Task) -> list[tuple[str, str]]:
    """Who may stand in an interview instead of a name: witnesses with a code name, and the next one."""
    known = [(str(witness), name) for witness, name in witnesses_of(acting, task.id).items()]
    new = gettext("Code name: %(name)s", name=next_code_name(acting, task))
    return [("", gettext("No code name")), *known, (_NEW, new)]
