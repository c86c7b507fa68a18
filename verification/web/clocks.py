"""Running clocks as a page shows them: what they are for, their light, when they run out."""

from __future__ import annotations

from collections.abc import Iterable

from verification.domain.acting import Acting
from verification.models import Deadline
from verification.policy.deadlines import Light
from verification.queries.lights import light_at
from verification.web.explain import explained_rule


def explained_clocks(acting: Acting, clocks: Iterable[Deadline]) -> list[tuple[Deadline, Light | None, str]]:
    """Each clock with its light and the sentence of its rule."""
    return [
        (clock, light_at(clock.due_at, clock=acting.clock), explained_rule(acting.rules[clock.rule_id]).text)
        for clock in clocks
        if clock.rule_id in acting.rules
    ]
