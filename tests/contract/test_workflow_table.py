"""The table decides every state × action × role; every row is audited, every rule sourced and used."""

from __future__ import annotations

import ast
import re
import uuid
from pathlib import Path
from typing import Any

from portal.clock import FixedClock
from portal.models import OutboxTopic, TipState
from verification.audit.events import Event
from verification.labels import ACTIONS, CASE_STATES, EVENTS, ITEM_STATES, TASK_STATES, TIP_STATES
from verification.models import CaseState, ItemState, Role, TaskState
from verification.policy.actors import Actor
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.rulebook import RuleKind, shipped_rules
from verification.workflow.apply import decide
from verification.workflow.facts import Facts
from verification.workflow.states import STATES, Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION, TRANSITIONS, Transition

PACKAGE = Path(__file__).resolve().parents[2] / "verification"


class _Subject:
    def __init__(self, state: object) -> None:
        self.id, self.state, self.version = uuid.uuid4(), state, 1


def _every_state_and_action() -> list[tuple[SubjectKind, object, Action]]:
    return [(kind, state, action) for kind, states in STATES.items() for state in states for action in Action]


def test_every_state_and_action_is_in_the_table_or_refused_for_every_role(clock: FixedClock) -> None:
    allowed = 0
    for kind, state, action in _every_state_and_action():
        row = BY_STATE_AND_ACTION.get((kind, state, action))  # type: ignore[arg-type]  # states of this kind
        for role, permissions in ROLE_PERMISSIONS.items():
            actor = Actor(uuid.uuid4(), frozenset({role}), permissions)
            if row is not None and row.permission in permissions:
                allowed += 1
                continue
            session: Any = None  # no guard runs here
            facts = Facts(session, _Subject(state), actor, clock, shipped_rules(), {})
            if row is not None and row.guards:
                continue  # guards look at the database; the refusal by role is asserted in test_role_matrix
            _transition, refusals = decide(facts, kind=kind, action=action)
            assert [refusal.rule_id for refusal in refusals] == ["state" if row is None else "permission"]
    assert allowed > 40


def test_role_matrix_of_transitions_is_exactly_this() -> None:
    who = {
        (row.action, role)
        for row in TRANSITIONS
        for role, permissions in ROLE_PERMISSIONS.items()
        if row.permission in permissions
    }
    by_role = {role: {action.value for action, holder in who if holder is role} for role in Role}
    assert by_role[Role.HEAD] == {
        "approve-docketing", "docket-by-instruction", "return-docketing", "approve-conclusion",
        "return-conclusion",
    }  # fmt: skip
    assert by_role[Role.DEPUTY] == {"endorse-docketing"}
    assert by_role[Role.LIAISON] == {"report-item"}
    assert by_role[Role.DIRECTOR] == {"approve-plan", "return-plan", "sign-off-item", "refuse-sign-off"}
    assert by_role[Role.REVIEWER] == {"sign-off-item", "refuse-sign-off"}
    for role in (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR, Role.EXTERNAL):
        assert by_role[role] == set()


def test_no_role_may_act_as_the_software() -> None:
    assert all(Permission.SYSTEM not in permissions for permissions in ROLE_PERMISSIONS.values())


def test_administrators_and_auditors_can_open_no_tip_and_no_case() -> None:
    opening = {Permission.TIP_LIST, Permission.TIP_OPEN, Permission.CASE_READ, Permission.EXHIBIT_READ}
    for role in (Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR, Role.LIAISON):
        assert not opening & ROLE_PERMISSIONS[role]


def _clocks(row: Transition) -> tuple[str, ...]:
    return (*row.meets, *row.starts, *row.pauses, *row.resumes)


def test_every_transition_names_an_event_and_known_rules() -> None:
    rules = shipped_rules()
    for row in TRANSITIONS:
        assert isinstance(row.audit, Event)
        assert row.rules, row.action
        assert [rule for rule in (*row.rules, *_clocks(row)) if rule not in rules] == []


def test_every_state_is_reached_and_every_action_exists() -> None:
    begun = {TipState.RECEIVED, CaseState.DRAFT, TaskState.DISPATCHED, ItemState.ORDERED}
    targets = {row.target for row in TRANSITIONS if row.target is not None} | begun
    assert targets == {state for states in STATES.values() for state in states}
    assert {row.action for row in TRANSITIONS} == set(Action)


def test_every_rule_is_used_and_sourced() -> None:
    used = {rule for row in TRANSITIONS for rule in (*row.rules, *_clocks(row))}
    used |= {match for text in _sources() for match in re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)"', text)}
    for rule in shipped_rules().all():
        assert rule.id in used, rule.id
        assert rule.source, rule.id
        assert rule.source_en, rule.id
        assert rule.text, rule.id
        assert rule.text_en, rule.id
        assert (rule.kind is RuleKind.DEFAULT) == rule.editable


def test_a_rule_called_law_never_rests_on_the_offices_own_word() -> None:
    for rule in shipped_rules().all():
        if rule.kind is RuleKind.LAW:
            assert rule.article, rule.id
            assert "默认" not in rule.source, rule.id


def test_only_apply_assigns_a_state() -> None:
    writers = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            flat = [part for target in targets for part in getattr(target, "elts", [target])]
            if any(isinstance(part, ast.Attribute) and part.attr == "state" for part in flat):
                writers.add(path.relative_to(PACKAGE).as_posix())
    assert writers == {"workflow/apply.py"}


def test_every_state_action_and_event_has_words() -> None:
    assert set(ACTIONS) == set(Action)
    assert set(EVENTS) == set(Event)
    words = (set(TIP_STATES), set(CASE_STATES), set(TASK_STATES), set(ITEM_STATES))
    assert words == (set(TipState), set(CaseState), set(TaskState), set(ItemState))


def test_every_outbox_topic_has_a_handler() -> None:
    from verification.jobs import handlers

    assert set(handlers.HANDLERS) == set(OutboxTopic)


def _sources() -> list[str]:
    return [path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")]
