"""The matrix of evidence of a case: what supports and what refutes each allegation, and what is missing."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from sqlalchemy import select

from verification.audit.events import Event
from verification.domain.acting import Acting
from verification.models import Case, CaseState, Stance, Task, TaskMember, TaskState
from verification.policy.evidence import WITHOUT_EXHIBITS, Need
from verification.policy.permissions import Permission
from verification.queries.cases import titles_of
from verification.queries.matrix import read_matrix
from verification.web.loaders import load_case, names_of
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("matrix", __name__)

#: What an allegation still lacks.
NEEDS: dict[Need, LazyString] = {
    Need.EXHIBIT: _l("An exhibit within the plan that supports or refutes it"),
    Need.COVER: _l("A plan version or a derived lead that covers what lies outside the plan"),
    Need.JUDGING: _l("A judgement of every exhibit and record"),
    Need.UNIT: _l("The unit's statement, or the note that it declined"),
}

#: What the unit says to an allegation.
UNIT_STANCES: dict[Stance, LazyString] = {
    Stance.SUPPORTS: _l("Admits it"),
    Stance.REFUTES: _l("Denies it"),
    Stance.SILENT: _l("Leaves it open"),
}


def need_words(need: Need) -> LazyString:
    """What is lacking, in words."""
    return NEEDS[need]


def unit_stance(stance: Stance) -> LazyString:
    """What the unit says, in words."""
    return UNIT_STANCES[stance]


blueprint.add_app_template_global(need_words)
blueprint.add_app_template_global(unit_stance)


@route(blueprint, "/cases/<uuid:case_id>/matrix", permission=Permission.CASE_READ)
def show(case_id: uuid.UUID) -> ResponseReturnValue:
    """The matrix. Looking is traced."""
    with acting_in(write=True) as acting:
        case = load_case(acting, case_id)
        acting.trace(Event.CASE_VIEWED, subject_kind="case", subject_id=case.id)
        matrix = read_matrix(acting, case)
        return render_template(
            "verification/matrix.html",
            case=case,
            title=titles_of(acting, [case])[case.id],
            matrix=matrix,
            bare=sum(row.is_bare and row.claim.row.finding not in WITHOUT_EXHIBITS for row in matrix.rows),
            names=names_of(acting, matrix.judges()),
            task_id=_own_task(acting, case),
        )


def _own_task(acting: Acting, case: Case) -> uuid.UUID | None:
    """The task under which this person may judge the evidence now."""
    if case.state is not CaseState.VERIFYING or not acting.actor.may(Permission.TASK_WORK):
        return None
    at_work = (TaskState.CARRY, TaskState.FOLLOW, TaskState.FIX)
    query = (
        select(Task.id)
        .join(TaskMember, TaskMember.task_id == Task.id)
        .where(Task.case_id == case.id, TaskMember.staff_id == acting.staff_id, Task.state.in_(at_work))
    )
    return acting.session.scalars(query.order_by(Task.dispatched_at.desc()).limit(1)).first()
