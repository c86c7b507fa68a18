"""What every page has around it: menu by permission, name, unread notices.

Owns: the menu's order. Must not know: what a page holds. Asks the database nothing: the gate counted already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import generate_csrf

from portal.texts import gettext
from verification.labels import label
from verification.policy.permissions import Permission
from verification.web import words
from verification.web.arriving import sent_in_parts
from verification.web.explain import explained
from verification.web.kept import typed_words
from verification.web.office import visitor_or_none


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the menu; shown to whoever may open it. ``blueprints``: whose pages it stands for."""

    endpoint: str
    label: LazyString
    permissions: tuple[Permission, ...]
    blueprints: tuple[str, ...]


_DECIDES = (
    Permission.DOCKET_APPROVE,
    Permission.CASE_ENDORSE,
    Permission.PLAN_APPROVE,
    Permission.CONCLUSION_APPROVE,
    Permission.IDENTITY_AGREE,
    Permission.PAPER_RECORD,
)
_SIGNS = (Permission.ITEM_SIGN_OFF, Permission.ITEM_VERIFY)
_OF_CASES = (
    "cases",
    "documents",
    "document_numbers",
    "planning",
    "dispatch",
    "conclusions",
    "assignments",
    "programmes",
    "referrals",
    "consents",
    "openings",
    "uses",
    "recusals",
    "asking",
    "designations",
    "coordinating",
)

_OF_THE_OFFICE = ("weak_spots", "interference")

MENU: tuple[MenuItem, ...] = (
    MenuItem("home.show", _l("Today"), (Permission.HOME,), ("home",)),
    MenuItem("inbox.show", _l("Inbox"), (Permission.TIP_LIST,), ("inbox", "tips", "briefs", "answers")),
    MenuItem(
        "queue.show",
        _l("Queue"),
        (Permission.TASK_LIST,),
        ("queue", "tasks", "records", "findings", "codes", "holdings"),
    ),
    MenuItem("cases.ledger", _l("Cases"), (Permission.CASE_LIST,), _OF_CASES),
    MenuItem(
        "approvals.show",
        _l("To decide"),
        _DECIDES,
        ("approvals", "paper", "paper_lists", "identity", "reviews"),
    ),
    MenuItem("rectification.show", _l("Rectification"), _SIGNS, ("rectification", "look_backs")),
    MenuItem(
        "unit_desk.show",
        _l("Our unit"),
        (Permission.UNIT_DESK,),
        ("unit_desk", "unit_assignments", "unit_uses", "unit_coordination"),
    ),
    MenuItem("weak_spots.show", _l("Weak spots"), (Permission.OFFICE_WEAK_SPOTS,), _OF_THE_OFFICE),
    MenuItem("audit_pages.show", _l("Audit trail"), (Permission.AUDIT_READ,), ("audit_pages",)),
    MenuItem("admin.queue", _l("Jobs"), (Permission.QUEUE_ADMIN,), ("admin",)),
    MenuItem("staff.show", _l("Staff"), (Permission.STAFF_ADMIN,), ("staff",)),
    MenuItem("law.rules", _l("Rules"), (Permission.RULES_READ,), ("law",)),
)


def install(app: Flask) -> None:
    """Give every template its frame."""
    app.context_processor(_frame)
    app.jinja_env.globals.update(
        label=label,
        explained=explained,
        sent_in_parts=sent_in_parts,
        typed_words=typed_words,
        **words.GLOBALS,
    )
    app.jinja_env.filters.update(words.FILTERS)


def _frame() -> dict[str, Any]:
    person = visitor_or_none()
    if person is None:
        return {}
    here = request.blueprint
    exists: Callable[[str], bool] = current_app.view_functions.__contains__
    return {
        "nav": [
            {"href": url_for(item.endpoint), "label": item.label, "current": here in item.blueprints}
            for item in MENU
            if exists(item.endpoint) and person.may(*item.permissions)
        ],
        "user": {
            "name": person.name,
            "role": gettext(", ").join(str(label(role)) for role in sorted(person.roles)),
        },
        "notices": {"href": url_for("notices.show"), "count": person.unread}
        if exists("notices.show")
        else None,
        "user_menu_actions": [
            {"action": url_for("login.lock", next=_here()), "label": gettext("Lock"), "icon": "lock"},
            {"action": url_for("login.leave"), "label": gettext("Log out"), "icon": "leave"},
        ],
        "csrf": generate_csrf(),
        "may": person.may,
        "Permission": Permission,
    }


def _here() -> str | None:
    return request.path if request.method == "GET" and request.path != "/" else None
