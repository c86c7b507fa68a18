"""The rules and the workflow, for everybody to read: what is law, what is a default, who may do what.

Drawn from rules.toml and the transition table themselves. Source: issue 2 "A page draws the table"; issue 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString

from verification.labels import SUBJECTS, label
from verification.models import Role
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.rulebook import shipped_rules
from verification.web.explain import ExplainedRule, explained_rule
from verification.web.flow import Act, Flow, flow_of
from verification.web.routing import route
from verification.workflow.states import SubjectKind
from verification.workflow.table import TRANSITIONS
from verification.workflow.transition import Transition

blueprint = Blueprint("law", __name__)

UNITS: dict[str, LazyString] = {
    "days": _l("days"),
    "workdays": _l("working days"),
    "hours": _l("hours"),
    "people": _l("people"),
    "inspections": _l("inspections"),
    "percent": _l("per cent"),
    "characters": _l("characters"),
}


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule, its number with its unit, and the actions that rest on it."""

    rule: ExplainedRule
    value: int | None
    unit: LazyString | str
    actions: tuple[LazyString, ...]


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One act of the table: its number in the picture, who may, and what it rests on."""

    act: Act
    roles: tuple[LazyString, ...]
    rules: tuple[ExplainedRule, ...]


@route(blueprint, "/rules", permission=Permission.RULES_READ)
def rules() -> ResponseReturnValue:
    """Every rule with its source."""
    return render_template("verification/rules.html", lines=_rule_lines())


@route(blueprint, "/workflow", permission=Permission.RULES_READ)
def workflow() -> ResponseReturnValue:
    """Every state and every act, drawn and listed."""
    flows = [(flow, SUBJECTS[flow.kind], _flow_lines(flow)) for flow in map(flow_of, SubjectKind)]
    return render_template("verification/workflow.html", flows=flows)


def _rule_lines() -> list[RuleLine]:
    return [
        RuleLine(
            rule=explained_rule(rule),
            value=rule.value,
            unit=UNITS.get(rule.unit or "", rule.unit or ""),
            actions=tuple(dict.fromkeys(label(row.action) for row in TRANSITIONS if rule.id in _named(row))),
        )
        for rule in shipped_rules().all()
    ]


def _named(row: Transition) -> tuple[str, ...]:
    """The rules a row rests on, and those whose clock it starts, stops or holds."""
    return (*row.rules, *row.starts, *row.meets, *row.pauses, *row.resumes)


def _flow_lines(flow: Flow) -> list[FlowLine]:
    book = shipped_rules()
    return [
        FlowLine(
            act=act,
            roles=tuple(_roles_that_may(act.rows[0].permission)),
            rules=tuple(explained_rule(book[rule_id]) for rule_id in act.rows[0].rules if rule_id in book),
        )
        for act in flow.acts
    ]


def _roles_that_may(permission: Permission) -> Iterable[LazyString]:
    if permission is Permission.SYSTEM:
        return (_l("The software, for the informant or a clock"),)
    return (label(role) for role in Role if permission in ROLE_PERMISSIONS[role])
