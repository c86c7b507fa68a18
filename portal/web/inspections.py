"""The page of an inspection code: a unit, or anyone on site, sees that an inspection was approved, or not.

Must not know: cases; how a code is signed. A typed text is looked at before it becomes an address, so that a
receipt typed here by mistake never stands in one. Source: issue 4 "Inspection code"; Reg. art. 15.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import format_date
from werkzeug.wrappers import Response as AnyResponse

from portal.crypto.inspection import InspectionCode
from portal.domain.errors import UnknownCode
from portal.domain.inspections import CheckedCode, check_code
from portal.errors import MistypedCode
from portal.texts import either, language
from portal.web import inspection_words as words
from portal.web.screens import screens

bp = Blueprint("inspections", __name__)


@bp.get("/code")
def ask() -> Response:
    """Ask for a code."""
    return screens().still("portal/code_ask.html", problem="", typed="")


@bp.post("/code")
def look() -> AnyResponse:
    """Go to the page of a typed code."""
    typed = request.form.get("code", "")
    try:
        code = InspectionCode.parse(typed)
    except MistypedCode:
        page = render_template("portal/code_ask.html", problem=str(words.MISTYPED), typed=typed)
        return make_response(page, 422)
    return redirect(url_for("inspections.show", text=code.text), 303)


@bp.get("/code/<text>")
def show(text: str) -> Response:
    """The inspection of a code, or one wording for every code that shows none."""
    try:
        found = check_code(screens().intake, code=InspectionCode.parse(text))
    except (MistypedCode, UnknownCode):
        return make_response(render_template("portal/code_unknown.html"), 404)
    return make_response(render_template("portal/code.html", **_shown(found)))


def _shown(found: CheckedCode) -> dict[str, Any]:
    one, today = found.inspection, screens().intake.today
    comma = "、" if language() == "zh" else ", "
    return {
        "state": _state(found),
        "revoked_on": format_date(found.revoked_on, "long") if found.revoked_on else "",
        "number": one.number,
        "plan": one.plan,
        "kind": words.KINDS.get(one.kind, one.kind),
        "units": comma.join(either(*names) for names in one.units),
        "scope": one.scope,
        "methods": comma.join(str(words.METHODS.get(method, method)) for method in one.methods),
        "starts_on": format_date(one.starts_on, "long"),
        "ends_on": format_date(one.ends_on, "long"),
        "members": [(member.name, words.PARTS.get(member.part, "")) for member in one.members],
        "today": format_date(today, "long"),
    }


def _state(found: CheckedCode) -> str:
    """revoked, over, early or valid today."""
    one, today = found.inspection, screens().intake.today
    if found.revoked_on is not None:
        return "revoked"
    if today > one.ends_on:
        return "over"
    return "early" if today < one.starts_on else "valid"
