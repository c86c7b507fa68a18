"""依法督查对照表: what is counted of rectification beside the items. Must not know: words, pages."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from verification.models import Asking, AskingState
from verification.workflow.guards_asking import fixed_since, informants_of

_UNHEARD = (AskingState.ANSWERED, AskingState.DISPUTED)


@dataclass(frozen=True, slots=True)
class Asked:
    """How many informants were asked whether it is fixed, and heard, of how many."""

    heard: int
    needed: int
    last: datetime | None


def asked_in(session: Session, case_id: uuid.UUID) -> Asked | None:
    """What of it can be shown; None for a case with nothing to ask about."""
    rows = session.execute(
        select(Asking.tip_id, Asking.state, Asking.asked_at).where(Asking.case_id == case_id)
    ).all()
    if not rows and fixed_since(session, case_id) is None:
        return None
    heard = {row.tip_id for row in rows} - {row.tip_id for row in rows if row.state in _UNHEARD}
    last = max((row.asked_at for row in rows), default=None)
    return Asked(len(heard), len(informants_of(session, case_id)), last)
