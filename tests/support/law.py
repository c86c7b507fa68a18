"""What tests of the law ask again and again."""

from __future__ import annotations

import pytest

from verification.errors import Refused
from verification.models import Role
from verification.policy.permissions import ROLE_PERMISSIONS
from verification.workflow.states import Action
from verification.workflow.table import TRANSITIONS


def rules_of(refused: pytest.ExceptionInfo[Refused]) -> set[str]:
    """The rules an act was refused with."""
    return {refusal.rule_id for refusal in refused.value.refusals}


def acts_resting_on(rule_id: str) -> set[Action]:
    """The acts of the transition table that name this rule; what the page "Rules" shows beside it."""
    return {row.action for row in TRANSITIONS if rule_id in row.rules}


def roles_that_may(action: Action) -> set[Role]:
    """Whoever has the permission that every row of this act asks for."""
    return {
        role
        for role, permissions in ROLE_PERMISSIONS.items()
        if all(row.permission in permissions for row in TRANSITIONS if row.action is action)
    }
