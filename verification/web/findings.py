"""One allegation: what the evidence says to it, what the unit says, and what was found."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from verification.domain import findings, rechecks, weighing
from verification.domain.acting import Acting
from verification.domain.findings import ReadAllegation
from verification.domain.sources import read_sources
from verification.domain.weighing import Mark
from verification.errors import NotHere
from verification.evidence_words import STANCES
from verification.labels import FINDINGS, STATEMENT_KINDS
from verification.models import Finding, Stance, StatementKind, Task
from verification.policy.permissions import Permission
from verification.queries.exhibits import exhibits_of_case
from verification.queries.matrix import row_of
from verification.web.forms import Typed
from verification.web.loaders import load_case, load_task, names_of
from verification.web.matrix import UNIT_STANCES
from verification.web.office import acting_in
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("findings", __name__)

#: Fields of a cell: this and the hexadecimal id of the exhibit or record.
_STANCE, _VERSION = "stance-", "v-"

_RULE = "/tasks/<uuid:task_id>/allegations/<uuid:allegation_id>"


@route(blueprint, _RULE, permission=Permission.TASK_WORK)
def write(task_id: uuid.UUID, allegation_id: uuid.UUID) -> ResponseReturnValue:
    """All three forms of one allegation."""
    with acting_in() as acting:
        task = load_task(acting, task_id)
        return _page(acting, task, allegation_id, typed=None, problem=NO_PROBLEM)


def _weigh(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    names = [name for name in typed.fields if name.startswith(_STANCE)]
    marks = {}
    for name in names:
        source, version = name.removeprefix(_STANCE), typed.raw(_VERSION + name.removeprefix(_STANCE))
        stance = typed.member(name, Stance)
        try:
            marks[uuid.UUID(source)] = Mark(stance, int(version) if version.isdecimal() else 0)
        except ValueError:
            typed.errors["marks"] = _l("Please choose from the list.")
    typed.check()
    weighing.weigh_evidence(
        acting,
        allegation_id=allegation_id,
        version=typed.version(),
        marks=marks,
        needed=typed.text("needed"),
    )


def _state(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    kind, stance = typed.member("statement", StatementKind), typed.member("stance", Stance)
    typed.check()
    findings.record_statement(
        acting,
        allegation_id=allegation_id,
        version=typed.version(),
        kind=kind,
        stance=stance,
        text=typed.text("statement_text"),
    )


def _find(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    finding = typed.member("finding", Finding)
    typed.check()
    findings.record_finding(
        acting,
        allegation_id=allegation_id,
        version=typed.version(),
        finding=finding,
        reasons=typed.text("reasons"),
        weighed=typed.text("weighed"),
        against=typed.text("against"),
    )


def _check(acting: Acting, allegation_id: uuid.UUID, typed: Typed) -> None:
    rechecks.check_finding(acting, allegation_id=allegation_id, note=typed.text("note"))


_ACTS: dict[str, Callable[[Acting, uuid.UUID, Typed], None]] = {
    "evidence": _weigh,
    "statement": _state,
    "finding": _find,
    "check": _check,
}
_THEN = {"evidence": "statement", "statement": "finding"}


@route(
    blueprint,
    f"{_RULE}/<any(evidence, statement, finding, check):part>",
    permission=Permission.TASK_WORK,
    methods=["POST"],
)
def record(task_id: uuid.UUID, allegation_id: uuid.UUID, part: str) -> ResponseReturnValue:
    """Record one of the three. After the finding the next open allegation comes up."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        task = load_task(acting, task_id)
        _find_in(acting, task, allegation_id)
        _ACTS[part](acting, allegation_id, typed)
        if part in _THEN:
            anchor = _THEN[part]
            return url_for("findings.write", task_id=task_id, allegation_id=allegation_id, _anchor=anchor)
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
    checks = rechecks.read_checks(acting, [allegation_id])
    return render_template(
        "verification/tasks/finding.html",
        task=task,
        case=case,
        row=row_of(claim),
        claim=claim,
        count=len(claims),
        columns=read_sources(acting, case),
        pictures={exhibit.object_id: exhibit for exhibit in exhibits_of_case(acting, case.id)},
        names=names_of(
            acting,
            [*(held.set_by for held in claim.evidence), *(check.row.checked_by for check in checks)],
        ),
        kinds=list(STATEMENT_KINDS.items()),
        findings=list(FINDINGS.items()),
        stances=list(STANCES.items()),
        unit_stances=list(UNIT_STANCES.items()),
        weighed=typed if typed is not None and part == "evidence" else first,
        stated=typed if typed is not None and part == "statement" else first,
        found=typed if typed is not None and part == "finding" else first,
        to_check=allegation_id in rechecks.to_check(acting, case),
        checks=checks,
        typed=typed or Typed.empty(),
        problem=problem,
        part=part,
    )


def _first(claim: ReadAllegation) -> Typed:
    return Typed.empty(
        {
            "statement": claim.row.statement.value if claim.row.statement else "",
            "statement_text": claim.statement,
            "stance": claim.row.stance.value if claim.row.stance else "",
            "finding": claim.row.finding.value if claim.row.finding else "",
            "reasons": claim.reasons,
            "weighed": claim.weighed,
            "against": claim.against,
            "needed": claim.needed,
            **{
                _STANCE + held.source.id.hex: held.stance.value
                for held in claim.evidence
                if held.stance is not None
            },
        }
    )
