"""The audit trail for the auditor: who did what to which subject, never what it says; is the chain whole.

The head is shown as text to be copied out: a number, then the 64 hexadecimal characters in groups of eight.
"""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from verification.audit.verify import ChainReport, Head, holds, read_head, verify_chain
from verification.policy.permissions import Permission
from verification.queries.trail import whole_trail
from verification.web.forms import Typed
from verification.web.office import acting_in
from verification.web.routing import route

blueprint = Blueprint("audit_pages", __name__)


@route(blueprint, "/audit", permission=Permission.AUDIT_READ)
def show() -> ResponseReturnValue:
    """Newest first, 50 a page."""
    return _page(report=None)


@route(blueprint, "/audit/verify", permission=Permission.AUDIT_READ, methods=["POST"])
def verify() -> ResponseReturnValue:
    """Read the whole chain again, link by link, and say whether it and a head copied out earlier hold."""
    typed, found = Typed.sent().text("head"), None
    with acting_in() as acting:
        report = verify_chain(acting.session, trust=acting.trust)
        if typed:
            copied = _read(typed)
            whole = report.entries
            found = copied is not None and copied.number <= whole and holds(acting.session, copied)
    return _page(report=report, typed=typed, found=found)


def _written(head: Head) -> str:
    text = head.entry_hash.hex()
    return " ".join((str(head.number), *(text[at : at + 8] for at in range(0, len(text), 8))))


def _read(typed: str) -> Head | None:
    """A head as ``_written`` wrote it, whatever the spaces; None for anything else."""
    number, _, rest = typed.partition(" ")
    characters = "".join(rest.split())
    if not (re.fullmatch(r"[0-9]{1,15}", number) and re.fullmatch(r"[0-9a-fA-F]{64}", characters)):
        return None
    return Head(int(number), bytes.fromhex(characters))


def _page(*, report: ChainReport | None, typed: str = "", found: bool | None = None) -> ResponseReturnValue:
    asked = request.args.get("below", "")
    below = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 16 else None
    with acting_in() as acting:
        lines, next_below = whole_trail(acting.session, below=below)
        head = read_head(acting.session)
        return render_template(
            "verification/audit.html",
            lines=lines, report=report, is_first=below is None, head=_written(head), entries=head.number,
            typed=typed, found=found,
            older="" if next_below is None else url_for("audit_pages.show", below=next_below),
        )  # fmt: skip
