"""Guards of more time for an item: asked for once, for a later date, while it is the unit's turn.

Source: issue 4 "extension once with reason"; rules.toml extension-once.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from verification.errors import Refusal
from verification.models import Extension
from verification.workflow.facts import Facts


def extension_is_first(facts: Facts) -> Refusal | None:
    earlier = select(Extension.id).where(Extension.item_id == facts.subject.id)
    if facts.session.scalar(earlier.limit(1)) is None:
        return None
    return Refusal("extension-once", _l("More time was asked for once already; there is no second time."))


def extension_has_reason(facts: Facts) -> Refusal | None:
    if facts.given.get("has_note"):
        return None
    return Refusal("extension-once", _l("Write why more time is needed."), "reason")


def extension_is_later(facts: Facts) -> Refusal | None:
    until = facts.given.get("until")
    if until is not None and until > facts.subject.due_on:
        return None
    return Refusal("extension-once", _l("Ask for a day after the present one."), "until")
