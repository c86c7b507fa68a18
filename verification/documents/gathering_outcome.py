"""Values of what follows a conclusion, and of what leaves the case: items, review, referral, assignment.

Whoever makes a document can open all of it anyway; which of it a kind may print is decided in ``kinds``.
Must not know: templates, layout.
"""

from __future__ import annotations

from typing import Any

from portal.models import Tip
from verification.documents.chinese import day, numbered
from verification.documents.gatherer import Gatherer, said, text_of
from verification.documents.values import Group, Values, fitted
from verification.domain.items import items_of, read_items, read_reports
from verification.domain.referring import read_referrals
from verification.domain.using import read_uses
from verification.errors import NotHere
from verification.labels import code_label, label
from verification.models import (
    Assignment,
    Conclusion,
    Measure,
    RectificationItem,
    Referral,
    Review,
)
from verification.policy.codes import CHANNELS, DECLINE_REASONS
from verification.policy.uses import ORGANS
from verification.workflow.guards_referral import ORGAN_OF


def items_values(g: Gatherer) -> Values:
    """Those of the unit that the document goes to; of the others it learns nothing."""
    items = [item for item in items_of(g.acting, g.of_case().id) if item.unit_id == g.subject_id]
    return {"list": fitted(Group.ITEMS, "list", _read_items(g, items))}


def item_values(g: Gatherer) -> Values:
    item = g.acting.session.get(RectificationItem, g.subject_id)
    if item is None or item.case_id != g.of_case().id:
        raise NotHere
    return _read_items(g, [item])[0]


def _read_items(g: Gatherer, items: list[RectificationItem]) -> list[Values]:
    acting, texts = g.acting, read_items(g.acting, items)
    found: list[Values] = []
    for item in items:
        report = next((one for one in read_reports(acting, item) if not one.returned), None)
        verified = item.verification_id
        found.append(
            {
                "number": str(item.ordinal),
                "unit": g.unit_named(item.unit_id),
                "problem": texts[item.id].problem,
                "standard": texts[item.id].standard,
                "due_on": day(item.due_on),
                "state": said(label(item.state)),
                "measures": "" if report is None else report.measures,
                "reported_on": "" if report is None else day(report.row.reported_at),
                "verification": "" if verified is None else text_of(acting.open(verified)),
                "verified_by": g.named(item.verified_by),
                "verified_on": day(item.verified_at),
                "signer": g.named(item.signer_id),
                "closed_on": day(item.closed_off_at),
            }
        )
    return found


def review_values(g: Gatherer) -> Values:
    review = g.acting.session.get(Review, g.subject_id)
    if review is None or review.case_id != g.of_case().id:
        raise NotHere
    conclusion = g.acting.session.get_one(Conclusion, review.conclusion_id)
    decision = review.decision_id
    return {
        "unit": g.unit_named(review.unit_id),
        "applied_on": day(review.applied_on),
        "application": str(g.acting.open(review.body_id)["application"]),
        "outcome": "" if review.outcome is None else said(label(review.outcome)),
        "decision": "" if decision is None else text_of(g.acting.open(decision)),
        "decided_by": g.named(review.decided_by),
        "decided_on": day(review.decided_at),
        "delivered_on": day(review.delivered_on),
        "conclusion_on": day(conclusion.delivered_on),
    }


def referral_values(g: Gatherer) -> Values:
    row = g.acting.session.get(Referral, g.subject_id)
    if row is None or row.case_id != g.of_case().id:
        raise NotHere
    (read,) = read_referrals(g.acting, [row])
    return {
        "matter": said(label(row.matter)),
        "organ": said(CHANNELS[ORGAN_OF[row.matter]]),
        "facts": read.facts,
        "found_on": day(row.found_on),
        "found_by": g.named(row.found_by),
        "number": row.number or "",
        "sent_on": day(row.sent_on),
    }


def assignment_values(g: Gatherer) -> Values:
    row = g.acting.session.get(Assignment, g.subject_id)
    if row is None or row.case_id != g.of_case().id:
        raise NotHere
    body: dict[str, Any] = g.acting.open(row.body_id)
    asked = [str(one["text"]) for one in body["questions"]]
    questions = ({"number": str(number), "text": text} for number, text in enumerate(asked, start=1))
    return {
        "unit": g.unit_named(row.unit_id),
        "text": str(body["text"]),
        "ask": str(body["ask"]),
        "due_on": day(row.due_on),
        "issued_on": day(row.issued_at),
        "issued_by": g.named(row.issued_by),
        "signed_on": day(row.signed_at),
        "state": said(label(row.state)),
        "asked": numbered(asked),
        "questions": fitted(Group.ASSIGNMENT, "questions", questions),
    }


def use_values(g: Gatherer) -> Values:
    row = g.acting.session.get(Measure, g.subject_id)
    if row is None or row.case_id != g.of_case().id:
        raise NotHere
    (read,) = read_uses(g.acting, [row])
    named_in_paper = row.organ is None or row.organ == "other-organ"
    organ = read.addressee if row.organ and named_in_paper else said(ORGANS.get(row.organ or "", ""))
    return {
        "kind": said(label(row.kind)),
        "receiver": g.unit_named(row.unit_id) or organ,
        "addressee": read.addressee,
        "text": read.text,
        "approved_by": g.named(row.approved_by),
        "approved_on": day(row.approved_at),
    }


def tip_values(g: Gatherer) -> Values:
    tip = g.acting.session.get(Tip, g.subject_id)
    if tip is None:
        raise NotHere
    return {
        "received_on": day(tip.received_on),
        "reason": said(code_label(DECLINE_REASONS, tip.closing_code)),
        "channel": said(code_label(CHANNELS, tip.channel_code)),
    }
