"""The light of something that is due at a moment. Source: 2-domain §3 "Lights"."""

from __future__ import annotations

from datetime import datetime

from portal.clock import Clock, civil_day
from verification.policy.deadlines import Light, light_of
from verification.policy.workdays import civil


def light_at(due_at: datetime | None, *, clock: Clock, returned: bool = False) -> Light | None:
    """None where nothing is due. What runs in hours is overdue at its moment, the rest after its day."""
    if due_at is None:
        return None
    if due_at < clock.now():
        return Light.RED
    return light_of(civil(due_at), today=civil_day(clock), returned=returned)
