"""The inspectors' card sheet: the code of their inspection, shown, printed, withdrawn, issued anew."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import segno
from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from verification.domain import codes
from verification.domain.acting import Acting
from verification.domain.codes import ReadCode
from verification.domain.offplan import approved_plan
from verification.errors import NotHere
from verification.labels import METHODS
from verification.models import Case, IssuedCode, Method, Task, TaskState
from verification.policy.embargo import is_embargoed
from verification.policy.permissions import Permission
from verification.web.forms import Typed
from verification.web.loaders import load_task, names_of
from verification.web.office import acting_in, office
from verification.web.problems import NO_PROBLEM, Problem
from verification.web.routing import route
from verification.web.submit import attempt

blueprint = Blueprint("codes", __name__)

_MODULE, _BORDER = 6, 4


@route(blueprint, "/tasks/<uuid:task_id>/code", permission=(Permission.TASK_WORK, Permission.CASE_READ))
def show(task_id: uuid.UUID) -> ResponseReturnValue:
    """The sheet of a task's team."""
    with acting_in() as acting:
        return _page(acting, load_task(acting, task_id), problem=NO_PROBLEM)


def _page(acting: Acting, task: Task, *, problem: Problem) -> str:
    rows = codes.codes_of(acting, task.id)
    valid = next((codes.read_code(acting, row) for row in rows if row.revoked_at is None), None)
    plan = approved_plan(acting, task.case_id)
    return render_template(
        "verification/tasks/code.html",
        task=task,
        case=acting.session.get_one(Case, task.case_id),
        code=valid,
        address=address_of_code(valid) if valid else "",
        picture=picture_of(address_of_code(valid)) if valid else "",
        is_old=valid is not None and plan is not None and valid.row.plan_id != plan.id,
        is_secret=is_embargoed(acting.session, task.case_id),
        is_over=task.state in (TaskState.WITHDRAWN, TaskState.DONE),
        withdrawn=[row for row in rows if row.revoked_at is not None],
        names=names_of(acting, {row.revoked_by for row in rows}),
        methods=[METHODS[Method(method)] for method in valid.shown.methods] if valid else [],
        problem=problem,
    )


def address_of_code(code: ReadCode) -> str:
    """Where the public side shows it."""
    return f"{office().settings.public_url}/code/{code.text}"


def picture_of(address: str) -> Markup:
    """The address as a QR code, drawn here: an SVG without a style, a script or an address of its own."""
    made = segno.make_qr(address, error="m")
    drawn = made.svg_inline(scale=_MODULE, border=_BORDER, dark="#000", light="#fff", omitsize=False)
    return Markup(drawn)  # noqa: S704  # made of numbers alone: the address stands in its modules


# --- decisions ---------------------------------------------------------------------------------------------


def _issue(acting: Acting, task: Task, _typed: Typed) -> IssuedCode:
    return codes.issue_code(acting, task_id=task.id)


def _revoke(acting: Acting, task: Task, typed: Typed) -> IssuedCode:
    code_id = typed.one_id("code")
    typed.check()
    row = acting.session.get(IssuedCode, code_id) if code_id else None
    if row is None or row.task_id != task.id:
        raise NotHere
    return codes.revoke_code(acting, code_id=row.id)


_DECISIONS: dict[str, Callable[[Acting, Task, Typed], IssuedCode]] = {"issue": _issue, "revoke": _revoke}


@route(
    blueprint,
    "/tasks/<uuid:task_id>/code/<any(issue, revoke):decision>",
    permission=(Permission.CODE_ISSUE, Permission.CODE_REVOKE),
    methods=["POST"],
)
def decide(task_id: uuid.UUID, decision: str) -> ResponseReturnValue:
    """Issue a code anew, or withdraw it."""
    typed = Typed.sent()

    def act(acting: Acting) -> str:
        _DECISIONS[decision](acting, load_task(acting, task_id), typed)
        return url_for("codes.show", task_id=task_id)

    def again(problem: Problem) -> ResponseReturnValue:
        with acting_in() as acting:
            return _page(acting, load_task(acting, task_id), problem=problem)

    return attempt(act, again=again)
