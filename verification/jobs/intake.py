"""Counting what came in: each day's tips are chained into the audit trail, so that none can vanish unseen.

Whoever deletes a tip's row, or slips one in, would have to rewrite the trail from that day on. Must not know:
what a tip says. Source: 3-architecture rule 1; the audit chain is ``verification.audit``'s.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.models import Tip


@dataclass(frozen=True, slots=True)
class Intake:
    """How many tips a day brought, and SHA-256 over their sorted 16-byte ids, hexadecimal."""

    tips: int
    sha256: str


def intake_of(session: Session, day: date) -> Intake:
    """The tips of ``day`` as they are in the database now."""
    ids = sorted(found.bytes for found in session.scalars(select(Tip.id).where(Tip.received_on == day)))
    return Intake(tips=len(ids), sha256=hashlib.sha256(b"".join(ids)).hexdigest())
