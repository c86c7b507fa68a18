"""The audit trail for the auditor: who did what to which subject, never what it says; is the chain whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from verification.audit.verify import ChainReport, verify_chain
from verification.policy.permissions import Permission
from verification.queries.trail import whole_trail
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("audit_pages", __name__)


@route(blueprint, "/audit", permission=Permission.AUDIT_READ)
def show() -> ResponseReturnValue:
    """Newest first, 50 a page."""
    return _page(report=None)


@route(blueprint, "/audit/verify", permission=Permission.AUDIT_READ, methods=["POST"])
def verify() -> ResponseReturnValue:
    """Read the whole chain again, link by link, and say whether it holds."""
    with acting_in() as acting:
        report = verify_chain(acting.session)
    return _page(report=report)


def _page(*, report: ChainReport | None) -> ResponseReturnValue:
    asked = request.args.get("below", "")
    below = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    with acting_in() as acting:
        lines, next_below = whole_trail(acting.session, below=below)
        return render_template(
            "verification/audit.html",
            lines=lines, report=report, is_first=below is None,
            older="" if next_below is None else url_for("audit_pages.show", below=next_below),
        )  # fmt: skip
