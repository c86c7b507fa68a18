"""One allegation: what the unit says to it, what was found, and on which exhibits it rests."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from verification.domain import findings
from verification.domain.acting import Acting
from verification.domain.casework import read_brief
from verification.domain.findings import WITHOUT_EXHIBITS, ReadAllegation
from verification.errors import NotHere
from verification.labels import FINDINGS, STATEMENT_KINDS
from verification.models import Finding, StatementKind, Task
from verification.policy.permissions import Permission
from verification.queries.exhibits import exhibits_of_case
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_task
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("findings", __name__)

_RULE = "/tasks/<uuid:task_id>/allegations/<uuid:allegation_id>"


@route(blueprint, _RULE, permission=Permission.TASK_WORK)
def write(task_id: uuid.UUID, allegation_id: uuid.UUID) -> ResponseReturnValue:
    """Both forms of one allegation."""
    with acting_in() as acting:
        task = load_task(acting, task_id)
        return _page(acting, task, allegation_id, typed=None, problem=NO_PROBLEM)


def _state(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    kind = typed.member("statement", StatementKind)
    typed.check()
    findings.record_statement(
        acting,
        allegation_id=allegation_id,
        version=typed.version(),
        kind=kind,
        text=typed.text("statement_text"),
    )


def _find(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    finding, exhibits = typed.member("finding", Finding), typed.ids("exhibits")
    typed.check()
    findings.record_finding(
        acting,
        allegation_id=allegation_id,
        version=typed.version(),
        finding=finding,
        reasons=typed.text("reasons"),
        exhibits=exhibits,
    )


_ACTS: dict[str, Callable[[Acting, uuid.UUID, Typed], None]] = {"statement": _state, "finding": _find}


@route(
    blueprint, f"{_RULE}/<any(statement, finding):part>", permission=Permission.TASK_WORK, methods=["POST"]
)
def record(task_id: uuid.UUID, allegation_id: uuid.UUID, part: str) -> ResponseReturnValue:
    """Record the statement, or the finding. After the finding the next open allegation comes up."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        task = load_task(acting, task_id)
        _find_in(acting, task, allegation_id)
        _ACTS[part](acting, allegation_id, typed)
        if part == "statement":
            return url_for("findings.write", task_id=task_id, allegation_id=allegation_id, _anchor="finding")
        return _next(acting, task)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            task = load_task(acting, task_id)
            return _page(acting, task, allegation_id, typed=typed, problem=problem, part=part)

    return attempt(act, again=again)


def _next(acting: Acting, task: Task) -> str:
    case = load_case(acting, task.case_id)
    acting.session.flush()
    for one in findings.read_allegations(acting, case):
        if one.row.finding is None or one.row.statement is None:
            return url_for("findings.write", task_id=task.id, allegation_id=one.row.id)
    return url_for("tasks.show", task_id=task.id, _anchor="allegations")


def _find_in(acting: Acting, task: Task, allegation_id: uuid.UUID) -> ReadAllegation:
    """An allegation of this very task's case. Raises NotHere."""
    case = load_case(acting, task.case_id)
    for one in findings.read_allegations(acting, case):
        if one.row.id == allegation_id:
            return one
    raise NotHere


def _page(
    acting: Acting,
    task: Task,
    allegation_id: uuid.UUID,
    *,
    typed: Typed | None,
    problem: Problem,
    part: str = "",
) -> str:
    case = load_case(acting, task.case_id)
    claims = findings.read_allegations(acting, case)
    claim = _find_in(acting, task, allegation_id)
    first = _first(claim)
    return render_template(
        "verification/tasks/finding.html",
        task=task,
        case=case,
        title=read_brief(acting, case).title,
        claim=claim,
        count=len(claims),
        exhibits=exhibits_of_case(acting, case.id),
        kinds=list(STATEMENT_KINDS.items()),
        findings=list(FINDINGS.items()),
        without_exhibits=WITHOUT_EXHIBITS,
        stated=typed if typed is not None and part == "statement" else first,
        found=typed if typed is not None and part == "finding" else first,
        problem=problem,
        part=part,
    )


def _first(claim: ReadAllegation) -> Typed:
    return Typed.empty(
        {
            "statement": claim.row.statement.value if claim.row.statement else "",
            "statement_text": claim.statement,
            "finding": claim.row.finding.value if claim.row.finding else "",
            "reasons": claim.reasons,
            "exhibits": [str(exhibit) for exhibit in claim.exhibits],
        }
    )
