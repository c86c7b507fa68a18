"""The table decides every state × action × role; every row is audited, every rule sourced and used."""

from __future__ import annotations

import ast
import re
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from portal.clock import FixedClock
from portal.models import OutboxTopic, TipState
from verification.action_words import ACTIONS
from verification.audit.events import Event
from verification.errors import Refusal, Refused
from verification.labels import CASE_STATES, TASK_STATES, TIP_STATES
from verification.models import (
    AskingState,
    AssignmentState,
    CaseState,
    DesignationState,
    ExtensionState,
    HoldingState,
    ItemState,
    LeadState,
    LookBackState,
    MeasureState,
    PartState,
    RecusalState,
    ReferralState,
    ReviewState,
    Role,
    TaskState,
)
from verification.policy.actors import Actor
from verification.policy.permissions import ROLE_PERMISSIONS, Permission
from verification.policy.rulebook import RuleKind, shipped_rules
from verification.rectifying_words import ITEM_STATES
from verification.trail_words import EVENTS
from verification.workflow.apply import Act, apply, possible_actions
from verification.workflow.facts import Facts
from verification.workflow.states import STATES, Action, SubjectKind
from verification.workflow.table import BY_STATE_AND_ACTION, TRANSITIONS
from verification.workflow.transition import Transition

PACKAGE = Path(__file__).resolve().parents[2] / "verification"


class _Subject:
    def __init__(self, state: object) -> None:
        self.id, self.state, self.version = uuid.uuid4(), state, 1


class _Session:
    """As much of a session as ``apply`` asks before it writes anything."""

    def __init__(self, subject: _Subject) -> None:
        self._subject = subject

    def get(self, *_key: object, **_how: object) -> _Subject:
        return self._subject

    def flush(self) -> None:
        """Nothing waits."""


def _refuses(_facts: Facts) -> Refusal:
    return Refusal("reg-4", "not now")


def _every_state_and_action() -> list[tuple[SubjectKind, object, Action]]:
    return [(kind, state, action) for kind, states in STATES.items() for state in states for action in Action]


def _expected(row: Transition | None, *, may: bool) -> list[str]:
    """The rules that refuse where the row's only guard does."""
    if row is None:
        return ["state"]
    return ["reg-4"] if may else ["permission", "reg-4"]


def test_every_state_and_action_is_in_the_table_or_refused_for_every_role(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed = 0
    for kind, state, action in _every_state_and_action():
        row = BY_STATE_AND_ACTION.get((kind, state, action))  # type: ignore[arg-type]  # states of this kind
        if row is not None:
            # Its own guards look at the database; this one stands for them and always refuses.
            key = (kind, row.source, action)
            monkeypatch.setitem(BY_STATE_AND_ACTION, key, replace(row, guards=(_refuses,)))
        for role, permissions in ROLE_PERMISSIONS.items():
            subject, actor = _Subject(state), Actor(None, frozenset({role}), permissions)
            may = row is not None and row.permission in permissions
            allowed += may
            listed = possible_actions(kind=kind, subject=subject, actor=actor)
            assert (action in listed) == may, (kind, state, action, role)
            session: Any = _Session(subject)
            act = Act(kind, subject.id, action, subject.version)
            with pytest.raises(Refused) as refused:
                apply(session, act, actor=actor, clock=clock, rng=bytes, rules=shipped_rules())
            rules = [refusal.rule_id for refusal in refused.value.refusals]
            assert rules == _expected(row, may=may), (kind, state, action, role)
            assert (subject.state, subject.version) == (state, 1)
    assert allowed > 40


def _acts_by_role() -> dict[Role, set[str]]:
    """What the table lets each role do."""
    return {
        role: {row.action.value for row in TRANSITIONS if row.permission in permissions}
        for role, permissions in ROLE_PERMISSIONS.items()
    }


def test_role_matrix_of_transitions_is_exactly_this() -> None:
    by_role = _acts_by_role()
    assert by_role[Role.HEAD] == {
        "approve-docketing", "docket-by-instruction", "return-docketing", "approve-conclusion",
        "return-conclusion", "name-reviewers", "decide-review", "return-decision", "withdraw-item",
        "reopen-case", "answer-again", "approve-use", "return-use", "grant-recusal", "refuse-recusal",
        "make-designation", "return-designation", "revoke-designation", "drop-look-back", "endorse-ruling",
        "return-ruling",
    }  # fmt: skip
    assert by_role[Role.DEPUTY] == {"endorse-docketing"}
    assert by_role[Role.SUPERVISOR] == {
        "open-tip", "accept-tip", "ask-informant", "end-wait", "decline-tip", "refer-tip", "hand-on-tip",
        "join-case", "answer-tip", "propose-docketing", "propose-plan", "revise-plan", "dispatch-task",
        "issue-notice", "uphold-hand-back", "overrule-hand-back", "begin-conclusion", "resume-verification",
        "read-conclusion", "remark-conclusion", "propose-conclusion", "deliver-conclusion",
        "order-rectification", "sign-off-item", "refuse-sign-off", "close-case", "admit-review",
        "propose-decision", "deliver-decision", "assign-case", "settle-case", "escalate-case",
        "end-programme", "overrule-assignment", "withdraw-assignment", "return-reply", "accept-reply",
        "send-referral", "record-receipt", "record-outcome", "propose-use", "withdraw-use", "send-use",
        "record-use-receipt", "record-use-outcome", "send-identity", "replace-member", "ask-fixed",
        "confirm-fixed", "note-unfixed", "decide-dispute", "verify-again", "take-up-lead", "decline-lead",
        "grant-extension", "refuse-extension", "tell-look-back", "draw-look-back", "name-lookers",
        "return-look-back", "settle-look-back", "relapse-case", "reopen-item", "reopen-false-item",
        "resume-task", "answer-relapse", "propose-coordination", "revise-coordination", "check-coordination",
        "withdraw-coordination", "finish-coordination", "record-meeting", "confirm-part", "return-part",
        "withdraw-part",
    }  # fmt: skip
    assert by_role[Role.INSPECTOR] == {
        "sign-task", "hand-back-task", "log-record", "begin-follow", "begin-fix", "finish-task",
        "begin-conclusion", "read-conclusion", "remark-conclusion", "propose-conclusion", "verify-item",
        "return-item", "mark-false", "sign-off-item", "refuse-sign-off", "admit-review", "propose-decision",
        "receive-holding", "receive-copies", "note-denial", "return-holding", "keep-holding", "note-result",
        "report-look-back", "propose-coordination", "revise-coordination", "withdraw-coordination",
        "finish-coordination", "record-meeting", "confirm-part", "return-part", "withdraw-part",
    }  # fmt: skip
    assert by_role[Role.LIAISON] == {
        "report-item", "ask-extension", "apply-review", "sign-assignment", "hand-back-assignment",
        "reply-assignment", "confirm-use", "reply-use", "take-on-part", "decline-part", "report-part",
    }  # fmt: skip
    assert by_role[Role.DIRECTOR] == {
        "approve-plan", "return-plan", "read-conclusion", "remark-conclusion", "grant-extension",
        "refuse-extension", "sign-off-item", "refuse-sign-off", "name-reviewers", "deliver-decision",
        "send-referral", "record-receipt", "record-outcome", "propose-use", "approve-use", "return-use",
        "withdraw-use", "send-use", "record-use-receipt", "record-use-outcome", "grant-recusal",
        "refuse-recusal", "draw-look-back", "name-lookers", "return-look-back", "settle-look-back",
        "relapse-case", "reopen-item", "reopen-false-item", "resume-task", "answer-relapse",
        "agree-coordination", "return-coordination", "carry-on-coordination", "ask-part", "rule-part",
        "release-part",
    }  # fmt: skip


def test_roles_with_little_to_do_or_nothing_have_exactly_this() -> None:
    by_role = _acts_by_role()
    assert by_role[Role.REVIEWER] == {
        "sign-off-item", "refuse-sign-off", "admit-review", "propose-decision", "deliver-decision",
    }  # fmt: skip
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
    begun = {
        TipState.RECEIVED, CaseState.DRAFT, TaskState.DISPATCHED, ItemState.ORDERED, ReviewState.APPLIED,
        LeadState.NOTED,
        AssignmentState.ISSUED, ReferralState.FOUND, MeasureState.DRAFT, RecusalState.ASKED, AskingState.OPEN,
        DesignationState.PROPOSED,
        HoldingState.ASKED, HoldingState.HELD,
        ExtensionState.ASKED,
        LookBackState.DUE,
        PartState.PLANNED,
    }  # fmt: skip
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


def _is_state(node: ast.expr | None) -> bool:
    """``x.state``, or the name of the column."""
    if isinstance(node, ast.Constant):
        return node.value == "state"
    return isinstance(node, ast.Attribute) and node.attr == "state"


def _assigned(node: ast.AST) -> list[ast.expr]:
    """What a statement assigns to, tuples and lists taken apart."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = list(node.targets)
    elif isinstance(node, (ast.AugAssign, ast.AnnAssign, ast.For, ast.NamedExpr)):
        targets = [node.target]
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        targets = [node.optional_vars]
    return [part for target in targets for part in getattr(target, "elts", [target])]


def _writes_state(node: ast.AST) -> bool:
    """Whether this is an assignment, a setattr, or values of a statement, that reaches a state."""
    if any(isinstance(part, ast.Attribute) and part.attr == "state" for part in _assigned(node)):
        return True
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (
            re.search(r"\bupdate\b.*\bset\b.*\bstate\s*=", node.value, re.IGNORECASE | re.DOTALL) is not None
        )
    if not isinstance(node, ast.Call):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if name in ("setattr", "set_attribute", "__setattr__"):
        return any(_is_state(part) for part in node.args)
    keys = [key for part in node.args if isinstance(part, ast.Dict) for key in part.keys]
    if name == "values":
        named = any(keyword.arg == "state" for keyword in node.keywords)
        return named or any(_is_state(key) for key in keys)
    # session.query(Tip).update({...}), session.execute(update(Tip), [{...}])
    lists = [one for part in node.args if isinstance(part, ast.List) for one in part.elts]
    keys += [key for one in lists if isinstance(one, ast.Dict) for key in one.keys]
    return name in ("update", "execute", "bulk_update_mappings") and any(_is_state(key) for key in keys)


def _has_write(source: str) -> bool:
    return any(_writes_state(node) for node in ast.walk(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "tip.state = new",
        "tip.state, other = new, 1",
        "tip.state: TipState = new",
        "tip.state += new",
        'setattr(tip, "state", new)',
        'object.__setattr__(tip, "state", new)',
        "session.execute(update(Tip).where(Tip.id == 1).values(state=new))",
        'session.execute(update(Tip).values({"state": new}))',
        "session.execute(update(Tip).values({Tip.state: new}))",
        'session.execute(update(Tip), [{"id": 1, "state": new}])',
        'session.query(Tip).update({"state": new})',
        'session.execute(text("UPDATE tip SET desk = 1, state = 2"))',
    ],
)
def test_every_way_to_write_a_state_is_seen(source: str) -> None:
    assert _has_write(source)


def test_reading_a_state_is_not_writing_it() -> None:
    assert not _has_write('select(Tip.state).where(Tip.state == new); print(tip.state, {"state": tip.state})')


def test_only_apply_assigns_a_state() -> None:
    writers = {
        path.relative_to(PACKAGE.parent).as_posix()
        for package in (PACKAGE, PACKAGE.parent / "portal")
        for path in package.rglob("*.py")
        if _has_write(path.read_text(encoding="utf-8"))
    }
    assert writers == {"verification/workflow/apply.py"}


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
