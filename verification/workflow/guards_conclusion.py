"""Guards of a conclusion on its way to the head and to the unit: read over, its wording checked, received.

Source: Reg. art. 16; rules.toml conclusion-second-reader, unit-wording, delivery-receipt.
"""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from verification.errors import Refusal
from verification.workflow.facts import Facts


def draft_is_open(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is not None and conclusion.proposed_at is None:
        return None
    return Refusal("reg-16", _l("There is no draft to read over."))


def reader_is_not_drafter(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is None or conclusion.drafted_by != facts.actor.staff_id:
        return None
    text = _l("You drafted this conclusion; somebody else must read it over.")
    return Refusal("conclusion-second-reader", text)


def conclusion_was_read(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is None or conclusion.read_by is not None:
        return None
    return Refusal("conclusion-second-reader", _l("Nobody but its drafter has read this conclusion over."))


def unit_text_was_checked(facts: Facts) -> Refusal | None:
    conclusion = facts.latest_conclusion()
    if conclusion is None or conclusion.checked_by is not None:
        return None
    text = _l("Nobody has compared the version for the unit with what the informants wrote.")
    return Refusal("unit-wording", text)


def delivery_has_receipt(facts: Facts) -> Refusal | None:
    if facts.given.get("receipt"):
        return None
    text = _l("Attach the scan of the receipt, or write where the signed receipt is kept.")
    return Refusal("delivery-receipt", text, "receipt")
