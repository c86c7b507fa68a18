"""Guards of derived leads: nothing found beyond is left lying when its case is closed.

Source: issue 4 "Derived leads"; rules.toml derived-lead.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import DerivedLead, LeadState
from verification.workflow.facts import Facts


def no_lead_waits(facts: Facts) -> Refusal | None:
    waiting = select(DerivedLead.id).where(
        DerivedLead.case_id == facts.case_id, DerivedLead.state == LeadState.NOTED
    )
    if facts.session.scalar(waiting.limit(1)) is None:
        return None
    text = _l("Something found beyond this case is neither taken up nor declined yet.")
    return Refusal("derived-lead", text)
